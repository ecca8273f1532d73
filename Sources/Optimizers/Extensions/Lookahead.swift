import Layers
import Messages
import Torch

/// Lookahead (Zhang et al., arXiv:1907.08610): every k steps the slow weights move towards the fast
/// ones, Θ ← Θ + α(θ − Θ), and the fast ones return to them, θ ← Θ. Θ starts as θ₀.
public struct Lookahead: OptimizerExtension {
  /// k.
  public let period: Int
  /// α.
  public let slowStep: Double

  public init(period: Int = 5, slowStep: Double = 0.5) {
    require(period >= 1, "Lookahead with period \(period); at least 1 would work")
    require(0...1 ~= slowStep, "Lookahead with a slow step of \(slowStep); 0...1 would work")
    self.period = period
    self.slowStep = slowStep
  }

  public var summary: String { "Lookahead(k \(period), α \(slowStep))" }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    State(self, parameters)
  }

  private final class State: ExtensionState {
    let settings: Lookahead
    let parameters: ParameterTable
    var slow: [Tensor?]
    var steps = 0

    init(_ settings: Lookahead, _ parameters: ParameterTable) {
      self.settings = settings
      self.parameters = parameters
      slow = parameters.weights.map { _ in nil }
    }

    override var readsGradients: Bool { false }
    override var influence: ExtensionInfluence { .value }

    private var isSynchronizing: Bool { (steps + 1) % settings.period == 0 }

    override func prepare(_ changing: [Int]) {
      for index in changing where slow[index] == nil {
        slow[index] = parameters.weights[index].parameter.value.detach().clone()
      }
    }

    /// Inside other extensions the new value is not final, so the jump becomes part of the update.
    override func transform(_ update: inout Update) {
      guard isSynchronizing, update.learningRate != 0 else { return }
      update.settle()
      for (position, index) in update.indices.enumerated() {
        guard let slow = slow[index] else { continue }
        let parameter = update.parameters[position]
        let new = parameter.detach().clone()
        new.addInPlace(update.directions[position], alpha: -update.learningRate)
        slow.lerpInPlace(to: new, weight: settings.slowStep)
        update.directions[position] = (parameter.detach() - slow) / update.learningRate
      }
    }

    override func finish(_ changed: [Int], isTransformed: Bool) {
      if isSynchronizing, !isTransformed {
        let fast = changed.map { parameters.weights[$0].parameter.value }
        let slow = changed.compactMap { self.slow[$0] }
        MultiTensor.lerp(slow, to: fast, weight: settings.slowStep)
        MultiTensor.copy(fast, from: slow)
      }
      steps += 1
    }

    override func save(to state: inout NamedState, prefix: String) {
      state.values["\(prefix).steps"] = .number(Double(steps))
      parameters.save(slow, to: &state, prefix: "\(prefix).slow")
    }

    override func restore(from reader: NamedStateReader, prefix: String) -> () -> Void {
      let steps = reader.count("\(prefix).steps")
      let slow = parameters.restoreIfPresent(from: reader, prefix: "\(prefix).slow")
      return {
        self.steps = steps
        self.slow = slow
      }
    }
  }
}

extension OptimizerSpecification {
  /// Adds slow weights that the fast ones return to every `period` steps.
  public func withLookahead(period: Int = 5, slowStep: Double = 0.5) -> ExtendedRule {
    extended(by: Lookahead(period: period, slowStep: slowStep))
  }
}
