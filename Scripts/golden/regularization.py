#!/usr/bin/env python3
"""Makes Tests/TrainingTests/Golden/regularization.safetensors: a small classifier's loss and gradients in float64
under adversarial training, the gradient penalty, virtual adversarial training and R-Drop, by PyTorch's autograd.

Needs: torch, safetensors. The model is tanh(mean of E[tokens]) W + b. A case NAME has `NAME/loss` and the
gradients `NAME/E`, `NAME/W`, `NAME/b`.
"""

import os
import sys

sys.path.pop(0)  # The scripts of this folder have the names of packages.

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(23)


def normal(*shape):
    return torch.randn(shape, generator=generator)


E, W, b = normal(7, 4), normal(3, 4), normal(3)
parameters = [E, W, b]
tokens = torch.randint(0, 7, (3, 5), generator=generator)
labels = torch.tensor([0, 2, 1])
noise = normal(7, 4)
drops = [(torch.rand((3, 4), generator=generator) > 0.3) / 0.7 for _ in range(2)]
for parameter in parameters:
    parameter.requires_grad_()


def logits(table, drop=1):
    return F.linear(table[tokens].mean(1).tanh() * drop, W, b)


def loss(output):
    return F.cross_entropy(output, labels)


def unit(x):
    return x / (x.norm() + 1e-12)


def fast_gradient(keeps):
    plain = loss(logits(E))
    gradient, = torch.autograd.grad(plain, [E], retain_graph=True)
    adversarial = loss(logits(E + 0.5 * unit(gradient)))
    return plain + adversarial if keeps else adversarial


def penalty():
    plain = loss(logits(E))
    gradient, = torch.autograd.grad(plain, [E], create_graph=True)
    return plain + 0.5 * 0.7 ** 2 * gradient.square().sum()


def divergence(p, q):
    """KL of softmaxes, the mean over examples."""
    return F.kl_div(q.log_softmax(-1), p.log_softmax(-1), reduction="batchmean", log_target=True)


def virtual():
    output = logits(E)
    target = output.detach()
    r = noise
    for _ in range(2):
        r = (10 * unit(r)).requires_grad_()
        r, = torch.autograd.grad(divergence(target, logits(E + r)), [r])
    return loss(output) + 0.5 * divergence(target, logits(E + 1.5 * unit(r)))


def r_drop():
    first, second = (logits(E, drop) for drop in drops)
    return ((loss(first) + loss(second)) / 2
            + (divergence(first, second) + divergence(second, first)) * 3 / 4)


tensors = {"E": E, "W": W, "b": b, "tokens": tokens, "labels": labels, "noise": noise, "drop.0": drops[0],
           "drop.1": drops[1]}
for name, value in [("fastGradient", fast_gradient(True)), ("fastGradientAlone", fast_gradient(False)),
                    ("gradientPenalty", penalty()), ("virtualAdversarial", virtual()), ("rDrop", r_drop())]:
    tensors[f"{name}/loss"] = value
    for parameter, key in zip(torch.autograd.grad(value, parameters), "EWb"):
        tensors[f"{name}/{key}"] = parameter
save_file({key: value.detach().contiguous() for key, value in tensors.items()},
          os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "TrainingTests", "Golden",
                       "regularization.safetensors"))
