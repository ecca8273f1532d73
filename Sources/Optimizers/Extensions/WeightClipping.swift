import Layers
import Messages
import Torch

/// Keeps every number of every weight within ±c: θ ← max(−c, min(c, θ)) after each update. The Lipschitz
/// constraint of the first WGAN; Arjovsky et al. 2017.
public struct WeightClipping: OptimizerExtension {
  /// c.
  public let bound: Double

  public init(_ bound: Double) {
    require(bound > 0, "WeightClipping expected a bound above 0, received \(bound)")
    self.bound = bound
  }

  public var summary: String { "weights within ±\(bound)" }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    State(bound, parameters)
  }

  private final class State: ExtensionState {
    let bound: Double
    let parameters: ParameterTable

    init(_ bound: Double, _ parameters: ParameterTable) {
      self.bound = bound
      self.parameters = parameters
    }

    override var readsGradients: Bool { false }
    override func finish(_ changed: [Int], isTransformed: Bool) {
      for index in changed {
        let parameter = parameters.weights[index].parameter
        parameter.assign(parameter.value.detach().clamp(minimum: -bound, maximum: bound))
      }
    }
  }
}

extension OptimizerSpecification {
  /// Keeps weights within ±`bound` after each update.
  public func withWeightClipping(_ bound: Double) -> ExtendedRule {
    extended(by: WeightClipping(bound))
  }
}
