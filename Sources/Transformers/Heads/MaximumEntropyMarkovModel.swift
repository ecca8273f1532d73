import Foundation
import Layers
import Messages
import Torch

/// A chain of local softmaxes, forward and backward: nearly a conditional random field at the price of
/// cross-entropy.
///
/// Forward the label at t has the logits (e_t + T[y_{t−1}]) / 2, the first e_0; backward (e_t + Tᵀ[y_{t+1}]) / 2,
/// the last e_{L−1}. The loss is the mean of both directions. `transitions` `(K, K)`, from row to column; with a
/// rank r it is a product `left` `(K, r)` by `right` `(K, r)`ᵀ. As bert4keras has it.
public final class MaximumEntropyMarkovModel: Module, Configured {
  public struct Configuration: Sendable {
    public var labelCount: Int
    /// Of the transitions; `nil`: full.
    public var rank: Int?
    public var learningRateMultiplier = 1.0
    /// Of full transitions and, other than zeros, of both factors.
    public var transitionInitializer = Initializer.zeros

    public init(labelCount: Int) { self.labelCount = labelCount }
  }

  public let configuration: Configuration
  public let transitions: Parameter?
  public let left: Parameter?
  public let right: Parameter?

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    let count = configuration.labelCount
    func weight(_ columns: Int, _ initializer: Initializer) -> Parameter {
      Parameter(initializer([count, columns], generator: generator))
    }
    if let rank = configuration.rank {
      transitions = nil
      left = weight(rank, .glorotUniform)
      right = weight(rank, .glorotUniform)
    } else {
      transitions = weight(count, configuration.transitionInitializer)
      left = nil
      right = nil
    }
    super.init()
  }

  public convenience init(labelCount: Int, rank: Int? = nil) {
    var configuration = Configuration(labelCount: labelCount)
    configuration.rank = rank
    self.init(configuration)
  }

  private var scores: Tensor {
    let matrix: Tensor
    if let left, let right {
      matrix = left.value.matmul(right.value.transposed())
    } else if let transitions {
      matrix = transitions.value
    } else {
      preconditionFailure("MaximumEntropyMarkovModel has no transitions")
    }
    return matrix * configuration.learningRateMultiplier
  }

  /// Forward and backward losses, `(B)` each: means over the places that `mask` `(B, L)` has, of emissions
  /// `(B, L, K)` and labels `(B, L)`.
  public func losses(
    _ emissions: Tensor, _ labels: Tensor, mask: Tensor
  ) -> (forward: Tensor, backward: Tensor) {
    let count = configuration.labelCount
    requireTagging(emissions, labels, mask, labelCount: count, "MaximumEntropyMarkovModel")
    let length = labels.size(1)
    let weights = mask.to(emissions.dtype)
    let scores = scores
    // What a neighbor adds; where there is none the emission counts twice: (e + e) / 2.
    func neighbors(_ labels: Tensor, _ transitions: Tensor) -> Tensor {
      transitions.gatherRows(labels.flattened()).reshaped(labels.shape + [count])
    }
    let first = emissions.narrowed(1, start: 0, length: 1)
    let before = Tensor.concatenate(
      [first, neighbors(labels.narrowed(1, start: 0, length: length - 1), scores)], axis: 1)
    let next = Tensor.concatenate(
      [
        neighbors(labels.narrowed(1, start: 1, length: length - 1), scores.transposed()),
        emissions.narrowed(1, start: length - 1, length: 1),
      ], axis: 1)
    // (B, L): whether the place behind is padding.
    let isLast = Tensor.concatenate(
      [
        mask.narrowed(1, start: 1, length: length - 1),
        Tensor.zeros(like: mask.narrowed(1, start: 0, length: 1)),
      ],
      axis: 1
    ).logicalNot().expandingAxis(2)
    let after = next.replacing(with: emissions, where: isLast)
    func loss(_ neighbors: Tensor) -> Tensor {
      let logProbabilities = ((emissions + neighbors) / 2).logSoftmax(axis: 2)
      let chosen = logProbabilities.gather(labels.expandingAxis(2), axis: 2).squeezed(2)
      return -(chosen * weights).sum(axis: 1) / weights.sum(axis: 1)
    }
    return (loss(before), loss(after))
  }

  /// The mean of both directions, `(B)`.
  public func loss(_ emissions: Tensor, _ labels: Tensor, mask: Tensor) -> Tensor {
    let (forward, backward) = losses(emissions, labels, mask: mask)
    return (forward + backward) / 2
  }

  /// The labels whose forward and backward probabilities have the greatest product.
  public func decode(_ emissions: Tensor, mask: Tensor) -> [[Int]] {
    withoutGradients {
      let transitions = scores.rows
      let viterbi = Viterbi(transitions: transitions)
      return Tensor.examples(emissions, mask).map { scores in
        // ln p(to | from) at each place, and ln p(from | to) at the place before it.
        let columns = transitions.indices.map { to in transitions.map { $0[to] } }
        let forward = scores.map { score in
          transitions.map { Self.logSoftmax(zip(score, $0).map { ($0 + $1) / 2 }) }
        }
        let backward = scores.map { score in
          columns.map { Self.logSoftmax(zip(score, $0).map { ($0 + $1) / 2 }) }
        }
        var ends = scores.map { $0.map { _ in 0.0 } }
        if let first = scores.first, let last = scores.last {
          ends[0] = Self.logSoftmax(first)
          let tail = Self.logSoftmax(last)
          ends[ends.count - 1] = zip(ends[ends.count - 1], tail).map(+)
        }
        return viterbi.path(ends) { place, from, to in
          forward[place][from][to] + backward[place - 1][to][from]
        }.labels
      }
    }
  }

  private static func logSoftmax(_ row: [Double]) -> [Double] {
    let highest = row.max() ?? 0
    let shift = highest + log(row.reduce(0) { $0 + exp($1 - highest) })
    return row.map { $0 - shift }
  }
}
