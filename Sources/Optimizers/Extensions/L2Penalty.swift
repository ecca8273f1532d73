import Layers
import Messages
import Torch

/// Coupled weight decay, the gradient of an L2 penalty λ/2 ‖θ‖²: g ← g + λ θ_t before the rule.
///
/// What PyTorch's `weight_decay` does in SGD, Adam, RMSprop and Adagrad. Rules that divide by the size of
/// gradients divide the decay, too; `WeightDecay` is decoupled from them, as in AdamW.
public struct L2Penalty: OptimizerExtension {
  /// λ.
  public let rate: Double
  /// Names without penalty.
  public let exclusions: [String]

  public init(_ rate: Double, excluding exclusions: [String] = []) {
    require(rate >= 0, "an L2 penalty expected a rate of at least 0, received \(rate)")
    self.rate = rate
    self.exclusions = exclusions
  }

  public var summary: String {
    let spared = exclusions.isEmpty ? "" : ", not \(exclusions.joined(separator: ", "))"
    return "L2 penalty(λ \(rate)\(spared))"
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireAnyMatch(exclusions, in: parameters, summary)
    return State(
      rate,
      parameters.weights.map { name, parameter in
        NamePattern.matches(name, anyOf: exclusions) ? nil : parameter
      })
  }

  private final class State: ExtensionState {
    let rate: Double
    let parameters: [Parameter?]

    init(_ rate: Double, _ parameters: [Parameter?]) {
      self.rate = rate
      self.parameters = parameters
    }

    override func admit(_ gradients: [Tensor?]) -> [Tensor?]? {
      var sums = gradients
      var members: [(index: Int, gradient: Tensor, value: Tensor)] = []
      for (index, gradient) in gradients.enumerated() {
        guard let gradient, let parameter = parameters[index] else { continue }
        members.append((index, gradient, parameter.value))
      }
      guard !members.isEmpty, rate != 0 else { return gradients }
      let found = MultiTensor.sum(members.map(\.gradient), members.map(\.value), alpha: rate)
      for (member, sum) in zip(members, found) { sums[member.index] = sum }
      return sums
    }
  }
}

extension OptimizerSpecification {
  /// Adds the gradient of λ/2 ‖θ‖² to the gradients, except for names that match.
  public func withL2Penalty(_ rate: Double, excluding patterns: [String] = []) -> ExtendedRule {
    extended(by: L2Penalty(rate, excluding: patterns))
  }
}
