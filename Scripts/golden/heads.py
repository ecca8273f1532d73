#!/usr/bin/env python3
"""Makes Tests/TransformersTests/Golden/heads.safetensors: heads, their losses and gradients in float64, written in
a few lines of PyTorch from their papers, the masked language model's loss by `transformers`.

Needs: torch 2.13 or later, transformers 5.24, safetensors, numpy. Run from anywhere; the output does not change
from run to run. A case NAME has `NAME/input…`, `NAME/parameter.KEY` by the names of the Swift module, `NAME/output…`,
`NAME/loss`, and `NAME/gradient.…` of the loss.
"""

import math
import os
import sys

sys.path.pop(0)  # The scripts of this folder have the names of packages.

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file

GOLDEN = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "TransformersTests", "Golden")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(17)
tensors = {}


def normal(*shape):
    return torch.randn(shape, generator=generator)


def case(name, inputs, parameters, function):
    """`function` gives the outputs by name and the loss."""
    values = {f"input.{key}": value for key, value in inputs.items()}
    values |= {f"parameter.{key}": value for key, value in parameters.items()}
    for key, value in values.items():
        tensors[f"{name}/{key}"] = value.clone()
        if value.dtype.is_floating_point:
            value.requires_grad_()
    outputs, loss = function(inputs, parameters)
    loss.backward()
    for key, value in outputs.items():
        tensors[f"{name}/output.{key}"] = value.detach().clone()
    tensors[f"{name}/loss"] = loss.detach()
    for key, value in values.items():
        if value.grad is not None:
            tensors[f"{name}/gradient.{key}"] = value.grad


STATES = normal(2, 5, 6)
MASK = torch.tensor([[True] * 5, [True, True, True, False, False]])


def rotary(x):
    size = x.shape[-1]
    theta = 10000 ** (-torch.arange(0, size, 2) / size)
    angles = (torch.arange(x.shape[-2])[:, None] * theta).repeat_interleave(2, -1)
    turned = torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(-2)
    return x * angles.cos() + turned * angles.sin()


def masked(scores):
    length = scores.shape[-1]
    allowed = torch.ones(length, length, dtype=torch.bool).triu() & MASK[:, None, None, :] & MASK[:, None, :, None]
    return scores.masked_fill(~allowed, -math.inf)


def pointer_loss(scores, spans):
    """The dense form: ln(1 + Σ_neg e^s) + ln(1 + Σ_pos e^-s) over all spans of each kind."""
    right = torch.zeros_like(scores, dtype=torch.bool)
    for text, kinds in enumerate(spans.tolist()):
        for kind, list_ in enumerate(kinds):
            for first, last in list_:
                if (first, last) != (0, 0):
                    right[text, kind, first, last] = True
    flat, right = scores.flatten(2), right.flatten(2)
    # The place that fills up is none.
    flat = torch.cat([torch.full_like(flat[..., :1], -math.inf), flat[..., 1:]], -1)
    zero = torch.zeros_like(flat[..., :1])
    wrong = torch.cat([flat.masked_fill(right, -math.inf), zero], -1).logsumexp(-1)
    missed = torch.cat([(-flat).masked_fill(~right, -math.inf), zero], -1).logsumexp(-1)
    return (wrong + missed).sum(1).mean()


SPANS = torch.tensor([[[[1, 2], [3, 3], [0, 0]], [[1, 4], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0]]],
                      [[[1, 1], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0]], [[1, 2], [2, 2], [0, 0]]]])


def global_pointer(inputs, parameters):
    mapped = F.linear(inputs["states"], parameters["dense.weight"], parameters["dense.bias"])
    mapped = mapped.unflatten(-1, (3, 8)).transpose(1, 2)
    scores = masked(rotary(mapped[..., :4]) @ rotary(mapped[..., 4:]).mT / 2)
    return {"scores": scores}, pointer_loss(scores, SPANS)


def efficient_pointer(inputs, parameters):
    mapped = F.linear(inputs["states"], parameters["dense.weight"], parameters["dense.bias"])
    queries, keys = mapped[..., 0::2], mapped[..., 1::2]
    scores = rotary(queries) @ rotary(keys).mT / 2
    numbers = F.linear(mapped, parameters["kinds.weight"], parameters["kinds.bias"]).mT / 2
    scores = masked(scores[:, None] + numbers[:, 0::2, None] + numbers[:, 1::2, :, None])
    return {"scores": scores}, pointer_loss(scores, SPANS)


def span_extraction(inputs, parameters):
    logits = F.linear(inputs["states"], parameters["dense.weight"], parameters["dense.bias"])
    allowed = logits.masked_fill(~MASK[..., None], -math.inf)
    places = torch.tensor([[2, 4], [0, 1]])
    loss = (F.cross_entropy(allowed[..., 0], places[:, 0]) + F.cross_entropy(allowed[..., 1], places[:, 1])) / 2
    return {"logits": logits}, loss


def classification(inputs, parameters):
    logits = F.linear(inputs["states"][:, 0], parameters["dense.weight"], parameters["dense.bias"])
    return {"logits": logits}, F.cross_entropy(logits, torch.tensor([2, 0]), weight=torch.tensor([0.5, 1, 2]))


case("globalPointer", {"states": STATES.clone()},
     {"dense.weight": normal(24, 6), "dense.bias": normal(24)}, global_pointer)
case("efficientGlobalPointer", {"states": STATES.clone()},
     {"dense.weight": normal(8, 6), "dense.bias": normal(8), "kinds.weight": normal(6, 8),
      "kinds.bias": normal(6)}, efficient_pointer)
case("spanExtraction", {"states": STATES.clone()},
     {"dense.weight": normal(2, 6), "dense.bias": normal(2)}, span_extraction)
case("classification", {"states": STATES.clone()},
     {"dense.weight": normal(3, 6), "dense.bias": normal(3)}, classification)
tensors["spans"], tensors["mask"] = SPANS, MASK

# The masked language model of Golden/bert.
model = transformers.BertForMaskedLM.from_pretrained(os.path.join(GOLDEN, "bert"), dtype=torch.float64).eval()
tokens = torch.randint(3, 20, (2, 7), generator=generator)
labels = torch.full((2, 7), -100)
for row, column, label in [(0, 1, 5), (0, 4, 19), (1, 2, 7)]:
    labels[row, column] = label
loss = model(input_ids=tokens, labels=labels).loss
loss.backward()
tensors |= {
    "maskedLanguageModel/tokens": tokens, "maskedLanguageModel/labels": labels,
    "maskedLanguageModel/loss": loss.detach(),
    "maskedLanguageModel/gradient": model.bert.embeddings.word_embeddings.weight.grad}
save_file({key: value.contiguous() for key, value in tensors.items()},
          os.path.join(GOLDEN, "heads.safetensors"))
