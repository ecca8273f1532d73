import sys

import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    nn.Linear(64, 10),
)
model.load_state_dict(torch.load("data/classifier.pt"))
model.eval()
waiting = []


def answer():
    if not waiting:
        return
    images = torch.tensor(waiting).reshape(-1, 1, 8, 8) / 127.5 - 1
    with torch.no_grad():
        probabilities, digits = model(images).softmax(1).max(1)
    for digit, probability in zip(digits.tolist(), probabilities.tolist()):
        print(digit, probability)
    waiting.clear()


for line in sys.stdin:
    pixels = [float(word) for word in line.split()]
    if len(pixels) == 64:
        waiting.append(pixels)
    elif line.strip():
        print("64 numbers expected")
    if len(waiting) == 64 or not line.strip():
        answer()
answer()
