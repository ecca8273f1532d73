#!/usr/bin/env python3
"""Makes Tests/FormatsTests/Golden: small files by the reference implementations of each format.

Needs: numpy 2.4, safetensors 0.8, pillow 13 (`pip install numpy safetensors pillow`).
Run from anywhere; the output does not change from run to run.
"""

import gzip
import os
import struct

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "FormatsTests", "Golden")


def path(name):
    return os.path.join(ROOT, name)


def npy():
    ramp = np.arange(24, dtype=np.float64).reshape(2, 3, 4) / 8 - 1
    for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "b1"]:
        np.save(path(f"ramp-{code}.npy"), (ramp * 8).astype(code))
    np.save(path("ramp-big-endian.npy"), ramp.astype(">f4"))
    np.save(path("ramp-big-endian-i8.npy"), (ramp * 8).astype(">i8"))
    np.save(path("ramp-fortran.npy"), np.asfortranarray(ramp.astype("f4")))
    np.save(path("scalar.npy"), np.float64(2.5))
    np.save(path("empty.npy"), np.zeros((0, 3), dtype="i4"))
    for version in [(2, 0), (3, 0)]:
        with open(path(f"ramp-v{version[0]}.npy"), "wb") as file:
            np.lib.format.write_array(file, ramp.astype("f4"), version=version)
    np.save(path("half-specials.npy"),
            np.array([0, -0.0, 1, -2, 65504, 2**-24, 2**-14, np.inf, -np.inf], dtype="f2"))


def npz():
    ramp = np.arange(24, dtype=np.float64).reshape(2, 3, 4) / 8 - 1
    arrays = {"a.weight": ramp.astype("f4"), "ids": np.arange(5), "层": np.asfortranarray(ramp), "empty": np.zeros((0, 2))}
    np.savez(path("arrays.npz"), **arrays)
    np.savez_compressed(path("arrays-compressed.npz"), **arrays)


def tensors():
    ramp = np.arange(6)
    save_file(
        {
            "b.weight": ramp.astype("f4").reshape(2, 3),
            "a.weight": ramp.astype("f8"),
            "ids": ramp.astype("i8").reshape(3, 2),
            "half": ramp.astype("f2"),
            "mask": (ramp % 2 == 0),
            "bytes": ramp.astype("u1")[:5],
            "empty": np.zeros((0, 4), dtype="f4"),
            "scalar": np.array(7, dtype="i4"),
            "层.权重": ramp.astype("f4")[:1],
        },
        path("tensors.safetensors"), metadata={"format": "pt"})


def idx():
    images = (np.arange(2 * 3 * 4) * 7 % 256).astype("u1").reshape(2, 3, 4)
    content = struct.pack(">HBBIII", 0, 8, 3, 2, 3, 4) + images.tobytes()
    with open(path("images-idx3-ubyte"), "wb") as file:
        file.write(content)
    with open(path("images-idx3-ubyte.gz"), "wb") as file:
        file.write(gzip.compress(content, mtime=0))
    shorts = np.array([-2, -1, 0, 300], dtype=">i2")
    with open(path("shorts-idx1"), "wb") as file:
        file.write(struct.pack(">HBBI", 0, 0x0B, 1, 4) + shorts.tobytes())
    doubles = np.array([[0.5, -1e300]], dtype=">f8")
    with open(path("doubles-idx2"), "wb") as file:
        file.write(struct.pack(">HBBII", 0, 0x0E, 2, 1, 2) + doubles.tobytes())


def cifar():
    record = lambda label: bytes([label]) + bytes((label * 31 + k) % 256 for k in range(3072))
    content = record(3) + record(9)
    with open(path("cifar.bin.gz"), "wb") as file:
        file.write(gzip.compress(content, mtime=0))


def png():
    """Each picture in the PNG's own mode, and beside it its 8-bit samples as npy."""
    y, x = np.mgrid[0:5, 0:7]
    gray = ((x * 37 + y * 51) % 256).astype("u1")
    rgb = np.stack([gray, gray.T.ravel().reshape(5, 7), 255 - gray], -1)
    rgba = np.concatenate([rgb, (255 - 8 * x.astype("u1") - y.astype("u1"))[..., None]], -1)
    deep = (x.astype("u2") * 9001 + y.astype("u2") * 3001).astype("u2")

    def save(name, image, samples, **options):
        image.save(path(f"{name}.png"), **options)
        np.save(path(f"{name}.png.npy"), samples)

    save("gray", Image.fromarray(gray), gray[..., None])
    save("rgb", Image.fromarray(rgb), rgb)
    save("rgba", Image.fromarray(rgba), rgba)
    save("bilevel", Image.fromarray(gray > 127), ((gray > 127) * 255).astype("u1")[..., None])
    save("deep", Image.fromarray(deep), ((deep.astype("u4") * 255 + 32767) // 65535).astype("u1")[..., None])
    gray_opacity = Image.fromarray(np.stack([gray, 255 - gray], -1), "LA")
    save("gray-opacity", gray_opacity, np.asarray(gray_opacity.convert("RGBA")))
    palette = Image.fromarray((gray // 32), "P")
    palette.putpalette([(k * 29 + c * 71) % 256 for k in range(8) for c in range(3)])
    save("palette", palette, np.asarray(palette.convert("RGB")))
    save("palette-bits4", palette, np.asarray(palette.convert("RGB")), bits=4)
    opaque = np.asarray(palette.convert("RGB"))
    alpha = np.where(gray // 32 == 2, 0, 255).astype("u1")
    save("palette-transparent", palette, np.concatenate([opaque, alpha[..., None]], -1), transparency=2)
    transparent = np.concatenate(
        [rgb, np.where((rgb == rgb[1, 2]).all(-1), 0, 255).astype("u1")[..., None]], -1)
    save("rgb-transparent", Image.fromarray(rgb), transparent,
         transparency=tuple(int(v) for v in rgb[1, 2]))
    interlaced(rgb)


def interlaced(rgb):
    """Pillow writes no interlaced files; this one is put together from the specification."""
    import zlib

    data = b""
    for left, top, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                              (1, 0, 2, 2), (0, 1, 1, 2)]:
        part = rgb[top::dy, left::dx]
        if part.size:
            data += b"".join(b"\0" + row.tobytes() for row in part)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = rgb.shape[:2]
    with open(path("interlaced.png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)))
        file.write(chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
    assert (np.asarray(Image.open(path("interlaced.png"))) == rgb).all()
    np.save(path("interlaced.png.npy"), rgb)


if __name__ == "__main__":
    os.makedirs(ROOT, exist_ok=True)
    npy()
    npz()
    tensors()
    idx()
    cifar()
    png()
