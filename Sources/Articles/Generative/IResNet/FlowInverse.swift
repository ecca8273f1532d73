import Foundation
import Generative
import Layers
import Recipes
import Reports
import Torch

/// How exactly, and how fast, the network is inverted.
struct FlowInverse: Finding {
  private let error: Double
  private let iterations: Int
  private let curve: [Double]

  init(_ flow: InvertibleResNet, _ points: Tensor) {
    let output = withoutGradients { flow(points) }
    let found = flow.inverse(output, iterations: 200, tolerance: 1e-6)
    error = (found.input - points).abs().max().item()
    iterations = found.iterations
    curve = [1, 2, 5, 10, 20, 50, 100].map { count in
      (flow.inverse(output, iterations: count, tolerance: 0).input - points).abs().max().item()
    }
  }

  var metrics: [String: Double] { ["inverse/iterations of the slowest block": Double(iterations)] }

  var claims: [Claim] {
    [
      Claim(
        id: "inverse",
        statement:
          "the network has an inverse by iteration: largest error over 4000 points, float32",
        measured: error, atMost: 5e-5)
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "The inverse",
      [
        .table(
          Report.Table(
            columns: ["iterations a block", "largest error"],
            rows: zip([1, 2, 5, 10, 20, 50, 100], curve).map { [.number($0), .number($1)] }))
      ])
  }
}

/// The series against exact determinants, in float64 where nothing but truncation is left.
struct FlowLogDeterminants: Finding {
  private let linear: Double
  private let truncated: Double
  private let limit: Double
  private let estimate: Double

  init(_ seed: UInt64, bound: Double) {
    let random = RandomGenerator(seed: seed)
    let scaling = Dense(4, 4, bias: false)
    scaling.move(dtype: .float64)
    scaling.weight.assign(Tensor.identity(4).to(.float64) * -0.9)
    let x = Tensor.normal([1, 4], dtype: .float64, generator: random)
    linear = InvertibleBlock(scaling).forwardWithLogDeterminant(x, terms: 200).logDeterminant.item()
    let flow = InvertibleResNet.dense(
      8, width: 32, blocks: 1, bound: bound, generator: random)
    flow.move(dtype: .float64)
    for _ in 0..<200 { flow.advanceSpectralNorms() }
    flow.evaluate()
    let points = Tensor.normal([1, 8], dtype: .float64, generator: random)
    let block = flow.blocks[0]
    let jacobian = block.jacobian(points)[0]
    let exact = block.exactLogDeterminant(points).item()
    var power = jacobian
    var sum = 0.0
    for n in 1...20 {
      sum += power.trace().item() * (n % 2 == 1 ? 1.0 : -1.0) / Double(n)
      power = power.matmul(jacobian)
    }
    truncated = abs(sum - exact)
    limit = InvertibleBlock.truncationBound(
      lipschitz: jacobian.svd().s.max().item(), dimension: 8, terms: 20)
    let many = points.broadcast(to: [4000, 8]).contiguous()
    let probes = block.forwardWithLogDeterminant(many, terms: 20, generator: random)
    estimate = abs(probes.logDeterminant.detach().mean().item() - exact)
  }

  var metrics: [String: Double] { ["series/bound of 20 terms": limit] }

  var claims: [Claim] {
    [
      Claim(
        id: "linear", statement: "for g(x) = −0.9x in four dimensions ln det is 4 ln 0.1",
        measured: linear, equals: 4 * log(0.1), within: 1e-6),
      Claim(
        id: "determinant",
        statement:
          "20 terms with exact traces give ln det of a branch of full size: error, float64",
        measured: truncated, atMost: 1e-3),
      Claim(
        id: "hutchinson", statement: "random probes give it on the mean: error of 4000 of them",
        measured: estimate, atMost: 0.03),
    ]
  }
}
