"""Makes Tests/TorchTests/Golden/operations.json: results and gradients of tensor operations.

Run with torch==2.13.0:  python Scripts/golden/torch_operations.py
Every case has inputs, the outputs, and for its float inputs the gradients of the sum over all float
outputs of output[i] * cos(i), i counting through all of them. The Swift test has a function per name.
"""
import json, pathlib, torch
import torch.nn.functional as F

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)


def r(*shape):
    return (torch.randn(*shape) * 1000).round() / 1000


def pos(*shape):
    return (torch.rand(*shape) * 1000).round() / 1000 + 0.1


def unit(*shape):
    return (torch.rand(*shape) * 900).round() / 1000 + 0.05


def well(n):
    """A well-conditioned symmetric positive definite matrix."""
    a = r(n, n)
    return ((a @ a.T + n * torch.eye(n)) * 1000).round() / 1000


def ints(low, high, *shape):
    return torch.randint(low, high, shape)


def bools(*shape):
    return torch.rand(*shape) < 0.5


CASES = {}


def case(name, function, *inputs, gradient=True):
    assert name not in CASES, name
    CASES[name] = (function, inputs, gradient)


x, y = r(2, 3), r(2, 3)
# Arithmetic
case("add", lambda a, b: a + b, x, r(3))
case("add number", lambda a: a + 2.5, x)
case("add integer", lambda a: 3 + a, ints(0, 9, 4))
case("subtract", lambda a, b: a - b, x, y)
case("subtract number", lambda a: a - 1.5, x)
case("number minus", lambda a: 1.5 - a, x)
case("integer minus", lambda a: 2 - a, x)
case("multiply", lambda a, b: a * b, x, r(2, 1))
case("multiply number", lambda a: a * -0.5, x)
case("divide", lambda a, b: a / b, x, pos(3))
case("divide number", lambda a: a / 7, x)
case("divide integers", lambda a: a.float() / 7, ints(-9, 9, 5))
case("number over", lambda a: 3.0 / a, pos(4))
case("negative", lambda a: -a, x)
case("pow number", lambda a: a.pow(2.5), pos(4))
case("pow integer", lambda a: a.pow(3), x)
case("pow", lambda a, b: a.pow(b), pos(2, 3), r(3))
case("remainder", lambda a: a.remainder(3), ints(-9, 9, 6))
case("floorDivide", lambda a: torch.div(a, 3, rounding_mode="floor"), ints(-9, 9, 6))
for name in ["square", "exp", "expm1", "sin", "cos", "tan", "atan", "erf", "abs", "sign", "floor",
             "ceil", "round", "sigmoid", "tanh", "relu", "reciprocal"]:
    case(name, lambda a, name=name: getattr(a, name)(), r(5))
for name in ["sqrt", "rsqrt", "log", "log2", "log10", "log1p"]:
    case(name, lambda a, name=name: getattr(a, name)(), pos(5))
case("erfInverse", lambda a: a.erfinv(), unit(4))
case("clamp", lambda a: a.clamp(-0.5, 0.5), r(6))
case("clamp minimum", lambda a: a.clamp(min=0.1), r(6))
case("clamp maximum", lambda a: a.clamp(max=0.1), r(6))
case("maximum", lambda a, b: torch.maximum(a, b), x, r(3))
case("minimum", lambda a, b: torch.minimum(a, b), x, r(3))
case("lerp", lambda a, b: a.lerp(b, 0.3), x, y)
# Reductions
z = r(2, 3, 2)
case("sum", lambda a: a.sum(), z)
case("sum axes", lambda a: a.sum((0, 2)), z)
case("sum keep", lambda a: a.sum(1, keepdim=True), z)
case("mean", lambda a: a.mean(), z)
case("mean axes", lambda a: a.mean((-1,)), z)
case("variance", lambda a: a.var(), z)
case("variance axes", lambda a: a.var((0, 1), correction=0, keepdim=True), z)
case("standardDeviation", lambda a: a.std((1,)), z)
case("logSumExp", lambda a: a.logsumexp((0, 1, 2)), z)
case("logSumExp axis", lambda a: a.logsumexp((1,), keepdim=True), z)
case("max", lambda a: a.amax(), z)
case("max axes", lambda a: a.amax((0, 2)), z)
case("min", lambda a: a.amin(), z)
case("min axes", lambda a: a.amin((1,), keepdim=True), z)
case("argmax", lambda a: a.argmax(), z)
case("argmax axis", lambda a: a.argmax(1), z)
case("argmin", lambda a: a.argmin(), z)
case("argmin axis", lambda a: a.argmin(-1, keepdim=True), z)
case("product", lambda a: a.prod(), r(5))
case("product axis", lambda a: a.prod(1), z)
case("cumulativeSum", lambda a: a.cumsum(1), z)
case("all", lambda a: a.all(), bools(4))
case("any", lambda a: a.any(), bools(4))
case("any axis", lambda a: a.any(1), bools(2, 3))
case("norm", lambda a: torch.linalg.vector_norm(a), z)
case("norm axes", lambda a: torch.linalg.vector_norm(a, 1, (1,), keepdim=True), z)
# Comparison
p, q = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 2.0])
for name in ["eq", "ne", "lt", "le", "gt", "ge"]:
    case(name, lambda a, b, name=name: getattr(a, name)(b), p, q)
    case(name + " number", lambda a, name=name: getattr(a, name)(2.0), p)
case("logicalNot", lambda a: a.logical_not(), bools(4))
case("logicalAnd", lambda a, b: a.logical_and(b), bools(6), bools(6))
case("logicalOr", lambda a, b: a.logical_or(b), bools(6), bools(6))
case("replacing", lambda a, b, m: torch.where(m, b, a), x, y, bools(2, 3))
case("maskedFill", lambda a, m: a.masked_fill(m, 7.0), x, bools(2, 3))
case("isNaN", lambda a: (a.log() * 0).isnan(), r(5), gradient=False)
case("isFinite", lambda a: (1 / a).isfinite(), torch.tensor([0.0, 1.0, 2.0]), gradient=False)
# Indexing
i = r(3, 4, 2)
case("index position", lambda a: a[1], i)
case("index negative", lambda a: a[:, -1], i)
case("index range", lambda a: a[1:3, :2], i)
case("index closed range", lambda a: a[:, 1:3], i)
case("index from", lambda a: a[..., 1:], i)
case("index through", lambda a: a[:, :3], i)
case("index negative range", lambda a: a[:, -3:-1], i)
case("index to the last", lambda a: a[:, -2:], i)
case("index step", lambda a: a[:, ::2], i)
case("index new axis", lambda a: a[:, None, 0], i)
case("index tensor", lambda a, k: a[k], i, torch.tensor([2, 0, 2]))
case("index two tensors", lambda a, k, l: a[k, l], i, torch.tensor([2, 0]), torch.tensor([1, 3]))
case("index middle tensor", lambda a, k: a[1:, k, 0], i, torch.tensor([1, 3]))
case("index mask", lambda a, m: a[m], i, bools(3, 4))
case("gatherRows", lambda a, k: a.index_select(1, k), i, torch.tensor([3, 3, 0]))
case("gather", lambda a, k: a.gather(1, k), x, ints(0, 3, 2, 2))
case("scatterAdd", lambda a, k, s: a.scatter_add(1, k, s), x, ints(0, 3, 2, 2), r(2, 2))
case("indexAdd", lambda a, k, s: a.index_add(0, k, s), r(3, 2), torch.tensor([2, 2]), r(2, 2))
case("narrowed", lambda a: a.narrow(1, 1, 2), i)
case("masked", lambda a, m: a.masked_select(m), x, torch.tensor([[True, False, True], [False, True, True]]))
case("nonzero", lambda a: a.nonzero(), ints(0, 2, 2, 3))
case("oneHot", lambda a: F.one_hot(a, 4), ints(0, 4, 5))
# Shapes
case("reshaped", lambda a: a.reshape(3, -1), z)
case("flattened", lambda a: a.flatten(1), z)
case("unflattened", lambda a: a.unflatten(1, (3, 1)), z)
case("transposed", lambda a: a.transpose(-2, -1), z)
case("transposed axes", lambda a: a.transpose(0, 2), z)
case("permuted", lambda a: a.permute(2, 0, 1), z)
case("expandingAxis", lambda a: a.unsqueeze(1), x)
case("squeezed", lambda a: a.squeeze(), r(2, 1, 3, 1))
case("squeezed axis", lambda a: a.squeeze(1), r(2, 1, 3, 1))
case("broadcast", lambda a: a.expand(4, -1, 3), r(2, 1))
case("tiled", lambda a: a.tile((2, 3)), x)
case("repeatedElements", lambda a: a.repeat_interleave(2, 1), x)
case("flipped", lambda a: a.flip(0, 2), z)
case("rolled", lambda a: a.roll((2,), (1,)), z)
case("padded", lambda a: F.pad(a, (1, 2, 0, 1), value=0.5), x)
case("reflectionPadded", lambda a: F.pad(a, (1, 2), mode="reflect"), r(1, 2, 4))
case("concatenate", lambda a, b: torch.cat([a, b], 1), x, r(2, 1))
case("stack", lambda a, b: torch.stack([a, b], 1), x, y)
case("split", lambda a: a.split(2, 1), x)
case("split sizes", lambda a: a.split([2, 1], 1), x)
case("chunked", lambda a: a.chunk(2, 1), r(2, 5))
case("unbound", lambda a: a.unbind(1), x)
case("contiguous", lambda a: a.t().contiguous(), x)
case("clone", lambda a: a.clone(), x)
case("to", lambda a: a.to(torch.float32), x)
case("channelsLast", lambda a: a.contiguous(memory_format=torch.channels_last), r(1, 2, 2, 3))
case("lowerTriangle", lambda a: a.tril(-1), r(3, 3))
case("upperTriangle", lambda a: a.triu(1), r(3, 3))
case("diagonal", lambda a: a.diagonal(0, -2, -1), r(2, 3, 3))
case("diagonalMatrix", lambda a: a.diag_embed(), x)
# Linear algebra
case("matmul", lambda a, b: a @ b, r(2, 2, 3), r(3, 2))
case("linear", lambda a, w, b: F.linear(a, w, b), r(2, 3), r(4, 3), r(4))
case("linear without bias", lambda a, w: F.linear(a, w), r(2, 3), r(4, 3))
case("einsum", lambda a, b: torch.einsum("bij,bkj->bik", a, b), r(2, 2, 3), r(2, 4, 3))
case("qr", lambda a: torch.linalg.qr(a), r(3, 2))
case("singular values", lambda a: torch.linalg.svd(a, full_matrices=False)[1], r(3, 2))
case("svd product", lambda a: (lambda u, s, v: (u * s) @ v)(*torch.linalg.svd(a, full_matrices=False)), r(3, 2))
case("cholesky", lambda a: torch.linalg.cholesky(a), well(3))
case("slogdet", lambda a: tuple(torch.linalg.slogdet(a)), well(3))
case("determinant", lambda a: torch.linalg.det(a), r(3, 3))
case("matrixExponential", lambda a: torch.linalg.matrix_exp(a), r(3, 3))
case("inverse", lambda a: torch.linalg.inv(a), well(3))
case("solve", lambda a, b: torch.linalg.solve(a, b), well(3), r(3, 2))
case("symmetric eigenvalues", lambda a: torch.linalg.eigh(a)[0], well(3))
case("symmetric eigen product", lambda a: (lambda l, v: (v * l.sqrt()) @ v.T)(*torch.linalg.eigh(a)), well(3))
case("trace", lambda a: a.trace(), r(3, 3))
case("dot", lambda a, b: a.dot(b), r(4), r(4))
case("outer", lambda a, b: a.outer(b), r(2), r(3))
case("pairwiseDistances", lambda a, b: torch.cdist(a, b), r(3, 2), r(2, 2))
# Convolutions and pooling
case("conv1d", lambda a, w, b: F.conv1d(a, w, b, 2, 1, 2, 2), r(1, 4, 7), r(2, 2, 2), r(2))
case("conv2d", lambda a, w, b: F.conv2d(a, w, b, (2, 1), (1, 0), (1, 2), 1), r(1, 2, 4, 5), r(2, 2, 2, 2), r(2))
case("convolution", lambda a, w: torch.convolution(a, w, None, [1], [1], [1], False, [0], 1), r(1, 2, 4), r(2, 2, 3))
case("convTranspose1d", lambda a, w, b: F.conv_transpose1d(a, w, b, 2, 1, 1, 1, 1), r(1, 2, 3), r(2, 2, 3), r(2))
case("convTranspose2d", lambda a, w: F.conv_transpose2d(a, w, None, 2, 1, 1), r(1, 2, 2, 2), r(2, 1, 3, 3))
case("maxPool1d", lambda a: F.max_pool1d(a, 3, 2, 1), r(1, 2, 6))
case("maxPool2d", lambda a: F.max_pool2d(a, (2, 2)), r(1, 1, 4, 4))
case("averagePool1d", lambda a: F.avg_pool1d(a, 2, 2, 1), r(1, 2, 6))
case("averagePool2d", lambda a: F.avg_pool2d(a, (2, 2), (1, 2)), r(1, 1, 3, 4))
case("adaptiveAveragePool2d", lambda a: F.adaptive_avg_pool2d(a, (2, 2)), r(1, 1, 3, 4))
case("upsampledNearest2d", lambda a: F.interpolate(a, (3, 4)), r(1, 1, 2, 2))
case("upsampledBilinear2d", lambda a: F.interpolate(a, (3, 4), mode="bilinear", align_corners=False), r(1, 1, 2, 2))
case("upsampledBilinear2d corners", lambda a: F.interpolate(a, (3, 4), mode="bilinear", align_corners=True), r(1, 1, 2, 2))
# Activations
case("softmax", lambda a: a.softmax(-1), x)
case("softmax axis", lambda a: a.softmax(0), x)
case("logSoftmax", lambda a: a.log_softmax(-1), x)
case("logSigmoid", lambda a: F.logsigmoid(a), r(4))
case("softplus", lambda a: F.softplus(a), r(4))
case("leakyReLU", lambda a: F.leaky_relu(a, 0.2), r(5))
case("elu", lambda a: F.elu(a, 0.7), r(5))
case("gelu", lambda a: F.gelu(a), r(4))
case("gelu approximate", lambda a: F.gelu(a, approximate="tanh"), r(4))
case("silu", lambda a: F.silu(a), r(4))
case("mish", lambda a: F.mish(a), r(4))
case("relu6", lambda a: F.relu6(a * 5), r(5))
case("prelu", lambda a, w: F.prelu(a, w), r(2, 3), pos(3))
# Losses
logits, classes = r(3, 4), ints(0, 4, 3)
case("crossEntropy", lambda a, t: F.cross_entropy(a, t), logits, classes)
case("crossEntropy smoothing", lambda a, t, w: F.cross_entropy(a, t, w.double(), reduction="sum", label_smoothing=0.1), logits, classes, pos(4).float())
case("crossEntropy ignore", lambda a, t: F.cross_entropy(a, t, reduction="none", ignore_index=2), logits, torch.tensor([0, 2, 3]))
case("crossEntropy probabilities", lambda a, t: F.cross_entropy(a, t), logits, r(3, 4).softmax(-1))
case("binaryCrossEntropyWithLogits", lambda a, t, w: F.binary_cross_entropy_with_logits(a, t, pos_weight=w.double()), x, unit(2, 3), pos(3).float())
case("squaredError", lambda a, b: F.mse_loss(a, b), x, y)
case("squaredError none", lambda a, b: F.mse_loss(a, b, reduction="none"), x, y)
case("absoluteError", lambda a, b: F.l1_loss(a, b, reduction="sum"), x, y)
case("huberLoss", lambda a, b: F.huber_loss(a, b, delta=0.5), x, y)
# Normalizations
case("layerNorm", lambda a, w, b: F.layer_norm(a, [3], w, b), r(2, 3), r(3), r(3))
case("layerNorm plain", lambda a: F.layer_norm(a, [2, 3], eps=1e-3), r(2, 2, 3))
case("groupNorm", lambda a, w, b: F.group_norm(a, 2, w, b), r(2, 4, 2), r(4), r(4))
case("batchNorm inference", lambda a, w, b, m, v: F.batch_norm(a, m.double(), v.double(), w, b, False, 0.1, 1e-5), r(3, 2), r(2), r(2), r(2).float(), pos(2).float())
case("batchNorm training", lambda a, w, b: F.batch_norm(a, None, None, w, b, True, 0.1, 1e-5), r(4, 2), r(2), r(2))
case("normalized", lambda a: F.normalize(a, dim=-1), x)
# Attention and embedding
case("attention", lambda q, k, v: F.scaled_dot_product_attention(q, k, v), r(1, 2, 2, 3), r(1, 2, 3, 3), r(1, 2, 3, 3))
case("attention masked", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m, scale=0.5), r(1, 1, 2, 3), r(1, 1, 3, 3), r(1, 1, 3, 3), torch.tensor([[True, False, True], [True, True, False]]))
case("attention causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), r(1, 1, 3, 2), r(1, 1, 3, 2), r(1, 1, 3, 2))
case("embedding", lambda t, k: F.embedding(k, t, padding_idx=1), r(4, 3), torch.tensor([[0, 1], [3, 3]]))
# Sorting
case("sorted", lambda a: torch.sort(a, dim=-1, stable=True), x)
case("sorted descending", lambda a: torch.sort(a, dim=0, descending=True, stable=True), x)
case("argsort", lambda a: a.argsort(dim=-1, stable=True), x)
case("topK", lambda a: a.topk(2, -1), x)
case("topK smallest", lambda a: a.topk(1, 0, largest=False), x)
case("unique", lambda a: a.unique(), ints(0, 4, 6))
case("bincount", lambda a: a.bincount(minlength=6), ints(0, 4, 6))
case("searchSorted", lambda a, b: torch.searchsorted(a, b), torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 2.0, 9.0]), gradient=False)
case("searchSorted right", lambda a, b: torch.searchsorted(a, b, right=True), torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.5, 2.0, 9.0]), gradient=False)
# Recurrent


def recurrent(gates, hidden, states):
    return [r(1, 2, 3)] + [r(2, 1, hidden) for _ in range(states)] + [
        w for _ in range(2) for w in (r(gates * hidden, 3), r(gates * hidden, hidden), r(gates * hidden), r(gates * hidden))]


case("lstm", lambda a, h, c, *w: torch.lstm(a, [h, c], list(w), True, 1, 0.0, False, True, True), *recurrent(4, 2, states=2))
case("gru", lambda a, h, *w: torch.gru(a, h, list(w), True, 1, 0.0, False, True, True), *recurrent(3, 2, states=1))
# Creation
case("range", lambda: torch.arange(1.0, 3.0, 0.5))
case("range count", lambda: torch.arange(5))
case("linspace", lambda: torch.linspace(-1, 1, 5))
case("identity", lambda: torch.eye(3))
case("full", lambda: torch.full((2, 2), 1.5))


def entry(tensor):
    tensor = tensor.detach()
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."),
            "values": [float(v) for v in tensor.reshape(-1).double()]}


golden = {}
for name, (function, inputs, wants_gradient) in CASES.items():
    inputs = [t.clone().requires_grad_(t.dtype == torch.float64) for t in inputs]
    outputs = function(*inputs)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    found = {"inputs": [entry(t) for t in inputs], "outputs": [entry(t) for t in outputs]}
    differentiable = [o for o in outputs if o.requires_grad]
    if differentiable and wants_gradient:
        count, total = 0, 0.0
        for output in differentiable:
            weights = torch.cos(torch.arange(count, count + output.numel(), dtype=torch.float64))
            total = total + (output.double().reshape(-1) * weights).sum()
            count += output.numel()
        floats = [t for t in inputs if t.requires_grad]
        gradients = torch.autograd.grad(total, floats, allow_unused=True)
        found["gradients"] = [entry(torch.zeros_like(t) if g is None else g) for t, g in zip(floats, gradients)]
    golden[name] = found

path = pathlib.Path(__file__).parents[2] / "Tests/TorchTests/Golden/operations.json"
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in golden.items())
path.write_text("{\n" + lines + "\n}\n")
