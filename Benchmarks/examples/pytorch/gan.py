import math
import sys

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.utils.data import DataLoader, TensorDataset


def network(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, outputs)
    )


def batches():
    while True:
        for (real,) in DataLoader(TensorDataset(ring), 256, shuffle=True):
            yield real


torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
angles = torch.arange(8) * math.pi / 4
centers = 2 * torch.stack([angles.cos(), angles.sin()], 1)
ring = centers[torch.randint(8, (10_000,))] + 0.1 * torch.randn(10_000, 2)
generator, discriminator = network(2, 2), network(2, 1)
g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
for _, real in zip(range(3000), batches()):
    count = len(real)
    fake = generator(torch.randn(count, 2))
    d_real, d_fake = discriminator(real), discriminator(fake.detach())
    loss = bce(d_real, torch.ones(count, 1)) + bce(d_fake, torch.zeros(count, 1))
    d_optimizer.zero_grad()
    loss.backward()
    d_optimizer.step()
    loss = bce(discriminator(fake), torch.ones(count, 1))
    g_optimizer.zero_grad()
    loss.backward()
    g_optimizer.step()
with torch.no_grad():
    distances = torch.cdist(generator(torch.randn(2000, 2)), centers)
near, nearest = (distances.min(1).values <= 0.6), distances.argmin(1)
print("clusters", int((torch.bincount(nearest[near], minlength=8) >= 20).sum()))
print("share", near.float().mean().item())
