@testable import Torch

/// The Swift side of the cases in Scripts/golden/torch_operations.py, by name.
enum Operations {
  typealias Operation = ([Tensor]) throws -> [Tensor]

  static var all: [String: Operation] {
    [arithmetic, reductions, comparisons, indexing, shapes, algebra, layers, others]
      .reduce(into: [:]) { all, group in all.merge(group) { first, _ in first } }
  }

  static var arithmetic: [String: Operation] {
    [
      "add": { [$0[0] + $0[1]] },
      "add number": { [$0[0] + 2.5] },
      "add integer": { [3 + $0[0]] },
      "subtract": { [$0[0] - $0[1]] },
      "subtract number": { [$0[0] - 1.5] },
      "number minus": { [1.5 - $0[0]] },
      "integer minus": { [2 - $0[0]] },
      "multiply": { [$0[0] * $0[1]] },
      "multiply number": { [$0[0] * -0.5] },
      "divide": { [$0[0] / $0[1]] },
      "divide number": { [$0[0] / 7] },
      "divide integers": { [$0[0] / 7] },
      "number over": { [3.0 / $0[0]] },
      "negative": { [-$0[0]] },
      "pow number": { [$0[0].pow(2.5)] },
      "pow integer": { [$0[0].pow(3)] },
      "pow": { [$0[0].pow($0[1])] },
      "remainder": { [$0[0].remainder(3)] },
      "floorDivide": { [$0[0].floorDivide(3)] },
      "square": { [$0[0].square()] },
      "exp": { [$0[0].exp()] },
      "expm1": { [$0[0].expm1()] },
      "sin": { [$0[0].sin()] },
      "cos": { [$0[0].cos()] },
      "tan": { [$0[0].tan()] },
      "atan": { [$0[0].atan()] },
      "erf": { [$0[0].erf()] },
      "erfInverse": { [$0[0].erfInverse()] },
      "abs": { [$0[0].abs()] },
      "sign": { [$0[0].sign()] },
      "floor": { [$0[0].floor()] },
      "ceil": { [$0[0].ceil()] },
      "round": { [$0[0].round()] },
      "reciprocal": { [$0[0].reciprocal()] },
      "sqrt": { [$0[0].sqrt()] },
      "rsqrt": { [$0[0].rsqrt()] },
      "log": { [$0[0].log()] },
      "log2": { [$0[0].log2()] },
      "log10": { [$0[0].log10()] },
      "log1p": { [$0[0].log1p()] },
      "clamp": { [$0[0].clamp(minimum: -0.5, maximum: 0.5)] },
      "clamp minimum": { [$0[0].clamp(minimum: 0.1)] },
      "clamp maximum": { [$0[0].clamp(maximum: 0.1)] },
      "maximum": { [$0[0].maximum($0[1])] },
      "minimum": { [$0[0].minimum($0[1])] },
      "lerp": { [$0[0].lerp(to: $0[1], weight: 0.3)] },
    ]
  }

  static var reductions: [String: Operation] {
    [
      "sum": { [$0[0].sum()] },
      "sum axes": { [$0[0].sum(axis: 0, 2)] },
      "sum keep": { [$0[0].sum(axis: 1, keepAxes: true)] },
      "mean": { [$0[0].mean()] },
      "mean axes": { [$0[0].mean(axis: -1)] },
      "variance": { [$0[0].variance()] },
      "variance axes": { [$0[0].variance(axis: 0, 1, correction: 0, keepAxes: true)] },
      "standardDeviation": { [$0[0].standardDeviation(axis: 1)] },
      "logSumExp": { [$0[0].logSumExp()] },
      "logSumExp axis": { [$0[0].logSumExp(axis: 1, keepAxes: true)] },
      "max": { [$0[0].max()] },
      "max axes": { [$0[0].max(axis: 0, 2)] },
      "min": { [$0[0].min()] },
      "min axes": { [$0[0].min(axis: 1, keepAxes: true)] },
      "argmax": { [$0[0].argmax()] },
      "argmax axis": { [$0[0].argmax(axis: 1)] },
      "argmin": { [$0[0].argmin()] },
      "argmin axis": { [$0[0].argmin(axis: -1, keepAxes: true)] },
      "product": { [$0[0].product()] },
      "product axis": { [$0[0].product(axis: 1)] },
      "cumulativeSum": { [$0[0].cumulativeSum(axis: 1)] },
      "all": { [$0[0].all()] },
      "any": { [$0[0].any()] },
      "any axis": { [$0[0].any(axis: 1)] },
      "norm": { [$0[0].norm()] },
      "norm axes": { [$0[0].norm(axis: 1, order: 1, keepAxes: true)] },
    ]
  }

  static var comparisons: [String: Operation] {
    [
      "eq": { [$0[0] .== $0[1]] },
      "ne": { [$0[0] .!= $0[1]] },
      "lt": { [$0[0] .< $0[1]] },
      "le": { [$0[0] .<= $0[1]] },
      "gt": { [$0[0] .> $0[1]] },
      "ge": { [$0[0] .>= $0[1]] },
      "eq number": { [$0[0] .== 2] },
      "ne number": { [$0[0] .!= 2] },
      "lt number": { [$0[0] .< 2] },
      "le number": { [$0[0] .<= 2] },
      "gt number": { [$0[0] .> 2] },
      "ge number": { [$0[0] .>= 2] },
      "logicalNot": { [$0[0].logicalNot()] },
      "logicalAnd": { [$0[0].logicalAnd($0[1])] },
      "logicalOr": { [$0[0].logicalOr($0[1])] },
      "replacing": { [$0[0].replacing(with: $0[1], where: $0[2])] },
      "maskedFill": { [$0[0].maskedFill($0[1], 7)] },
      "isNaN": { [($0[0].log() * 0).isNaN()] },
      "isFinite": { [(1 / $0[0]).isFinite()] },
    ]
  }

  static var indexing: [String: Operation] {
    [
      "index position": { [$0[0][1]] },
      "index negative": { [$0[0][.all, -1]] },
      "index range": { [$0[0][1..<3, ..<2]] },
      "index closed range": { [$0[0][.all, 1...2]] },
      "index from": { [$0[0][.ellipsis, 1...]] },
      "index through": { [$0[0][.all, ...2]] },
      "index negative range": { [$0[0][.all, -3..<(-1)]] },
      "index to the last": { [$0[0][.all, -2...(-1)]] },
      "index step": { [$0[0][.all, .every(2)]] },
      "index new axis": { [$0[0][.all, .newAxis, 0]] },
      "index tensor": { [$0[0][$0[1]]] },
      "index two tensors": { [$0[0][$0[1], $0[2]]] },
      "index middle tensor": { [$0[0][1..., $0[1], 0]] },
      "index mask": { [$0[0][$0[1]]] },
      "gatherRows": { [$0[0].gatherRows($0[1], axis: 1)] },
      "gather": { [$0[0].gather($0[1], axis: 1)] },
      "scatterAdd": { [$0[0].scatterAdd($0[1], $0[2], axis: 1)] },
      "indexAdd": { [$0[0].indexAdd($0[1], $0[2])] },
      "narrowed": { [$0[0].narrowed(1, start: 1, length: 2)] },
      "masked": { [$0[0].masked($0[1])] },
      "nonzero": { [$0[0].nonzero()] },
      "oneHot": { [$0[0].oneHot(4)] },
      "embedding": { [$0[0].embedding($0[1], paddingIndex: 1)] },
    ]
  }

  static var shapes: [String: Operation] {
    [
      "reshaped": { [$0[0].reshaped(3, -1)] },
      "flattened": { [$0[0].flattened(from: 1)] },
      "unflattened": { [$0[0].unflattened(1, [3, 1])] },
      "transposed": { [$0[0].transposed()] },
      "transposed axes": { [$0[0].transposed(0, 2)] },
      "permuted": { [$0[0].permuted(2, 0, 1)] },
      "expandingAxis": { [$0[0].expandingAxis(1)] },
      "squeezed": { [$0[0].squeezed()] },
      "squeezed axis": { [$0[0].squeezed(1)] },
      "broadcast": { [$0[0].broadcast(to: [4, -1, 3])] },
      "tiled": { [$0[0].tiled([2, 3])] },
      "repeatedElements": { [$0[0].repeatedElements(2, axis: 1)] },
      "flipped": { [$0[0].flipped(0, 2)] },
      "rolled": { [$0[0].rolled(2, axis: 1)] },
      "padded": { [$0[0].padded([1, 2, 0, 1], value: 0.5)] },
      "reflectionPadded": { [$0[0].reflectionPadded([1, 2])] },
      "concatenate": { [.concatenate($0, axis: 1)] },
      "stack": { [.stack($0, axis: 1)] },
      "split": { $0[0].split(2, axis: 1) },
      "split sizes": { $0[0].split(sizes: [2, 1], axis: 1) },
      "chunked": { $0[0].chunked(2, axis: 1) },
      "unbound": { $0[0].unbound(1) },
      "contiguous": { [$0[0].transposed().contiguous()] },
      "clone": { [$0[0].clone()] },
      "to": { [$0[0].to(.float32)] },
      "channelsLast": { [$0[0].channelsLast()] },
      "lowerTriangle": { [$0[0].lowerTriangle(diagonal: -1)] },
      "upperTriangle": { [$0[0].upperTriangle(diagonal: 1)] },
      "diagonal": { [$0[0].diagonal()] },
      "diagonalMatrix": { [$0[0].diagonalMatrix()] },
    ]
  }

  static var algebra: [String: Operation] {
    [
      "matmul": { [$0[0].matmul($0[1])] },
      "linear": { [$0[0].linear($0[1], bias: $0[2])] },
      "linear without bias": { [$0[0].linear($0[1])] },
      "einsum": { [.einsum("bij,bkj->bik", $0[0], $0[1])] },
      "qr": {
        let (q, r) = $0[0].qr()
        return [q, r]
      },
      "singular values": { [$0[0].svd().s] },
      "svd product": {
        let (u, s, vh) = $0[0].svd()
        return [(u * s).matmul(vh)]
      },
      "cholesky": { [try $0[0].cholesky()] },
      "slogdet": {
        let (sign, logarithm) = $0[0].slogdet()
        return [sign, logarithm]
      },
      "determinant": { [$0[0].determinant()] },
      "matrixExponential": { [$0[0].matrixExponential()] },
      "inverse": { [$0[0].inverse()] },
      "solve": { [try $0[0].solve($0[1])] },
      "symmetric eigenvalues": { [$0[0].symmetricEigen().values] },
      "symmetric eigen product": {
        let (values, vectors) = $0[0].symmetricEigen()
        return [(vectors * values.sqrt()).matmul(vectors.transposed())]
      },
      "trace": { [$0[0].trace()] },
      "dot": { [$0[0].dot($0[1])] },
      "outer": { [$0[0].outer($0[1])] },
      "pairwiseDistances": { [$0[0].pairwiseDistances($0[1])] },
    ]
  }

  static var layers: [String: Operation] {
    [
      "conv1d": {
        [$0[0].conv1d($0[1], bias: $0[2], stride: 2, padding: 1, dilation: 2, groups: 2)]
      },
      "conv2d": {
        [$0[0].conv2d($0[1], bias: $0[2], stride: [2, 1], padding: [1, 0], dilation: [1, 2])]
      },
      "convolution": { [$0[0].convolution($0[1], stride: [1], padding: [1], dilation: [1])] },
      "convTranspose1d": {
        [$0[0].convTranspose1d($0[1], bias: $0[2], stride: 2, padding: 1, outputPadding: 1)]
      },
      "convTranspose2d": {
        [$0[0].convTranspose2d($0[1], stride: [2, 2], padding: [1, 1], outputPadding: [1, 1])]
      },
      "maxPool1d": { [$0[0].maxPool1d(3, stride: 2, padding: 1)] },
      "maxPool2d": { [$0[0].maxPool2d([2, 2])] },
      "averagePool1d": { [$0[0].averagePool1d(2, padding: 1)] },
      "averagePool2d": { [$0[0].averagePool2d([2, 2], stride: [1, 2])] },
      "adaptiveAveragePool2d": { [$0[0].adaptiveAveragePool2d([2, 2])] },
      "upsampledNearest2d": { [$0[0].upsampledNearest2d([3, 4])] },
      "upsampledBilinear2d": { [$0[0].upsampledBilinear2d([3, 4])] },
      "upsampledBilinear2d corners": { [$0[0].upsampledBilinear2d([3, 4], alignCorners: true)] },
      "layerNorm": { [$0[0].layerNorm([3], weight: $0[1], bias: $0[2])] },
      "layerNorm plain": { [$0[0].layerNorm([2, 3], epsilon: 1e-3)] },
      "groupNorm": { [$0[0].groupNorm(2, weight: $0[1], bias: $0[2])] },
      "batchNorm inference": {
        [
          $0[0].batchNorm(
            weight: $0[1], bias: $0[2], runningMean: $0[3].to(.float64),
            runningVariance: $0[4].to(.float64), training: false, momentum: 0.1, epsilon: 1e-5)
        ]
      },
      "batchNorm training": {
        [
          $0[0].batchNorm(
            weight: $0[1], bias: $0[2], runningMean: nil, runningVariance: nil, training: true,
            momentum: 0.1, epsilon: 1e-5)
        ]
      },
      "normalized": { [$0[0].normalized()] },
      "attention": { [$0[0].scaledDotProductAttention(keys: $0[1], values: $0[2])] },
      "attention masked": {
        [$0[0].scaledDotProductAttention(keys: $0[1], values: $0[2], mask: $0[3], scale: 0.5)]
      },
      "attention causal": {
        [$0[0].scaledDotProductAttention(keys: $0[1], values: $0[2], isCausal: true)]
      },
      "lstm": {
        let (output, hidden, cell) = $0[0].lstm(
          hidden: $0[1], cell: $0[2], weights: Array($0[3...]), hasBiases: true, layerCount: 1,
          dropout: 0, training: false, isBidirectional: true)
        return [output, hidden, cell]
      },
      "gru": {
        let (output, hidden) = $0[0].gru(
          hidden: $0[1], weights: Array($0[2...]), hasBiases: true, layerCount: 1, dropout: 0,
          training: false, isBidirectional: true)
        return [output, hidden]
      },
    ]
  }

  static var others: [String: Operation] {
    [
      "softmax": { [$0[0].softmax()] },
      "softmax axis": { [$0[0].softmax(axis: 0)] },
      "logSoftmax": { [$0[0].logSoftmax()] },
      "sigmoid": { [$0[0].sigmoid()] },
      "logSigmoid": { [$0[0].logSigmoid()] },
      "softplus": { [$0[0].softplus()] },
      "tanh": { [$0[0].tanh()] },
      "relu": { [$0[0].relu()] },
      "leakyReLU": { [$0[0].leakyReLU(0.2)] },
      "elu": { [$0[0].elu(0.7)] },
      "gelu": { [$0[0].gelu()] },
      "gelu approximate": { [$0[0].gelu(approximate: true)] },
      "silu": { [$0[0].silu()] },
      "mish": { [$0[0].mish()] },
      "relu6": { [($0[0] * 5).relu6()] },
      "prelu": { [$0[0].prelu($0[1])] },
      "crossEntropy": { [$0[0].crossEntropy($0[1])] },
      "crossEntropy smoothing": {
        [
          $0[0].crossEntropy(
            $0[1], weight: $0[2].to(.float64), reduction: .sum, labelSmoothing: 0.1)
        ]
      },
      "crossEntropy ignore": { [$0[0].crossEntropy($0[1], reduction: .none, ignoreIndex: 2)] },
      "crossEntropy probabilities": { [$0[0].crossEntropy($0[1])] },
      "binaryCrossEntropyWithLogits": {
        [$0[0].binaryCrossEntropyWithLogits($0[1], positiveWeight: $0[2].to(.float64))]
      },
      "squaredError": { [$0[0].squaredError($0[1])] },
      "squaredError none": { [$0[0].squaredError($0[1], reduction: .none)] },
      "absoluteError": { [$0[0].absoluteError($0[1], reduction: .sum)] },
      "huberLoss": { [$0[0].huberLoss($0[1], delta: 0.5)] },
      "sorted": {
        let (values, indices) = $0[0].sorted()
        return [values, indices]
      },
      "sorted descending": {
        let (values, indices) = $0[0].sorted(axis: 0, descending: true)
        return [values, indices]
      },
      "argsort": { [$0[0].argsort()] },
      "topK": {
        let (values, indices) = $0[0].topK(2)
        return [values, indices]
      },
      "topK smallest": {
        let (values, indices) = $0[0].topK(1, axis: 0, largest: false)
        return [values, indices]
      },
      "unique": { [$0[0].unique()] },
      "bincount": { [$0[0].bincount(minimumLength: 6)] },
      "searchSorted": { [$0[0].searchSorted($0[1])] },
      "searchSorted right": { [$0[0].searchSorted($0[1], right: true)] },
      "range": { _ in [.range(1, 3, step: 0.5, dtype: .float64)] },
      "range count": { _ in [.range(5)] },
      "linspace": { _ in [.linspace(-1, 1, count: 5, dtype: .float64)] },
      "identity": { _ in [.identity(3, dtype: .float64)] },
      "full": { _ in [.full([2, 2], 1.5, dtype: .float64)] },
    ]
  }
}
