"""Examples a second through PyTorch's DataLoader with two workers and through pandas, for the same work as
`DanluBench batches`.

    python Benchmarks/training/batches.py images | texts | folder PATH | table FILE.csv

Needs torch and numpy; `folder` needs torchvision or Pillow, `table` pandas.
"""
import json, os, sys, time

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __init__(self):
        self.images = torch.randint(0, 256, (60_000, 1, 28, 28), dtype=torch.uint8)
        self.labels = torch.randint(0, 10, (60_000,))

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].to(torch.float32) * (2 / 255) - 1, self.labels[index]


class Texts(Dataset):
    def __init__(self):
        random = np.random.default_rng(1)
        self.rows = [torch.from_numpy(random.integers(0, 30_000, 8 + random.integers(120))) for _ in range(100_000)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def padded(rows):
    lengths = torch.tensor([len(row) for row in rows])
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return tokens, torch.arange(tokens.shape[1])[None] < lengths[:, None], lengths


class Pictures(Dataset):
    def __init__(self, path):
        self.files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if name.endswith(".png"))
        classes = sorted({os.path.dirname(file) for file in self.files})
        self.labels = [classes.index(os.path.dirname(file)) for file in self.files]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        from PIL import Image

        image = np.array(Image.open(self.files[index]).convert("RGB"))
        return torch.from_numpy(image).permute(2, 0, 1).to(torch.float32) * (2 / 255) - 1, self.labels[index]


def report(name, rounds, count):
    rounds = sorted(rounds[1:])
    print(json.dumps({"name": name, "minimum": rounds[0], "median": rounds[len(rounds) // 2], "examples": count}))


def epochs(name, data, batch, **options):
    loader = DataLoader(data, batch, shuffle=True, num_workers=2, persistent_workers=True, **options)
    rounds = []
    for _ in range(6):
        started = time.perf_counter()
        for _ in loader:
            pass
        rounds.append(time.perf_counter() - started)
    report(name, rounds, len(data))


if __name__ == "__main__":
    topic = sys.argv[1] if len(sys.argv) > 1 else ""
    if topic == "images":
        epochs(topic, Images(), 64)
    elif topic == "texts":
        epochs(topic, Texts(), 64, collate_fn=padded)
    elif topic == "folder":
        epochs(topic, Pictures(sys.argv[2]), 32)
    elif topic == "table":
        import pandas

        rounds, rows = [], 0
        for _ in range(4):
            started = time.perf_counter()
            rows = len(pandas.read_csv(sys.argv[2]))
            rounds.append(time.perf_counter() - started)
        report(topic, rounds, rows)
    else:
        sys.exit(__doc__)
