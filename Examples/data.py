"""Makes the files in data/: python data.py. Needs numpy, scikit-learn (for its digits) and torch."""

import random

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
random.seed(0)
rng = np.random.default_rng(0)

digits = load_digits()
order = rng.permutation(len(digits.target))
x = np.minimum(digits.images[order] * 16, 255).astype(np.uint8)[:, None]
y = digits.target[order].astype(np.int64)
x_train, y_train, x_test, y_test = x[:1400], y[:1400], x[1400:], y[1400:]
few = np.concatenate([np.flatnonzero(y_train == digit)[:8] for digit in range(5, 10)])
new = np.flatnonzero(y_test >= 5)
np.savez_compressed(
    "data/digits.npz",
    x_train=x_train,
    y_train=y_train,
    x_test=x_test,
    y_test=y_test,
    x_few=x_train[few],
    y_few=y_train[few] - 5,
    x_new=x_test[new],
    y_new=y_test[new] - 5,
)
np.savetxt("data/digits.txt", x_test.reshape(-1, 64), fmt="%d")


def body():
    return [
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
    ]


def train(model, images, labels, epochs=20):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    images, labels = torch.from_numpy(images) / 127.5 - 1, torch.from_numpy(labels)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    return model


low = y_train < 5
model = train(nn.Sequential(*body(), nn.Flatten(), nn.Linear(64, 5)), x_train[low], y_train[low])
torch.save(model[:8].state_dict(), "data/digits.pt")
# The head follows the pooling directly, as it does where pooling leaves (B, C).
model = train(nn.Sequential(*body(), nn.Flatten(), nn.Linear(64, 10)), x_train, y_train)
torch.save(
    {name.replace("9.", "8."): value for name, value in model.state_dict().items()},
    "data/classifier.pt",
)

good, bad = ["fine", "warm", "bright", "kind", "brave"], ["dull", "cold", "grim", "rude", "weak"]
plain = [
    "the",
    "house",
    "river",
    "and",
    "with",
    "stone",
    "walks",
    "under",
    "tree",
    "was",
    "two",
    "of",
]


def sentence():
    words, score = [], 0
    for _ in range(random.randint(4, 20)):
        kind = random.random()
        if kind < 0.3:
            sign = random.choice([1, -1])
            negated = random.random() < 0.3
            words += ["not"] * negated + [random.choice(good if sign > 0 else bad)]
            score += -sign if negated else sign
        else:
            words.append(random.choice(plain))
    return (int(score > 0), " ".join(words)) if score else sentence()


for part, count in (("train", 3000), ("test", 1000)):
    with open(f"data/texts-{part}.tsv", "w") as file:
        file.writelines(f"{label}\t{text}\n" for label, text in (sentence() for _ in range(count)))

cities = {"Linz": 1.0, "Graz": 1.2, "Bern": 2.1, "Lyon": 1.6, "Ulm": 0.8}
for part, count in (("train", 4000), ("test", 1000)):
    with open(f"data/houses-{part}.csv", "w") as file:
        file.write("area,rooms,age,city,garden,price\n")
        for _ in range(count):
            area, age = rng.uniform(30, 200), rng.integers(0, 80)
            rooms, city, garden = (
                1 + int(area // 35),
                random.choice(list(cities)),
                rng.integers(0, 2),
            )
            price = (
                area * cities[city] * (1 - 0.006 * age) / 40
                + 0.5 * garden * (area > 90)
                + rng.normal(0, 0.1)
            )
            file.write(f"{area:.1f},{rooms},{age},{city},{garden},{price:.3f}\n")
