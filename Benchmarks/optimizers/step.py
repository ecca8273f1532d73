"""The Python side of `DanluBench optimizer`: PyTorch's optimizers with their default settings."""
import os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import torch
from measure import report, rounds

torch.set_num_threads(int(os.environ.get("DANLU_BENCH_THREADS", torch.get_num_threads())))
torch.manual_seed(1)
rule, network = sys.argv[1:3]
device = sys.argv[3] if len(sys.argv) > 3 else "cpu"
if network == "mlp":
    shapes = [[256, 784], [256], [10, 256], [10]]
else:
    d = 256
    layer = [[d, d], [d]] * 4 + [[d], [d]] + [[4 * d, d], [4 * d], [d, 4 * d], [d]] + [[d], [d]]
    shapes = [[21128, d], [512, d], [2, d], [d], [d]] + layer * 12 + [[d, d], [d]]
parameters = [torch.randn(shape, device=device, requires_grad=True) for shape in shapes]
for parameter in parameters:
    parameter.grad = torch.randn_like(parameter)
optim = torch.optim
make = {
    "sgd": lambda p: optim.SGD(p, lr=1e-5),
    "momentum": lambda p: optim.SGD(p, lr=1e-5, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, lr=1e-5, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=1e-5),
    "adamw": lambda p: optim.AdamW(p, lr=1e-5),
    "rmsprop": lambda p: optim.RMSprop(p, lr=1e-5),
    "rmsprop-centered": lambda p: optim.RMSprop(p, lr=1e-5, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=1e-5),
}[rule]
optimizer = make(parameters)
steps, count = (5, 300) if network == "mlp" else (1, 60)


def body():
    for _ in range(steps):
        optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize()


report(f"{rule} {network}", rounds(body, count), steps)
