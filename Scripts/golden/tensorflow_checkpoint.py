#!/usr/bin/env python3
"""Makes Tests/TransformersTests/Golden/google: a tiny BERT as a checkpoint of TensorFlow under Google's names,
with what an optimizer leaves behind, and Tests/FormatsTests/Golden/types.ckpt.*: variables of many types.

The BERT is that of Golden/bert (Scripts/golden/transformers.py) in float32.

Needs: tensorflow 2.x, safetensors, numpy (`pip install tensorflow-cpu safetensors`).
"""

import json
import os
import shutil
import sys

sys.path.pop(0)  # The scripts of this folder have the names of packages.

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests")


def save(path, tensors):
    tf.raw_ops.SaveV2(
        prefix=path, tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(value) for value in tensors.values()])


def google(name):
    """Google's name of one of Hugging Face's, and whether the matrix is transposed."""
    if name == "cls.predictions.bias":
        return "cls/predictions/output_bias", False
    if name.startswith("cls.seq_relationship"):
        return "cls/seq_relationship/output_" + ("weights" if name.endswith("weight") else "bias"), False
    parts = name.split(".")
    if parts[-2].endswith("embeddings"):
        return "/".join(parts[:-1]), False
    if "LayerNorm" in parts:
        parts[-1] = {"weight": "gamma", "bias": "beta"}[parts[-1]]
    transposed = parts[-1] == "weight"
    if transposed:
        parts[-1] = "kernel"
    path = "/".join(parts).replace("/layer/", "/layer_")
    return path, transposed


folder = os.path.join(ROOT, "TransformersTests", "Golden", "google")
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
tensors = {"global_step": np.int64(7)}
for name, value in load_file(os.path.join(folder, "..", "bert", "model.safetensors")).items():
    path, transposed = google(name)
    tensors[path] = (value.T if transposed else value).astype(np.float32)
    if name.endswith("pooler.dense.bias"):
        tensors[path + "/adam_m"] = tensors[path + "/adam_v"] = tensors[path]
save(os.path.join(folder, "bert_model.ckpt"), tensors)
with open(os.path.join(folder, "..", "bert", "config.json")) as file:
    config = json.load(file)
keys = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob", "max_position_embeddings",
        "type_vocab_size", "initializer_range"]
with open(os.path.join(folder, "bert_config.json"), "w") as file:
    json.dump({key: config[key] for key in keys}, file, indent=2)

ramp = np.arange(6).reshape(2, 3)
types = {np.dtype(kind).name: ramp.astype(kind) for kind in
         ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u4", "u8"]}
types["bool"] = ramp % 2 == 1
types["scalar"] = np.float32(2.5)
types["empty"] = np.zeros((0, 4), np.float32)
types["deep/name/of/a/variable"] = ramp.astype("f4")
types["text"] = np.array(["no", "number"])
save(os.path.join(ROOT, "FormatsTests", "Golden", "types.ckpt"), types)
