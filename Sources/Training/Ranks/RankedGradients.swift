import Distributed
import Layers
import Optimizers
import Torch

/// Sums the gradients of one optimizer over ranks: copied behind one another, the last parameter's first as a backward
/// pass finds them, in pieces which travel while the next are computed or copied.
///
/// Sums are begun at the same places of a program on all ranks, whatever time each takes, and always of the same
/// pieces: so the bits do not change from run to run.
final class RankedGradients: GradientReduction {
  private let communicator: Communicator
  private let parameters: [Parameter]
  private let shards: ParameterShards?
  /// What this rank's part of the batch under way counts.
  var share = 1.0
  /// Why a sum has failed; gradients are meaningless then, and training must not go on.
  private(set) var failure: (any Error)?
  /// In the types that parameters have at the moment.
  private var sums: (any FlatSums)?

  init(_ communicator: Communicator, _ optimizer: Optimizer) {
    self.communicator = communicator
    parameters = optimizer.parameters
    shards =
      communicator.training.shardsOptimizer
      ? ParameterShards(parameters.map(\.count), ranks: communicator.size) : nil
  }

  /// The rank that keeps the optimizer's state of a parameter; `nil` where all do.
  func owner(of index: Int) -> Int? { shards?.owners[index] }

  func scaled(_ gradients: [Tensor?]) -> [Tensor?] {
    // What counts nothing may be no number: a mean over nothing.
    gradients.map { $0.map { share == 0 ? .zeros(like: $0) : $0 * share } }
  }

  func receive(_ gradient: Tensor, at index: Int) {
    attempt {
      try withoutGradients { try currentSums().receive(gradient, at: index, times: share) }
    }
  }

  func sum(_ gradients: [Tensor?], areScaled: Bool) -> [Tensor?] {
    attempt { try currentSums().finish(gradients, times: areScaled ? 1 : share) } ?? gradients
  }

  func own(_ gradients: [Tensor?]) -> [Tensor?] {
    guard let shards else { return gradients }
    return gradients.indices.map {
      shards.owners[$0] == communicator.rank ? gradients[$0] : nil
    }
  }

  func exchangeParameters() {
    guard let shards else { return }
    attempt { try withoutGradients { try currentSums().exchangeParameters(shards) } }
  }

  @discardableResult
  private func attempt<Result>(_ body: () throws -> Result) -> Result? {
    guard failure == nil else { return nil }
    do { return try body() } catch {
      failure = error
      return nil
    }
  }

  private func currentSums() throws -> any FlatSums {
    if let sums, sums.fits(parameters) { return sums }
    let made: any FlatSums =
      parameters.contains { $0.value.dtype == .float64 }
      ? try FlatGradients<Double>(parameters, communicator)
      : try FlatGradients<Float>(parameters, communicator)
    sums = made
    return made
  }
}
