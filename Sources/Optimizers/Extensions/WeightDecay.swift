import Messages
import Torch

/// Decoupled weight decay, as in AdamW; for PyTorch's `weight_decay` of other rules see `L2Penalty`: θ_{t+1} = θ_t − γ h_t − γ λ θ_t, that is h ← h + λ θ_t.
///
/// γ contains the schedules applied after the decay, not those applied before it.
public struct WeightDecay: OptimizerExtension {
  /// λ.
  public let rate: Double
  /// Names without decay.
  public let exclusions: [String]
  /// Rates for names that match, instead of λ; the first match counts.
  public let rates: [(pattern: String, rate: Double)]

  public init(
    _ rate: Double, excluding exclusions: [String] = [],
    rates: [(pattern: String, rate: Double)] = []
  ) {
    require(rate >= 0, "weight decay \(rate) is negative")
    self.rate = rate
    self.exclusions = exclusions
    self.rates = rates
  }

  public var summary: String {
    let special = rates.map { ", \($0.pattern): \($0.rate)" }.joined()
    let spared = exclusions.isEmpty ? "" : ", not \(exclusions.joined(separator: ", "))"
    return "weight decay(λ \(rate)\(special)\(spared))"
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireAnyMatch(exclusions, in: parameters, summary)
    NamePattern.requireMatch(rates.map(\.pattern), in: parameters, summary)
    return State(
      parameters.weights.map { name, _ in
        if NamePattern.matches(name, anyOf: exclusions) { return 0 }
        return rates.first { NamePattern.matches(name, $0.pattern) }?.rate ?? rate
      })
  }

  private final class State: ExtensionState {
    let rates: [Double]

    init(_ rates: [Double]) { self.rates = rates }

    override var readsGradients: Bool { false }
    override var influence: ExtensionInfluence { .decay(rates) }

    override func transform(_ update: inout Update) {
      update.settle()
      for (position, index) in update.indices.enumerated() where rates[index] != 0 {
        update.directions[position].addInPlace(update.parameters[position], alpha: rates[index])
      }
    }
  }
}

extension OptimizerSpecification {
  /// Adds decoupled weight decay: h ← h + λ θ_t, except for names that match.
  ///
  /// - Parameter rates: Other rates for names that match a pattern.
  public func withWeightDecay(
    _ rate: Double = 0.01, excluding patterns: [String] = [],
    rates: [(pattern: String, rate: Double)] = []
  ) -> ExtendedRule {
    extended(by: WeightDecay(rate, excluding: patterns, rates: rates))
  }
}
