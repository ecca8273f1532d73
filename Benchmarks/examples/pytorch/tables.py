import sys

import pandas
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def dataset(table):
    inputs = pandas.get_dummies(table.drop(columns="price"))
    inputs = inputs.reindex(columns=columns, fill_value=0).astype("float32")
    return TensorDataset(
        torch.tensor(inputs.values), torch.tensor(table["price"].values, dtype=torch.float32)
    )


torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
table = pandas.read_csv("data/houses-train.csv")
columns = pandas.get_dummies(table.drop(columns="price")).columns
training, test = dataset(table), dataset(pandas.read_csv("data/houses-test.csv"))
width = len(columns)
model = nn.Sequential(
    nn.BatchNorm1d(width),
    nn.Linear(width, 64),
    nn.ReLU(),
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 940)
for epoch in range(15):
    for x, y in DataLoader(training, 64, shuffle=True):
        loss = nn.functional.mse_loss(model(x)[:, 0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
model.eval()
with torch.no_grad():
    total = sum(
        nn.functional.mse_loss(model(x)[:, 0], y, reduction="sum").item()
        for x, y in DataLoader(test, 256)
    )
print("error", (total / len(test)) ** 0.5)
