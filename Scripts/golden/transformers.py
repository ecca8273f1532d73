#!/usr/bin/env python3
"""Makes the folders of Tests/TransformersTests/Golden: tiny random models of each family, as Hugging Face
folders, with what `transformers` computes of them in float64.

Needs: torch 2.13 or later, transformers 5.24, safetensors, numpy (`pip install torch transformers safetensors`).
Run from anywhere; the output does not change from run to run.

A folder FAMILY holds `config.json` and `model.safetensors` as `save_pretrained` writes them (float64), and
`golden.safetensors`: the inputs `tokens`, `segments`, `visible`, the outputs `output.KIND`, their weights
`weight.KIND` in the sum that is differentiated, and the gradients `gradient.NAME` of some weights by their
names in the file. Families that `transformers` lacks (NEZHA, RoFormer-v2, GPT2-ML, GAU-alpha) are computed by
the few lines of PyTorch at the end, written from their papers.
"""

import json
import math
import os
import shutil
import sys

sys.path.pop(0)  # The scripts of this folder have the names of packages.

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "TransformersTests", "Golden")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
BATCH, LENGTH, VOCABULARY = 2, 7, 20


def inputs(padding, segments=True):
    """Two rows, the second padded on the right."""
    generator = torch.Generator().manual_seed(5)
    tokens = torch.randint(3, VOCABULARY, (BATCH, LENGTH), generator=generator)
    visible = torch.ones(BATCH, LENGTH, dtype=torch.bool)
    visible[1, 5:] = False
    if padding is not None:
        tokens[1, 5:] = padding
    kinds = torch.zeros(BATCH, LENGTH, dtype=torch.long)
    if segments:
        kinds[:, 4:] = 1
        kinds[1, 5:] = 0
    return tokens, kinds, visible


def randomize(parameters):
    """Deviations large enough that every part counts, biases and gains included."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))


def write(folder, golden, outputs, named):
    """Adds outputs, weights and gradients to `golden` and writes it."""
    generator = torch.Generator().manual_seed(11)
    total = 0
    visible = golden["visible"]
    for kind, output in outputs.items():
        weight = torch.randn(output.shape, generator=generator)
        # What is computed at padding means nothing.
        if output.dim() >= 2 and output.shape[:2] == visible.shape:
            weight = weight * visible.reshape(visible.shape + (1,) * (output.dim() - 2))
        golden[f"output.{kind}"] = output
        golden[f"weight.{kind}"] = weight
        total = total + (output * weight).sum()
    names = [name for name, parameter in named]
    gradients = torch.autograd.grad(total, [parameter for _, parameter in named], allow_unused=True)
    for name, gradient in zip(names, gradients):
        if gradient is not None and gradient.numel() <= 400:
            golden[f"gradient.{name}"] = gradient
    save_file(
        {key: value.detach().contiguous().clone() for key, value in golden.items()},
        os.path.join(folder, "golden.safetensors"))


def save(name, model):
    folder = os.path.join(ROOT, name)
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for extra in ["generation_config.json"]:
        path = os.path.join(folder, extra)
        if os.path.exists(path):
            os.remove(path)
    return folder


def hugging_face(name, model, kinds, padding=0, segments=True, **extra):
    """`kinds` gives the outputs from what the model returned."""
    model = model.double().eval()
    named = [pair for pair in model.named_parameters() if pair[1].requires_grad]
    randomize([parameter for _, parameter in named])
    tokens, token_types, visible = inputs(padding, segments)
    arguments = dict(input_ids=tokens, attention_mask=visible.long(), output_hidden_states=True)
    if segments:
        arguments["token_type_ids"] = token_types
    arguments.update(extra)
    outputs = kinds(model(**arguments))
    folder = save(name, model)
    golden = {"tokens": tokens, "segments": token_types, "visible": visible}
    golden.update({key: value for key, value in extra.items() if torch.is_tensor(value)})
    write(folder, golden, outputs, named)


BERT = dict(
    vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=24, max_position_embeddings=12, initializer_range=0.3)


def last(output):
    return output.hidden_states[-1]


torch.manual_seed(1)
hugging_face(
    "bert", transformers.BertForPreTraining(transformers.BertConfig(**BERT)),
    lambda o: {"hiddenStates": last(o), "logits": o.prediction_logits,
               "nextSentence": o.seq_relationship_logits})
hugging_face(
    "roberta", transformers.RobertaForMaskedLM(transformers.RobertaConfig(**BERT, type_vocab_size=1)),
    lambda o: {"hiddenStates": last(o), "logits": o.logits}, padding=1, segments=False)
hugging_face(
    "albert", transformers.AlbertForPreTraining(transformers.AlbertConfig(**BERT, embedding_size=8)),
    lambda o: {"hiddenStates": last(o), "logits": o.prediction_logits, "nextSentence": o.sop_logits})
hugging_face(
    "electra-generator",
    transformers.ElectraForMaskedLM(transformers.ElectraConfig(**BERT, embedding_size=8)),
    lambda o: {"hiddenStates": last(o), "logits": o.logits})
hugging_face(
    "electra", transformers.ElectraForPreTraining(transformers.ElectraConfig(**BERT, embedding_size=8)),
    lambda o: {"hiddenStates": last(o), "replaced": o.logits})
hugging_face(
    "roformer", transformers.RoFormerForMaskedLM(transformers.RoFormerConfig(**BERT, embedding_size=8)),
    lambda o: {"hiddenStates": last(o), "logits": o.logits})
GPT = dict(
    vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=12, initializer_range=0.3,
    bos_token_id=1, eos_token_id=1)
hugging_face(
    "openai-gpt", transformers.OpenAIGPTLMHeadModel(transformers.OpenAIGPTConfig(**GPT)),
    lambda o: {"hiddenStates": last(o), "logits": o.logits}, padding=None, segments=False)
hugging_face(
    "gpt2", transformers.GPT2LMHeadModel(transformers.GPT2Config(**GPT, n_inner=24)),
    lambda o: {"hiddenStates": last(o), "logits": o.logits}, padding=None, segments=False)
T5 = dict(
    vocab_size=VOCABULARY, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=2,
    relative_attention_num_buckets=8, relative_attention_max_distance=10)
decoder = torch.randint(3, VOCABULARY, (BATCH, 5), generator=torch.Generator().manual_seed(3))
decoder[:, 0] = 0


def sequence_to_sequence(name, model):
    hugging_face(
        name, model,
        lambda o: {"encoded": o.encoder_last_hidden_state, "decoded": o.decoder_hidden_states[-1],
                   "logits": o.logits},
        segments=False, decoder_input_ids=decoder)


sequence_to_sequence("t5", transformers.T5ForConditionalGeneration(transformers.T5Config(**T5)))
sequence_to_sequence(
    "t5v1_1",
    transformers.T5ForConditionalGeneration(
        transformers.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)))
sequence_to_sequence("mt5", transformers.MT5ForConditionalGeneration(transformers.MT5Config(**T5)))
