import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()
        )

    def forward(self, x):
        return x + self.body(x)


class Progress:
    def on_validation(self, step, accuracy):
        print(f"step {step}: accuracy {accuracy}")


def images(name):
    return torch.from_numpy(arrays[name]) / 127.5 - 1


def validate(model):
    model.eval()
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(test, 256))
    model.train()
    return hits / len(test)


torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
arrays = np.load("data/digits.npz")
training = TensorDataset(images("x_train"), torch.from_numpy(arrays["y_train"]))
test = TensorDataset(images("x_test"), torch.from_numpy(arrays["y_test"]))
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    Residual(32),
    nn.MaxPool2d(2),
    Residual(32),
    nn.Flatten(),
    nn.Linear(512, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
callbacks = [Progress()]
step = 0
for epoch in range(10):
    for x, y in DataLoader(training, 64, shuffle=True):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    if (epoch + 1) % 5 == 0:
        accuracy = validate(model)
        for callback in callbacks:
            callback.on_validation(step, accuracy)
print("accuracy", accuracy)
