"""Epochs of batches through PyTorch's DataLoader with two workers, for the same files and the same batches as
`DanluBench batches`.

    python Benchmarks/training/batches.py make FOLDER
    python Benchmarks/training/batches.py images | texts | folder | table FOLDER
    python Benchmarks/training/batches.py pandas FOLDER

`table` reads the file with pandas and serves the rows of one epoch, anew each time; `pandas` only reads the file.
Needs torch, numpy, Pillow and pandas. Run in turns with Danlu by loaders.py.
"""

import json, os, sys, time

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

SEED = 1


def make(folder):
    """60,000 images, 100,000 texts, 600 pictures in six classes, a table of a million rows."""
    from PIL import Image

    random = np.random.default_rng(SEED)
    os.makedirs(folder, exist_ok=True)
    np.savez(
        f"{folder}/images.npz",
        x_train=random.integers(0, 256, (60_000, 1, 28, 28), dtype=np.uint8),
        y_train=random.integers(0, 10, 60_000),
    )
    lengths = random.integers(8, 128, 100_000)
    np.savez(f"{folder}/texts.npz", tokens=random.integers(1, 30_000, lengths.sum()), lengths=lengths)
    for index in range(600):
        name = f"{folder}/pictures/class{index % 6}/{index:03}.png"
        os.makedirs(os.path.dirname(name), exist_ok=True)
        # Smooth with some noise, so that it packs as photographs do.
        coarse = Image.fromarray(random.integers(0, 256, (14, 14, 3), dtype=np.uint8))
        smooth = np.array(coarse.resize((224, 224), Image.Resampling.BICUBIC)).astype(int)
        noisy = smooth + random.integers(-3, 4, smooth.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(name)
    rows = 1_000_000
    columns = [
        np.arange(rows).astype(str),
        np.char.mod("%.4f", random.normal(0, 10, rows)),
        np.char.mod("%.6g", random.lognormal(0, 3, rows)),
        random.integers(-1000, 1000, rows).astype(str),
        np.array(["red", "green", "blue", "yellow", "white"])[random.integers(0, 5, rows)],
        random.integers(0, 2, rows).astype(str),
    ]
    with open(f"{folder}/table.csv", "w") as file:
        file.write("id,position,amount,count,color,label\n")
        file.writelines(",".join(row) + "\n" for row in zip(*columns))


class Images(Dataset):
    def __init__(self, folder):
        with np.load(f"{folder}/images.npz") as arrays:
            self.images = torch.from_numpy(arrays["x_train"])
            self.labels = torch.from_numpy(arrays["y_train"])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].to(torch.float32) * (2 / 255) - 1, self.labels[index]


class Texts(Dataset):
    def __init__(self, folder):
        with np.load(f"{folder}/texts.npz") as arrays:
            tokens, lengths = torch.from_numpy(arrays["tokens"]), arrays["lengths"]
        self.rows = tokens.split(lengths.tolist())

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def padded(rows):
    lengths = torch.tensor([len(row) for row in rows])
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return tokens, torch.arange(tokens.shape[1])[None] < lengths[:, None], lengths


class Pictures(Dataset):
    def __init__(self, folder):
        self.files = sorted(
            os.path.join(path, name) for path, _, names in os.walk(f"{folder}/pictures") for name in names
        )
        classes = sorted({os.path.dirname(file) for file in self.files})
        self.labels = [classes.index(os.path.dirname(file)) for file in self.files]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        from PIL import Image

        image = np.array(Image.open(self.files[index]).convert("RGB"))
        return torch.from_numpy(image).permute(2, 0, 1).to(torch.float32) * (2 / 255) - 1, self.labels[index]


def table(folder):
    import pandas

    rows = pandas.read_csv(f"{folder}/table.csv")
    inputs = pandas.get_dummies(rows.drop(columns="label")).astype("float32")
    return TensorDataset(torch.from_numpy(inputs.values), torch.from_numpy(rows["label"].values))


def loader(data, size, **options):
    return DataLoader(data, size, shuffle=True, num_workers=2, persistent_workers=True, **options)


def memory():
    """Megabytes of this process and its workers, pages that they share counted once."""
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    total = 0
    for process in ["self", *children]:
        for line in open(f"/proc/{process}/smaps_rollup"):
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def checksum(batches):
    """A number that depends on all values: that the other side made the same examples."""
    return sum(part.double().sum().item() for batch in batches for part in batch[:2])


def report(topic, rounds, count, **extra):
    rounds = sorted(rounds)
    print(
        json.dumps(
            {"name": topic, "minimum": rounds[0], "median": rounds[len(rounds) // 2], "examples": count,
             "torch": torch.__version__, **extra}
        )
    )


def epochs(topic, data, size, **options):
    batches = loader(data, size, **options)
    rounds = []
    for _ in range(4):
        started = time.perf_counter()
        for _ in batches:
            pass
        rounds.append(time.perf_counter() - started)
    used = memory()
    report(topic, rounds[1:], len(data), memory=used, checksum=checksum(batches))


def main(topic, folder):
    if topic == "make":
        make(folder)
    elif topic == "images":
        epochs(topic, Images(folder), 64)
    elif topic == "texts":
        epochs(topic, Texts(folder), 64, collate_fn=padded)
    elif topic == "folder":
        epochs(topic, Pictures(folder), 32)
    elif topic == "table":
        started = time.perf_counter()
        data = table(folder)
        batches = loader(data, 256)
        for _ in batches:
            pass
        seconds = time.perf_counter() - started
        report(topic, [seconds], len(data), memory=memory(), checksum=checksum(batches))
    elif topic == "pandas":
        import pandas

        rounds = []
        for _ in range(4):
            started = time.perf_counter()
            count = len(pandas.read_csv(f"{folder}/table.csv"))
            rounds.append(time.perf_counter() - started)
        report(topic, rounds[1:], count, memory=memory())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
