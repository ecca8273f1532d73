"""Makes Tests/OptimizersTests/Golden/optimizers.json: traces of PyTorch's optimizers in float64.

Run with torch==2.13.0:  python Scripts/golden/optimizers.py
Each case starts at the same two parameters and minimizes sum(a * w**2)/2 + sum(sin(b)) for 7 steps.
"""
import json, pathlib, torch

torch.set_default_dtype(torch.float64)
STEPS = 7
A = torch.tensor([[1.0, 10.0, 0.1], [0.5, 2.0, 4.0]])
W0 = torch.tensor([[1.0, -2.0, 3.0], [0.3, -0.7, 0.25]])
B0 = torch.tensor([0.4, -1.1])

O = torch.optim
CASES = {
    "SGD": lambda p: O.SGD(p, lr=0.05),
    "HeavyBall": lambda p: O.SGD(p, lr=0.02, momentum=0.9),
    "Nesterov": lambda p: O.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "Adam": lambda p: O.Adam(p, lr=0.01, eps=1e-6),
    "AdamW": lambda p: O.AdamW(p, lr=0.01, eps=1e-6, weight_decay=0.1),
    "RMSprop": lambda p: O.RMSprop(p, lr=0.01, alpha=0.95, eps=1e-7),
    "RMSprop centered": lambda p: O.RMSprop(p, lr=0.01, alpha=0.95, eps=1e-7, centered=True),
    "Adam AMSGrad": lambda p: O.Adam(p, lr=0.05, betas=(0.9, 0.5), eps=1e-6, amsgrad=True),
    "AdamW AMSGrad": lambda p: O.AdamW(p, lr=0.05, betas=(0.9, 0.5), eps=1e-6, weight_decay=0.1, amsgrad=True),
    "SGD L2": lambda p: O.SGD(p, lr=0.05, weight_decay=0.3),
    "HeavyBall L2": lambda p: O.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.3),
    "Nesterov L2": lambda p: O.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.3),
    "Adam L2": lambda p: O.Adam(p, lr=0.01, eps=1e-6, weight_decay=0.3),
    "RMSprop L2": lambda p: O.RMSprop(p, lr=0.01, alpha=0.95, eps=1e-7, weight_decay=0.3),
    "Adagrad L2": lambda p: O.Adagrad(p, lr=0.1, eps=1e-8, initial_accumulator_value=0.1, weight_decay=0.3),
    "Adagrad": lambda p: O.Adagrad(p, lr=0.1, eps=1e-8, initial_accumulator_value=0.1),
}


def trace(make, schedule=None, accumulate=1):
    w, b = W0.clone().requires_grad_(), B0.clone().requires_grad_()
    optimizer = make([w, b])
    base = optimizer.param_groups[0]["lr"]
    for step in range(STEPS):
        if schedule:
            optimizer.param_groups[0]["lr"] = base * schedule(step)
        optimizer.zero_grad()
        for part in range(accumulate):
            loss = (part + 1) * (A * w**2).sum() / 2 + b.sin().sum()
            (loss / accumulate).backward()
        optimizer.step()
    return {"w": w.flatten().tolist(), "b": b.tolist()}


golden = {name: trace(make) for name, make in CASES.items()}
golden["AdamW schedule"] = trace(CASES["AdamW"], schedule=lambda t: 1 - 0.1 * t)
golden["SGD L2 accumulation"] = trace(CASES["SGD L2"], accumulate=3)
golden["Nesterov accumulation"] = trace(CASES["Nesterov"], accumulate=3)
path = pathlib.Path(__file__).parents[2] / "Tests/OptimizersTests/Golden/optimizers.json"
path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "traces": golden}, indent=1) + "\n")
