"""The usual PyTorch loop of a 28×28 DCGAN, 64 images, Adam: the peer of `DanluBench gan`.

The loop is that of PyTorch's own DCGAN example: the discriminator's gradient from a real and a fake
batch in two backward passes, its step, then the generator's with the same fakes and the new
discriminator. `--fused` gives Adam's fused kernel in place of the default.
"""
import argparse, os, pathlib, sys

import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from measure import report, rounds

arguments = argparse.ArgumentParser()
arguments.add_argument("--fused", action="store_true")
options = arguments.parse_args()
torch.set_num_threads(int(os.environ.get("DANLU_BENCH_THREADS", "2")))
STEPS = 1


def networks(normalized):
    generator = nn.Sequential(
        nn.Linear(100, 128 * 49, bias=False), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh())
    bias = not normalized
    discriminator = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1, bias=bias), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 4, 2, 1, bias=bias),
        *([nn.BatchNorm2d(128)] if normalized else []), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(128 * 49, 1, bias=bias))
    for network in (generator, discriminator):
        for name, weight in network.named_parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, 0, 0.02)
    return generator, discriminator


for normalized in (False, True):
    torch.manual_seed(1)
    generator, discriminator = networks(normalized)
    make = lambda network: torch.optim.Adam(
        network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True if options.fused else None)
    generator_optimizer, discriminator_optimizer = make(generator), make(discriminator)
    criterion = nn.BCEWithLogitsLoss()
    real = torch.rand(64, 1, 28, 28) * 2 - 1
    ones, zeros = torch.ones(64), torch.zeros(64)
    losses = {}

    def body():
        for _ in range(STEPS):
            discriminator.zero_grad()
            real_loss = criterion(discriminator(real).view(-1), ones)
            real_loss.backward()
            fake = generator(torch.randn(64, 100))
            fake_loss = criterion(discriminator(fake.detach()).view(-1), zeros)
            fake_loss.backward()
            discriminator_optimizer.step()
            generator.zero_grad()
            criterion(discriminator(fake).view(-1), ones).backward()
            generator_optimizer.step()
        losses["last"] = (real_loss + fake_loss).item()

    seconds = rounds(body, 40)
    count = sum(p.numel() for n in (generator, discriminator) for p in n.parameters())
    kind = "D with BN" if normalized else "D without BN"
    report(f"alternating, {kind}", seconds, STEPS, loss=losses["last"], parameters=count)
