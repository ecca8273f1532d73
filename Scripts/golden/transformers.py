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


def as_pytorch_file(name):
    """The same model as an early release wrote it: PyTorch's own file, in two parts, with what is tied written
    twice and a buffer."""
    folder = os.path.join(ROOT, name + "-pytorch")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copy(os.path.join(ROOT, name, "config.json"), folder)
    model = transformers.BertForPreTraining.from_pretrained(os.path.join(ROOT, name))
    state = {key: value.float() for key, value in model.state_dict().items()}
    assert "cls.predictions.decoder.weight" in state
    state["bert.embeddings.position_ids"] = torch.arange(12)[None]
    places = {}
    for part in range(2):
        file = f"pytorch_model-0000{part + 1}-of-00002.bin"
        names = list(state)[part::2]
        torch.save({key: state[key] for key in names}, os.path.join(folder, file))
        places.update({key: file for key in names})
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": places}, file, indent=1)


torch.manual_seed(1)
hugging_face(
    "bert", transformers.BertForPreTraining(transformers.BertConfig(**BERT)),
    lambda o: {"hiddenStates": last(o), "logits": o.prediction_logits,
               "nextSentence": o.seq_relationship_logits})
as_pytorch_file("bert")
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


def sinusoids(count, size):
    """sin and cos of p / 10000^(2i / size), each (count, size / 2)."""
    angles = torch.arange(count)[:, None] * 10000 ** (-torch.arange(0, size, 2) / size)
    return torch.sin(angles), torch.cos(angles)


roformer = transformers.RoFormerForMaskedLM(transformers.RoFormerConfig(**BERT, embedding_size=8)).double()
# The original makes this table in float32.
roformer.roformer.encoder.embed_positions.weight.data = torch.cat(sinusoids(12, 8), dim=1)
hugging_face(
    "roformer", roformer,
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


def double_norm(self, hidden):
    variance = hidden.square().mean(-1, keepdim=True)
    return self.weight * hidden * torch.rsqrt(variance + self.variance_epsilon)


# These families take mean squares and softmax in float32, whatever the model's type.
transformers.models.t5.modeling_t5.T5LayerNorm.forward = double_norm
transformers.models.mt5.modeling_mt5.MT5LayerNorm.forward = double_norm
torch.Tensor.float = torch.Tensor.double
T5 = dict(
    vocab_size=VOCABULARY, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=2,
    relative_attention_num_buckets=8, relative_attention_max_distance=10)
decoder = torch.randint(3, VOCABULARY, (BATCH, 5), generator=torch.Generator().manual_seed(3))
decoder[:, 0] = 0


def sequence_to_sequence(name, model, ties=True):
    if not ties:
        model.lm_head.weight = torch.nn.Parameter(0.3 * torch.randn(VOCABULARY, 16))
    hugging_face(
        name, model,
        lambda o: {"encoded": o.encoder_last_hidden_state, "decoded": o.decoder_hidden_states[-1],
                   "logits": o.logits},
        segments=False, decoder_input_ids=decoder)


sequence_to_sequence("t5", transformers.T5ForConditionalGeneration(transformers.T5Config(**T5)))
sequence_to_sequence(
    "t5v1_1",
    transformers.T5ForConditionalGeneration(
        transformers.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)), ties=False)
sequence_to_sequence("mt5",
    transformers.MT5ForConditionalGeneration(transformers.MT5Config(**T5, tie_word_embeddings=False)),
    ties=False)


# Families that `transformers` lacks, from their papers and bert4keras' description.


class Reference:
    """Weights by their names in the file, made when they are first asked for."""

    def __init__(self, bias=True):
        self.bias = bias
        self.weights = {}
        self.generator = torch.Generator().manual_seed(13)

    def __call__(self, name, *shape, around=0.0):
        if name not in self.weights:
            value = around + 0.3 * torch.randn(shape, generator=self.generator)
            self.weights[name] = value.requires_grad_()
        return self.weights[name]

    def linear(self, name, x, size):
        weight = self(name + ".weight", size, x.shape[-1])
        return F.linear(x, weight, self(name + ".bias", size) if self.bias else None)

    def norm(self, name, x, epsilon):
        size = x.shape[-1]
        weight, bias = self(name + ".weight", size, around=1.0), self(name + ".bias", size)
        return F.layer_norm(x, (size,), weight, bias, epsilon)


def rms(x, epsilon=1e-12):
    return x / (x.square().mean(-1, keepdim=True) + epsilon).sqrt()


def heads(x, count):
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def rotate(x):
    sine, cosine = sinusoids(x.shape[-2], x.shape[-1])
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], -1).flatten(-2)


def attention(reference, names, x, mask, turn=lambda x: x, relative=None):
    """`names` are those of query, key, value and output; `relative` is (L, L, d)."""
    q, k, v = [heads(reference.linear(name, x, x.shape[-1]), 2) for name in names[:3]]
    q, k = turn(q), turn(k)
    scores = q @ k.transpose(-1, -2)
    if relative is not None:
        scores = scores + torch.einsum("bhid,ijd->bhij", q, relative)
    weights = (scores / math.sqrt(q.shape[-1])).masked_fill(~mask, -torch.inf).softmax(-1)
    context = weights @ v
    if relative is not None:
        context = context + torch.einsum("bhij,ijd->bhid", weights, relative)
    return reference.linear(names[3], context.transpose(1, 2).flatten(2), x.shape[-1])


def bert_names(layer):
    return [f"{layer}.attention.self.{part}" for part in ["query", "key", "value"]] + [
        f"{layer}.attention.output.dense"]


def reference(name, config, body, bias=True, padding=0, segments=True, lm_head=False):
    model = Reference(bias)
    tokens, kinds, visible = inputs(padding, segments)
    keys = visible[:, None, None, :]
    hidden, table = body(model, tokens, kinds, keys)
    outputs = {"hiddenStates": hidden}
    if lm_head:
        outputs["logits"] = hidden @ table.T
    folder = os.path.join(ROOT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": name, **BERT, **config}, file, indent=2)
    save_file(
        {key: value.detach().contiguous() for key, value in model.weights.items()},
        os.path.join(folder, "model.safetensors"))
    golden = {"tokens": tokens, "segments": kinds, "visible": visible}
    write(folder, golden, outputs, list(model.weights.items()))


def embed(model, body, tokens, kinds):
    table = model(f"{body}.embeddings.word_embeddings.weight", VOCABULARY, 16)
    return table, table[tokens] + model(f"{body}.embeddings.token_type_embeddings.weight", 2, 16)[kinds]


def nezha(model, tokens, kinds, keys):
    table, x = embed(model, "nezha", tokens, kinds)
    x = model.norm("nezha.embeddings.LayerNorm", x, 1e-12)
    limit, size = 3, 8
    sine, cosine = sinusoids(2 * limit + 1, size)
    places = torch.arange(LENGTH)
    rows = (places[None, :] - places[:, None]).clamp(-limit, limit) + limit
    relative = torch.stack([sine, cosine], -1).flatten(-2)[rows]
    for index in range(2):
        layer = f"nezha.encoder.layer.{index}"
        x = model.norm(
            f"{layer}.attention.output.LayerNorm",
            x + attention(model, bert_names(layer), x, keys, relative=relative), 1e-12)
        inner = F.gelu(model.linear(f"{layer}.intermediate.dense", x, 24))
        x = model.norm(
            f"{layer}.output.LayerNorm", x + model.linear(f"{layer}.output.dense", inner, 16), 1e-12)
    return x, table


def roformer_v2(model, tokens, kinds, keys):
    table, x = embed(model, "roformer", tokens, kinds)
    x = rms(x)
    for index in range(2):
        layer = f"roformer.encoder.layer.{index}"
        x = rms(x + attention(model, bert_names(layer), x, keys, turn=rotate))
        inner = F.relu(model.linear(f"{layer}.intermediate.dense", x, 24))
        x = rms(x + model.linear(f"{layer}.output.dense", inner, 16))
    return x, table


def gau_alpha(model, tokens, kinds, keys):
    table, x = embed(model, "bert", tokens, kinds)
    x = rms(x)
    scale = math.log(16) / math.log(512)  # No row sees more than 16 keys.
    for index in range(2):
        layer = f"bert.encoder.layer.{index}.gau"
        u, v, z = F.silu(model.linear(f"{layer}.i_dense", x, 2 * 24 + 6)).split([24, 24, 6], -1)
        q = rotate(z * model(f"{layer}.q_scaleoffset.weight", 6, around=1.0))
        k = rotate(z * model(f"{layer}.k_scaleoffset.weight", 6, around=1.0))
        scores = q @ k.transpose(-1, -2) / math.sqrt(6) * scale
        weights = scores.masked_fill(~keys[:, 0], -torch.inf).softmax(-1)
        x = rms(x + model.linear(f"{layer}.o_dense", u * (weights @ v), 16))
    return x, table


def gpt2_ml(model, tokens, kinds, keys):
    table = model("newslm.embeddings.word_embed", VOCABULARY, 16)
    x = table[tokens] + model("newslm.embeddings.pos_embed", 12, 16)[:LENGTH]
    x = model.norm("newslm.embeddings.LayerNorm_embed_norm", x, 1e-5)
    mask = keys & torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    for index in range(2):
        layer = f"newslm.layer{index:02d}"
        names = [f"{layer}.{part}_layer" for part in ["query", "key", "value", "context_projection"]]
        x = x + attention(model, names, x, mask)
        y = model.norm(f"{layer}.LayerNorm_mlp_ln0", x, 1e-5)
        inner = F.gelu(model.linear(f"{layer}.intermediate", y, 24))
        x = x + model.linear(f"{layer}.output", inner, 16)
        x = model.norm(f"{layer}.LayerNorm_mlp_ln1", x, 1e-5)
    return x, table


reference("nezha", {"max_relative_position": 3}, nezha)
reference("roformer_v2", {"hidden_act": "relu"}, roformer_v2, bias=False)
reference("gau_alpha", {"hidden_act": "silu", "attention_key_size": 6}, gau_alpha, bias=False)
reference("gpt2_ml", {"layer_norm_eps": 1e-5, "type_vocab_size": 0}, gpt2_ml, segments=False, lm_head=True)
