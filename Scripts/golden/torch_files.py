#!/usr/bin/env python3
"""Makes the files of real PyTorch that tests read: Tests/FormatsTests/Golden/*.pt beside the same tensors as
safetensors, and Tests/LayersTests/Golden/pytorch.pt, a model's state, with an input and its outputs.

Needs: torch 2.13, safetensors 0.8, numpy (`pip install torch safetensors numpy`).
Run from anywhere; the tensors do not change from run to run.
"""

import os
from collections import OrderedDict

import torch
from safetensors.torch import save_file
from torch import nn

TESTS = os.path.join(os.path.dirname(__file__), "..", "..", "Tests")
torch.manual_seed(20261125)
torch.set_num_threads(1)


def flat(value, name=""):
    """The tensors of nested dictionaries and lists by the keys that lead to them."""
    if isinstance(value, torch.Tensor):
        return {name: value.detach().clone().contiguous()}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return {key: tensor for k, v in pairs for key, tensor in flat(v, f"{name}.{k}" if name else str(k)).items()}


def formats():
    folder = os.path.join(TESTS, "FormatsTests", "Golden")
    ramp = torch.arange(24.0).reshape(2, 3, 4)
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    content = {
        "epoch": 3, "rate": 0.5, "name": "层", "done": False, "none": None, "pair": (1, -70000, 2**40),
        "state_dict": module.state_dict(),
        "types": [ramp.to(t) for t in [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32,
                                       torch.int16, torch.int8, torch.uint8]] + [ramp > 4],
        "transposed": ramp.permute(2, 0, 1), "part": ramp[1:, ::2], "shared": ramp, "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3), "repeated": torch.tensor([7.0]).expand(3, 4), 5: torch.ones(2),
        "parameter": nn.Parameter(torch.ones(2)),
    }
    torch.save(content, os.path.join(folder, "state.pt"))
    torch.save(content, os.path.join(folder, "state-legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(content, os.path.join(folder, "state-protocol4.pt"), pickle_protocol=4)
    torch.save(nn.Linear(2, 2), os.path.join(folder, "module.pt"))
    save_file(flat(content), os.path.join(folder, "state.safetensors"))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.convolution = nn.Conv1d(4, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 4, bidirectional=True, batch_first=True)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.layer_norm = nn.LayerNorm(8)
        self.head = nn.Sequential(nn.Linear(8, 3), nn.PReLU())

    def forward(self, x):
        x = self.norm(self.convolution(self.embedding(x).transpose(1, 2))).transpose(1, 2)
        x = self.gru(self.lstm(x)[0])[0]
        return self.head(self.layer_norm(x + self.attention(x, x, x)[0]))


def model():
    folder = os.path.join(TESTS, "LayersTests", "Golden")
    module = Model()
    x = torch.randint(0, 11, (3, 7))
    module(x)  # moves the running statistics
    nn.init.normal_(module.attention.in_proj_bias)
    state = module.state_dict()
    torch.save(state, os.path.join(folder, "pytorch.pt"))
    tensors = {f"state/{name}": value for name, value in state.items()}
    with torch.no_grad():
        tensors |= {"input": x, "output": module.eval()(x)}
    save_file({name: value.contiguous().clone() for name, value in tensors.items()},
              os.path.join(folder, "pytorch.safetensors"))


formats()
model()
