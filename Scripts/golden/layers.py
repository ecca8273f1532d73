#!/usr/bin/env python3
"""Makes Tests/LayersTests/Golden/layers.safetensors: outputs and gradients of layers, losses and smooth
functions by PyTorch in float64.

Needs: torch 2.13, safetensors 0.8, numpy (`pip install torch safetensors numpy`).
Run from anywhere; the output does not change from run to run.

A case NAME holds `NAME/input.K`, `NAME/parameter.P` (P is the parameter's name in Danlu), `NAME/output.K`,
`NAME/weight.K` (the weights of the outputs in the sum that is differentiated), and the gradients
`NAME/gradient.input.K`, `NAME/gradient.parameter.P`; `NAME/after.S` are states after the pass.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "LayersTests", "Golden")
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(20190930)
tensors = {}


def normal(*shape):
    return torch.randn(shape, generator=generator)


def uniform(*shape):
    return torch.rand(shape, generator=generator)


def integers(high, *shape):
    return torch.randint(0, high, shape, generator=generator)


def case(name, function, inputs, parameters=None, after=None):
    """Records `function(*inputs, parameters)`, one tensor or several, and its gradients."""
    parameters = {key: value.detach().clone() for key, value in (parameters or {}).items()}
    inputs = [value.detach().clone() for value in inputs]
    for value in [*inputs, *parameters.values()]:
        if value.dtype.is_floating_point:
            value.requires_grad_()
    for index, value in enumerate(inputs):
        tensors[f"{name}/input.{index}"] = value.detach().clone()
    for key, value in parameters.items():
        tensors[f"{name}/parameter.{key}"] = value.detach().clone()
    outputs = function(*inputs, parameters)
    outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    total = 0
    for index, output in enumerate(outputs):
        weight = normal(*output.shape)
        tensors[f"{name}/output.{index}"] = output.detach().clone()
        tensors[f"{name}/weight.{index}"] = weight
        total = total + (output * weight).sum()
    total.backward()
    for index, value in enumerate(inputs):
        if value.grad is not None:
            tensors[f"{name}/gradient.input.{index}"] = value.grad
    for key, value in parameters.items():
        if value.grad is not None:
            tensors[f"{name}/gradient.parameter.{key}"] = value.grad
    for key, value in (after() if after else {}).items():
        tensors[f"{name}/after.{key}"] = value.detach().clone()


def convolutions():
    case("conv1d", lambda x, p: F.conv1d(x, p["weight"], p["bias"], stride=2, padding=3, dilation=2, groups=2),
         [normal(2, 4, 11)], {"weight": normal(6, 2, 3), "bias": normal(6)})
    case("conv2d", lambda x, p: F.conv2d(x, p["weight"], p["bias"], stride=2, padding=1, dilation=1, groups=1),
         [normal(2, 3, 7, 8)], {"weight": normal(4, 3, 3, 3), "bias": normal(4)})
    # Keras' "same": 5-wide, stride 2, even length: 1 before, 2 after.
    case("conv2d-same-k5s2", lambda x, p: F.conv2d(F.pad(x, (1, 2, 1, 2)), p["weight"], p["bias"], stride=2),
         [normal(2, 3, 8, 6)], {"weight": normal(4, 3, 5, 5), "bias": normal(4)})
    case("conv2d-same-k4s1", lambda x, p: F.conv2d(F.pad(x, (1, 2, 1, 2)), p["weight"], p["bias"]),
         [normal(1, 2, 5, 6)], {"weight": normal(3, 2, 4, 4), "bias": normal(3)})
    case("conv2d-rectangular",
         lambda x, p: F.conv2d(F.pad(x, (0, 2, 1, 0)), p["weight"], p["bias"], stride=(1, 2), dilation=(2, 1)),
         [normal(1, 2, 6, 7)], {"weight": normal(3, 2, 2, 3), "bias": normal(3)})
    case("convTranspose1d",
         lambda x, p: F.conv_transpose1d(x, p["weight"], p["bias"], stride=3, padding=1, output_padding=2, groups=2),
         [normal(2, 4, 5)], {"weight": normal(4, 3, 4), "bias": normal(6)})
    case("convTranspose2d",
         lambda x, p: F.conv_transpose2d(x, p["weight"], p["bias"], stride=2, padding=1, output_padding=1),
         [normal(2, 3, 4, 5)], {"weight": normal(3, 4, 3, 3), "bias": normal(4)})

    def same(x, p):
        full = F.conv_transpose2d(x, p["weight"], p["bias"], stride=2)
        return full[:, :, 1:1 + 2 * x.shape[2], 1:1 + 2 * x.shape[3]]

    case("convTranspose2d-same-k5s2", same, [normal(2, 3, 4, 5)], {"weight": normal(3, 4, 5, 5), "bias": normal(4)})
    case("convTranspose2d-same-k2s3",
         lambda x, p: F.conv_transpose2d(x, p["weight"], p["bias"], stride=3, output_padding=1),
         [normal(1, 2, 3, 3)], {"weight": normal(2, 2, 2, 2), "bias": normal(2)})


def normalizations():
    x = normal(4, 3, 5) * 2 + 1
    affine = {"weight": normal(3), "bias": normal(3)}
    mean, variance = normal(3), uniform(3) + .5
    running = {"mean": mean.clone(), "variance": variance.clone()}
    states = {"runningMean": mean, "runningVariance": variance}

    def train(x, p):
        return F.batch_norm(x, running["mean"], running["variance"], p["weight"], p["bias"], True, .01, 1e-3)

    case("batchNorm-training", train, [x], affine,
         lambda: {"runningMean": running["mean"], "runningVariance": running["variance"]})
    case("batchNorm-inference",
         lambda x, p: F.batch_norm(x, mean, variance, p["weight"], p["bias"], False, .01, 1e-3), [x], affine)
    for name in ["batchNorm-training", "batchNorm-inference"]:
        for key, value in states.items():
            tensors[f"{name}/parameter.{key}"] = value.clone()
    case("layerNorm", lambda x, p: F.layer_norm(x, (3, 5), p["weight"], p["bias"], 1e-12),
         [x], {"weight": normal(3, 5), "bias": normal(3, 5)})
    case("rmsNorm", lambda x, p: F.rms_norm(x, (5,), p["weight"], 1e-6), [x], {"weight": normal(5)})
    wide = normal(2, 6, 3, 4)
    six = {"weight": normal(6), "bias": normal(6)}
    case("groupNorm", lambda x, p: F.group_norm(x, 3, p["weight"], p["bias"], 1e-5), [wide], six)
    case("instanceNorm", lambda x, p: F.instance_norm(x, weight=p["weight"], bias=p["bias"], eps=1e-5), [wide], six)


def spectral_norm():
    from torch.nn.utils.parametrizations import spectral_norm as wrap

    for name, layer, shape in [("dense", torch.nn.Linear(5, 4), (3, 5)),
                               ("conv2d", torch.nn.Conv2d(2, 3, 3), (2, 2, 5, 5)),
                               ("convTranspose2d", torch.nn.ConvTranspose2d(2, 3, 3), (2, 2, 4, 4))]:
        weight, bias = normal(*layer.weight.shape), normal(*layer.bias.shape)
        layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
        torch.manual_seed(7)
        wrap(layer, n_power_iterations=1)
        norm = layer.parametrizations.weight[0]
        start = {"u": norm._u.clone(), "v": norm._v.clone()}
        held = {}

        def run(x, p, layer=layer, norm=norm, held=held):
            layer.parametrizations.weight.original = torch.nn.Parameter(p["layer.weight"].detach())
            layer.bias.data = p["layer.bias"].detach()
            held["original"] = layer.parametrizations.weight.original
            held["bias"] = layer.bias
            return layer(x)

        case(f"spectralNorm-{name}", run, [normal(*shape)], {"layer.weight": weight, "layer.bias": bias},
             lambda norm=norm: {"u": norm._u, "v": norm._v})
        tensors[f"spectralNorm-{name}/gradient.parameter.layer.weight"] = held["original"].grad
        tensors[f"spectralNorm-{name}/gradient.parameter.layer.bias"] = held["bias"].grad
        for key, value in start.items():
            tensors[f"spectralNorm-{name}/parameter.{key}"] = value

    def restarted(x, p):
        # Keras' layout: W as (rest, out), u a row of ones over the rest.
        w = p["layer.weight"]
        matrix = w.reshape(w.shape[0], -1).t()
        u = torch.ones(1, matrix.shape[0])
        for _ in range(5):
            v = F.normalize(u @ matrix)
            u = F.normalize(v @ matrix.t())
        sigma = (u @ matrix @ v.t()).sum()
        return F.conv2d(x, w / sigma, p["layer.bias"])

    case("spectralNorm-restarted", restarted, [normal(2, 2, 5, 5)],
         {"layer.weight": normal(3, 2, 3, 3), "layer.bias": normal(3)})


def lookups():
    positions = integers(7, 4, 5)
    table = {"weight": normal(7, 3)}
    case("embedding", lambda i, p: F.embedding(i, p["weight"]), [positions], table)

    def tied(i, p):
        return F.linear(torch.tanh(F.embedding(i, p["embedding.weight"])), p["embedding.weight"], p["bias"])

    case("tiedProjection", tied, [positions], {"embedding.weight": normal(7, 3), "bias": normal(7)})


def recurrent():
    def parameters(gates, layers, directions, width, hidden):
        result = {}
        for layer in range(layers):
            inputs = width if layer == 0 else hidden * directions
            for direction in ["forwards", "backwards"][:directions]:
                prefix = f"layers.{layer}.{direction}."
                result[prefix + "inputWeight"] = normal(gates * hidden, inputs) * .5
                result[prefix + "hiddenWeight"] = normal(gates * hidden, hidden) * .5
                result[prefix + "inputBias"] = normal(gates * hidden) * .5
                result[prefix + "hiddenBias"] = normal(gates * hidden) * .5
        return result

    def run(kind, layers, directions, lengths=None):
        def body(x, *rest):
            *states, p = rest
            module = kind(x.shape[2], 3, layers, batch_first=True, bidirectional=directions == 2)
            flat = list(p.values())
            names = [name for name, _ in module.named_parameters()]
            values = dict(zip(names, flat))
            state = tuple(states) if kind is torch.nn.LSTM else states[0]
            data = x
            if lengths is not None:
                data = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            output, state = torch.func.functional_call(module, values, (data, state))
            if lengths is not None:
                output, _ = torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
            return [output, *(state if kind is torch.nn.LSTM else [state])]

        return body

    for name, kind, gates in [("lstm", torch.nn.LSTM, 4), ("gru", torch.nn.GRU, 3)]:
        states = 2 if gates == 4 else 1
        case(name, run(kind, 1, 1), [normal(2, 5, 4)] + [normal(1, 2, 3) for _ in range(states)],
             parameters(gates, 1, 1, 4, 3))
        case(f"{name}-deep", run(kind, 2, 2), [normal(2, 5, 4)] + [normal(4, 2, 3) for _ in range(states)],
             parameters(gates, 2, 2, 4, 3))
        lengths = torch.tensor([2, 5, 1, 4])
        case(f"{name}-lengths", run(kind, 1, 2, lengths), [normal(4, 5, 4)] + [normal(2, 4, 3) for _ in range(states)],
             parameters(gates, 1, 2, 4, 3))
        tensors[f"{name}-lengths/lengths"] = lengths


def attention():
    size, heads = 6, 2
    names = ["query", "key", "value", "output"]
    parameters = {}
    for name in names:
        parameters[f"{name}.weight"] = normal(size, size)
        parameters[f"{name}.bias"] = normal(size)
    mask = uniform(2, 1, 4, 5) > .4
    mask[..., 0] = True

    def run(q, k, p):
        module = torch.nn.MultiheadAttention(size, heads, batch_first=True)
        values = {
            "in_proj_weight": torch.cat([p[f"{n}.weight"] for n in names[:3]]),
            "in_proj_bias": torch.cat([p[f"{n}.bias"] for n in names[:3]]),
            "out_proj.weight": p["output.weight"],
            "out_proj.bias": p["output.bias"],
        }
        # PyTorch's module has true = may not attend.
        blocked = ~mask.expand(2, heads, 4, 5).reshape(2 * heads, 4, 5)
        return torch.func.functional_call(module, values, (q, k, k), {"attn_mask": blocked})[0]

    case("multiHeadAttention", run, [normal(2, 4, size), normal(2, 5, size)], parameters)
    tensors["multiHeadAttention/mask"] = mask


def simple_layers():
    case("dense", lambda x, p: F.linear(x, p["weight"], p["bias"]), [normal(2, 3, 4)],
         {"weight": normal(5, 4), "bias": normal(5)})
    case("prelu", lambda x, p: F.prelu(x, p["weight"]), [normal(2, 3, 4)], {"weight": normal(3)})
    for name, function in {
        "relu": F.relu, "relu6": F.relu6, "leakyReLU": lambda x: F.leaky_relu(x, .3), "elu": F.elu, "gelu": F.gelu,
        "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "mish": F.mish, "tanh": torch.tanh,
        "sigmoid": torch.sigmoid, "softplus": F.softplus, "softmax": lambda x: F.softmax(x, 1),
        "logSoftmax": lambda x: F.log_softmax(x, -1),
    }.items():
        case(f"activation-{name}", lambda x, p, f=function: f(x), [normal(3, 5) * 3])
    line, image = normal(2, 3, 9), normal(2, 3, 6, 8)
    case("maxPool1d", lambda x, p: F.max_pool1d(x, 3, 2, 1), [line])
    case("averagePool1d", lambda x, p: F.avg_pool1d(x, 3, 2, 1), [line])
    case("maxPool2d", lambda x, p: F.max_pool2d(x, 3, 2, 1), [image])
    case("averagePool2d", lambda x, p: F.avg_pool2d(x, 2), [image])
    case("globalAveragePool", lambda x, p: F.adaptive_avg_pool2d(x, 1).flatten(1), [image])
    case("globalMaxPool", lambda x, p: F.adaptive_max_pool2d(x, 1).flatten(1), [image])
    case("upsample-nearest", lambda x, p: F.interpolate(x, scale_factor=2, mode="nearest"), [image])
    case("upsample-bilinear", lambda x, p: F.interpolate(x, scale_factor=2, mode="bilinear"), [image])


def losses():
    scores, classes = normal(4, 5) * 2, integers(5, 4)
    binary = (uniform(4, 5) > .5).to(torch.float64)
    other = normal(4, 5)

    def loss(name, function, inputs):
        case(f"loss-{name}", lambda *a: function(*a[:-1]), inputs)

    loss("crossEntropy", lambda x, t: F.cross_entropy(x, t, reduction="none", label_smoothing=.1), [scores, classes])
    loss("binaryCrossEntropy", lambda x: F.binary_cross_entropy_with_logits(x, binary, reduction="none"), [scores])
    loss("squaredError", lambda x, y: F.mse_loss(x, y), [scores, other])
    loss("absoluteError", lambda x, y: F.l1_loss(x, y, reduction="sum"), [scores, other])
    loss("huber", lambda x, y: F.huber_loss(x, y, reduction="none", delta=.7), [scores, other])
    signs = 2 * binary - 1
    loss("hinge", lambda x: F.hinge_embedding_loss(signs * x, -torch.ones(4, 5), reduction="none"), [scores])
    loss("multiclassHinge", lambda x, t: F.multi_margin_loss(x, t, reduction="none"), [scores, classes])

    def focal(x, t):
        p = F.softmax(x, 1)[torch.arange(4), t]
        return -((1 - p) ** 2) * p.log()

    loss("focal", focal, [scores, classes])

    def binary_focal(x):
        p = torch.sigmoid(x)
        positive = -.25 * (1 - p) ** 2 * p.log() * binary
        return positive - .75 * p ** 2 * (1 - p).log() * (1 - binary)

    loss("binaryFocal", binary_focal, [scores])
    target = F.softmax(other, 1)
    target[0, 0] = 0
    loss("klDivergence", lambda x: F.kl_div(x, target, reduction="none").sum(1), [F.log_softmax(scores, 1)])

    def gaussian(mean, log_variance):
        p = torch.distributions.Normal(mean, (log_variance / 2).exp())
        return torch.distributions.kl_divergence(p, torch.distributions.Normal(0., 1.)).sum(1)

    loss("gaussianKLDivergence", gaussian, [scores, other])
    labels = torch.tensor([1, -1, -1, 1])
    loss("cosineEmbedding", lambda x, y, t: F.cosine_embedding_loss(x, y, t, margin=-.2, reduction="none"),
         [scores, other, labels])
    loss("triplet", lambda a, p, n: F.triplet_margin_loss(a, p, n, eps=0, reduction="none"),
         [scores, other, normal(4, 5)])
    loss("multilabelCrossEntropy",
         lambda x: torch.log1p((x.exp() * (1 - binary)).sum(1)) + torch.log1p(((-x).exp() * binary).sum(1)), [scores])
    case("centerLoss", lambda f, y, p: .5 * (f - p["centers"][y]).square().sum(1), [normal(4, 3), integers(5, 4)],
         {"centers": normal(5, 3)})
    tensors["loss/binary"], tensors["loss/distribution"] = binary, target


def smooth():
    x = normal(3, 5) * 2
    probabilities, labels = uniform(4, 3), (uniform(4, 3) > .5).to(torch.float64)

    def f1(p, t, axis):
        return (2 * (p * t).sum(axis) / (p + t).sum(axis)).mean()

    def top(x, k, sharpness):
        x = (x - x.min(1, keepdim=True).values) * sharpness
        p = torch.zeros_like(x)
        for _ in range(k):
            p = p + F.softmax((1 - p) * x, 1)
        return p

    case("smooth-max", lambda x, p: torch.logsumexp(3 * x, 1) / 3, [x])
    case("smooth-min", lambda x, p: -torch.logsumexp(-3 * x, 1) / 3, [x])
    case("smooth-oneHot", lambda x, p: F.softmax(3 * x, 1), [x])
    case("smooth-argmax", lambda x, p: (F.softmax(3 * x, 1) * torch.arange(1., 6.)).sum(1), [x])
    case("smooth-topK", lambda x, p: top(x, 2, 3.), [x])
    case("smooth-accuracy", lambda p, y, _: p[torch.arange(4), y].mean(), [probabilities, integers(3, 4)])
    case("smooth-f1-micro", lambda p, _: f1(p.flatten(), labels.flatten(), 0), [probabilities])
    case("smooth-f1-macro", lambda p, _: f1(p, labels, 0), [probabilities])
    tensors["smooth/labels"] = labels


for make in [simple_layers, convolutions, normalizations, spectral_norm, lookups, recurrent, attention, losses, smooth]:
    make()
os.makedirs(ROOT, exist_ok=True)
save_file({name: value.contiguous() for name, value in tensors.items()}, os.path.join(ROOT, "layers.safetensors"))
print(len(tensors), "tensors")
