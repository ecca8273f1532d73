"""The Python side of `DanluBench small-operator`."""
import os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import torch
from measure import report, rounds

torch.set_num_threads(int(os.environ.get("DANLU_BENCH_THREADS", torch.get_num_threads())))
torch.manual_seed(1)
N = 1000
a, b = torch.randn(4, 4), torch.randn(4, 4)


def add():
    for _ in range(N):
        a + b


with torch.no_grad():
    report("add", rounds(add, 300), N)
w = torch.randn(4, 4, requires_grad=True)


def recorded():
    for _ in range(N):
        w + b


report("add with autograd", rounds(recorded, 300), N)


def reshape():
    for _ in range(N):
        a.reshape(2, 8)


report("reshape", rounds(reshape, 300), N)


def backward():
    for _ in range(N // 4):
        torch.autograd.grad((w + b).sum(), [w])


report("add, sum, backward", rounds(backward, 300), N // 4)
