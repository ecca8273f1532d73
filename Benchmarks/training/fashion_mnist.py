"""Trains the Fashion-MNIST classifier in PyTorch: what `DanluBench fashion-mnist` does, statement by
statement. Benchmarks/training/run.py calls it with DATA TEST.npy SEED EPOCHS."""
import gzip, json, os, pathlib, sys, time

import numpy as np
import torch
from torch import nn

BATCH, PEAK = 64, 0.003


def idx(folder, name, offset):
    path = next(pathlib.Path(folder).glob(f"train*{name}*"))
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    return np.frombuffer(data, np.uint8, offset=offset)


def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def network():
    model = nn.Sequential(
        *block(1, 32), nn.MaxPool2d(2), *block(32, 64), nn.MaxPool2d(2), *block(64, 96), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(96 * 49, 10))
    for layer in model:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(model[-1].bias)
    return model


def main(folder, held, seed, epochs):
    torch.set_num_threads(int(os.environ.get("DANLU_BENCH_THREADS", "1")))
    images = torch.from_numpy(idx(folder, "images", 16).copy()).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(idx(folder, "labels", 8).astype(np.int64))
    held = torch.from_numpy(np.load(held))
    kept = torch.ones(len(images), dtype=torch.bool)
    kept[held] = False
    images, labels, test_images, test_labels = images[kept], labels[kept], images[held], labels[held]

    def scaled(pixels):
        return pixels.float() * (2 / 255) - 1

    torch.manual_seed(seed)
    model = network()
    per_epoch = len(images) // BATCH
    steps = epochs * per_epoch
    optimizer = torch.optim.Adam(model.parameters(), lr=PEAK, eps=1e-8)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.2 * steps), max(0, (steps - step) / (0.8 * steps))))
    start, processor = time.perf_counter(), time.process_time()
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(images))
        for position in range(per_epoch):
            rows = order[position * BATCH:(position + 1) * BATCH]
            loss = nn.functional.cross_entropy(model(scaled(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            value = loss.item()
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    model.eval()
    with torch.no_grad():
        hits = sum((model(scaled(part)).argmax(1) == answers).sum().item() for part, answers in
                   zip(test_images.split(256), test_labels.split(256)))
    print(json.dumps({
        "name": f"seed {seed}", "minimum": seconds, "processor": processor, "accuracy": hits / len(held),
        "loss": value, "steps": steps, "examples": len(images), "test": len(held),
        "parameters": sum(p.numel() for p in model.parameters()), "threads": torch.get_num_threads(),
        "torch": torch.__version__}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
