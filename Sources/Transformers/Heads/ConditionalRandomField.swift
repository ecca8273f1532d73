import Layers
import Messages
import Torch

/// A linear-chain conditional random field over scores of labels (Lafferty et al. 2001), without scores for
/// the first and the last label.
///
/// p(y) = exp(Σ_t e_t[y_t] + Σ_t T[y_{t−1}][y_t]) / Z. `transitions` `(K, K)`, from row to column, zeros at
/// first. With `learningRateMultiplier` k the weight holds T / k, so that it moves as if its learning rate were k²
/// times as high under plain gradient descent, about k times under Adam: transitions are scores of the same size
/// as the last layer's, and a body's learning rate is too low for them.
public final class ConditionalRandomField: Module, Configured {
  public struct Configuration: Sendable {
    public var labelCount: Int
    public var learningRateMultiplier = 1.0
    public var transitionInitializer = Initializer.zeros

    public init(labelCount: Int) { self.labelCount = labelCount }
  }

  public let configuration: Configuration
  public let transitions: Parameter

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    let count = configuration.labelCount
    transitions = Parameter(
      configuration.transitionInitializer([count, count], generator: generator))
    super.init()
  }

  public convenience init(labelCount: Int, learningRateMultiplier: Double = 1) {
    var configuration = Configuration(labelCount: labelCount)
    configuration.learningRateMultiplier = learningRateMultiplier
    self.init(configuration)
  }

  private var scores: Tensor { transitions.value * configuration.learningRateMultiplier }

  /// −ln p(labels), `(B)`, of emissions `(B, L, K)` and labels `(B, L)`; `mask` `(B, L)` is true where there is a
  /// token, from the first on without gaps.
  public func negativeLogLikelihood(_ emissions: Tensor, _ labels: Tensor, mask: Tensor) -> Tensor {
    requireTagging(
      emissions, labels, mask, labelCount: configuration.labelCount, "ConditionalRandomField")
    return logPartition(emissions, mask) - score(emissions, labels, mask)
  }

  /// ln Z, `(B)`.
  public func logPartition(_ emissions: Tensor, _ mask: Tensor) -> Tensor {
    let transitions = scores.expandingAxis(0)
    let steps = emissions.unbound(1)
    let isThere = mask.unbound(1)
    // (B, K): of all paths that end in each label.
    var sums = steps[0]
    for (emission, isThere) in zip(steps, isThere).dropFirst() {
      // (B, from, to)
      let next = (sums.expandingAxis(2) + transitions).logSumExp(axis: 1) + emission
      sums = next.replacing(with: sums, where: isThere.logicalNot().expandingAxis(1))
    }
    return sums.logSumExp(axis: 1)
  }

  /// The score of a path, `(B)`.
  public func score(_ emissions: Tensor, _ labels: Tensor, _ mask: Tensor) -> Tensor {
    let weights = mask.to(emissions.dtype)
    let tokens = emissions.gather(labels.expandingAxis(2), axis: 2).squeezed(2)
    let length = labels.size(1)
    let count = configuration.labelCount
    let from = labels.narrowed(1, start: 0, length: length - 1)
    let to = labels.narrowed(1, start: 1, length: length - 1)
    let steps = scores.flattened().gatherRows((from * count + to).flattened()).reshaped(from.shape)
    return (tokens * weights).sum(axis: 1)
      + (steps * weights.narrowed(1, start: 1, length: length - 1)).sum(axis: 1)
  }

  /// The best labels of each example, as long as its mask says.
  public func decode(
    _ emissions: Tensor, mask: Tensor, starts: Set<Int>? = nil, ends: Set<Int>? = nil
  )
    -> [[Int]]
  {
    withoutGradients {
      let viterbi = Viterbi(transitions: scores.rows, starts: starts, ends: ends)
      return Tensor.examples(emissions, mask).map { viterbi.path($0).labels }
    }
  }
}

/// Traps unless emissions, labels and mask are those of a tagging head with `labelCount` labels.
func requireTagging(
  _ emissions: Tensor, _ labels: Tensor, _ mask: Tensor, labelCount: Int, _ head: String
) {
  require(
    emissions.rank == 3 && emissions.size(2) == labelCount && labels.shape == mask.shape
      && labels.shape == Array(emissions.shape.prefix(2)),
    "\(head) expected emissions (B, L, \(labelCount)) with labels and mask (B, L), received shapes "
      + "\(emissions.shape), \(labels.shape) and \(mask.shape)")
}

extension Tensor {
  /// The numbers of a matrix.
  var rows: [[Double]] {
    let values = to(.float64).to(.cpu).array(Double.self)
    return (0..<size(0)).map { Array(values[$0 * size(1)..<($0 + 1) * size(1)]) }
  }

  /// For each example the scores of the places that its mask has.
  static func examples(_ scores: Tensor, _ mask: Tensor) -> [[[Double]]] {
    let lengths = mask.to(.int64).sum(axis: 1).to(.cpu).array(Int64.self)
    return zip(scores.unbound(0), lengths).map { Array($0.rows.prefix(Int($1))) }
  }
}
