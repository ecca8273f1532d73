"""The Python side of `DanluBench mlp`: the usual PyTorch loop."""
import os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import torch
from measure import report, rounds

torch.set_num_threads(int(os.environ.get("DANLU_BENCH_THREADS", torch.get_num_threads())))
torch.manual_seed(1)
N = 2
model = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
images, labels = torch.randn(64, 784), torch.randint(0, 10, (64,))
loss = None


def steps():
    global loss
    for _ in range(N):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()


seconds = rounds(steps, 1000)
report("step", seconds, N, loss=loss.item())
