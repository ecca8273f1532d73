import Torch

/// Layer adaptation: h ← h · ‖θ_t‖ / ‖h‖ per tensor; unchanged where either norm is 0.
///
/// Around Adam and weight decay this is LAMB. A schedule inside it is divided out, so schedules are
/// applied after it.
public struct LayerAdaptation: OptimizerExtension {
  /// Names without adaptation.
  public let exclusions: [String]

  public init(excluding exclusions: [String] = []) { self.exclusions = exclusions }

  public var summary: String {
    "layer adaptation" + (exclusions.isEmpty ? "" : "(not \(exclusions.joined(separator: ", ")))")
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireAnyMatch(exclusions, in: parameters, summary)
    return State(parameters.weights.map { !NamePattern.matches($0.name, anyOf: exclusions) })
  }

  private final class State: ExtensionState {
    let isAdapted: [Bool]

    init(_ isAdapted: [Bool]) { self.isAdapted = isAdapted }

    override var readsGradients: Bool { false }
    override var influence: ExtensionInfluence { .update }

    override func transform(_ update: inout Update) {
      update.settle()
      let positions = update.indices.indices.filter { isAdapted[update.indices[$0]] }
      guard !positions.isEmpty else { return }
      let directions = positions.map { update.directions[$0] }
      let weights = MultiTensor.norms(positions.map { update.parameters[$0] })
      let updates = MultiTensor.norms(directions)
      let isUsable = (weights .> 0).logicalAnd(updates .> 0)
      let ratios = Tensor.ones(like: weights)
        .replacing(with: weights / updates, where: isUsable)
      MultiTensor.multiply(directions, by: ratios.unbound())
    }
  }
}

extension OptimizerSpecification {
  /// Scales the update of every tensor to the norm of the tensor, except for names that match.
  public func withLayerAdaptation(excluding patterns: [String] = []) -> ExtendedRule {
    extended(by: LayerAdaptation(excluding: patterns))
  }
}
