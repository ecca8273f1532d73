import Layers
import Messages
import Torch

/// Gradient accumulation ("soft batch"): every N calls, one update with the mean gradient.
///
/// The other calls change nothing, whatever stands inside or outside. Everything counts applied
/// updates. A window that an epoch's end leaves open goes on with the next epoch's batches, unless
/// `Optimizer.finishAccumulation` ends it.
public struct GradientAccumulation: OptimizerExtension {
  /// N.
  public let count: Int

  public init(_ count: Int) {
    require(count >= 1, "gradient accumulation over \(count) calls; at least 1 would work")
    self.count = count
  }

  public var summary: String { "gradient accumulation(\(count))" }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    State(count: count, parameters: parameters)
  }

  final class State: ExtensionState {
    let count: Int
    let parameters: ParameterTable
    var sums: [Tensor?]
    var received = 0
    /// Whether the window is to end with the gradients that came.
    var isClosing = false

    init(count: Int, parameters: ParameterTable) {
      self.count = count
      self.parameters = parameters
      sums = parameters.weights.map { _ in nil }
    }

    /// Sums of a rank's own gradients are summed over ranks once a window.
    override var readsGradients: Bool { false }

    override func admit(_ gradients: [Tensor?]) -> [Tensor?]? {
      guard count > 1 else { return gradients }
      var known: [(sum: Tensor, gradient: Tensor)] = []
      for (index, gradient) in gradients.enumerated() {
        guard let gradient else { continue }
        if let sum = sums[index] {
          known.append((sum, gradient))
        } else {
          sums[index] = gradient.detach().clone()
        }
      }
      if !known.isEmpty { MultiTensor.add(known.map(\.sum), known.map(\.gradient)) }
      if !isClosing || gradients.contains(where: { $0 != nil }) { received += 1 }
      // A window inside may have something to end.
      if isClosing, received == 0 { return gradients }
      guard received == count || (isClosing && received > 0) else { return nil }
      let means = sums
      let present = means.compactMap { $0 }
      if !present.isEmpty { MultiTensor.multiply(present, by: 1 / Double(received)) }
      sums = sums.map { _ in nil }
      received = 0
      return means
    }

    override func save(to state: inout NamedState, prefix: String) {
      state.values["\(prefix).received"] = .number(Double(received))
      parameters.save(sums, to: &state, prefix: "\(prefix).sum")
    }

    override func restore(from reader: NamedStateReader, prefix: String) -> () -> Void {
      let received = reader.count("\(prefix).received")
      let sums = parameters.restoreIfPresent(from: reader, prefix: "\(prefix).sum")
      return {
        self.received = received
        self.sums = sums
      }
    }
  }
}

extension OptimizerSpecification {
  /// Updates once every `count` calls, with the mean of their gradients.
  public func withGradientAccumulation(_ count: Int) -> ExtendedRule {
    extended(by: GradientAccumulation(count))
  }
}

extension Optimizer {
  /// How many calls of `step` one update takes.
  public var callsPerUpdate: Int {
    specification.extensions.reduce(1) { $0 * (($1 as? GradientAccumulation)?.count ?? 1) }
  }

  /// Ends an unfinished window: one update with the mean of the gradients that came.
  ///
  /// - Returns: Whether there was one to end.
  @discardableResult
  public func finishAccumulation() -> Bool {
    let windows = extensions.compactMap { $0 as? GradientAccumulation.State }
    for window in windows { window.isClosing = true }
    defer { for window in windows { window.isClosing = false } }
    return windows.contains { $0.received > 0 }
      && step(gradients: parameters.map { _ in nil })
  }
}
