"""The peer of `DanluBench ranks`: the same models by PyTorch's DistributedDataParallel over gloo, one thread a rank.

    torchrun --nproc-per-node N Benchmarks/distributed/ddp.py cnn|dcgan|bert STEPS
"""
import json, os, statistics, sys, time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
dist.init_process_group("gloo")
rank, ranks = dist.get_rank(), dist.get_world_size()
torch.manual_seed(1)


def timed(step, count):
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        step()
        if number >= 3:
            seconds.append(time.perf_counter() - began)
    return seconds


def cnn():
    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(),
                nn.MaxPool2d(2)]
    model = DistributedDataParallel(nn.Sequential(*block(1, 32), *block(32, 64), nn.Flatten(), nn.Linear(64 * 49, 10)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    x, y = torch.rand(64, 1, 28, 28) * 2 - 1, torch.arange(64) % 10

    def step():
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def dcgan():
    generator = DistributedDataParallel(nn.Sequential(
        nn.Linear(100, 128 * 49, bias=False), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh()), broadcast_buffers=False)
    discriminator = DistributedDataParallel(nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(128 * 49, 1)), broadcast_buffers=False)
    first = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    second = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    real = torch.rand(64, 1, 28, 28) * 2 - 1

    def step():
        fake = generator(torch.randn(64, 100))
        first.zero_grad()
        loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake.detach())).mean()
        loss.backward()
        first.step()
        second.zero_grad()
        discriminator.requires_grad_(False)
        F.softplus(-discriminator.module(fake)).mean().backward()
        discriminator.requires_grad_(True)
        second.step()
        return loss.item()
    return step


def bert():
    from transformers import BertConfig, BertForMaskedLM
    model = DistributedDataParallel(BertForMaskedLM(BertConfig(
        vocab_size=21128, hidden_size=512, num_hidden_layers=4, num_attention_heads=8, intermediate_size=2048)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    tokens = torch.randint(1, 21000, (8, 128))
    labels = torch.where(tokens % 7 == 0, tokens, torch.full_like(tokens, -100))

    def step():
        loss = model(tokens, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


name, count = sys.argv[1], int(sys.argv[2])
seconds = timed({"cnn": cnn, "dcgan": dcgan, "bert": bert}[name](), count)
if rank == 0:
    print(json.dumps({"name": name, "ranks": ranks, "threads": torch.get_num_threads(), "seconds": statistics.median(seconds),
                      "minimum": min(seconds)}))
dist.destroy_process_group()
