import Foundation
import Layers
import Messages
import Torch

/// The exponential moving average of the weights: e ← m e + (1 − m) θ from e = 0, read as e/(1 − mᵗ).
///
/// It looks at the values after the whole step, wherever it stands among the extensions, and changes
/// none: `Optimizer.swapAverages` puts the averages into the model and takes them out again.
public struct MovingAverage: OptimizerExtension {
  /// m.
  public let momentum: Double
  /// Whether what layers keep by themselves (running means) is averaged, too.
  public let includesStates: Bool

  public init(_ momentum: Double = 0.999, includingStates: Bool = false) {
    require(0..<1 ~= momentum, "a moving average with momentum \(momentum); 0..<1 would work")
    self.momentum = momentum
    includesStates = includingStates
  }

  public var summary: String {
    "moving average(m \(momentum)\(includesStates ? ", with states" : ""))"
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    let states = includesStates ? parameters.states : []
    return State(
      momentum, (parameters.weights + states).filter { $0.parameter.dtype.isFloatingPoint })
  }

  final class State: ExtensionState {
    private let momentum: Double
    private let parameters: [(name: String, parameter: Parameter)]
    private var sums: [Tensor]?
    private var steps = 0
    /// The values that the averages stand in for at the moment.
    private var originals: [Tensor]?

    init(_ momentum: Double, _ parameters: [(name: String, parameter: Parameter)]) {
      self.momentum = momentum
      self.parameters = parameters
    }

    var isSwapped: Bool { originals != nil }

    private var values: [Tensor] { parameters.map { $0.parameter.value.detach() } }

    override var readsGradients: Bool { false }
    override func prepare(_ changing: [Int]) {
      require(
        !isSwapped, "the model holds averages; call swapAverages() before the next step")
    }

    override func finish(_ changed: [Int], isTransformed: Bool) {
      guard !parameters.isEmpty else { return }
      let sums = self.sums ?? parameters.map { .zeros(like: $0.parameter.value) }
      MultiTensor.lerp(sums, to: values, weight: 1 - momentum)
      self.sums = sums
      steps += 1
    }

    func swap() {
      withoutGradients {
        if let originals {
          MultiTensor.copy(values, from: originals)
          self.originals = nil
        } else if let sums {
          let originals = values.map { $0.clone() }
          let remaining = pow(momentum, Double(steps))
          let values = self.values
          MultiTensor.copy(values, from: sums)
          MultiTensor.multiply(values, by: 1 / (1 - remaining))
          self.originals = originals
        }
      }
    }

    override func save(to state: inout NamedState, prefix: String) {
      state.values["\(prefix).steps"] = .number(Double(steps))
      for (position, (name, _)) in parameters.enumerated() {
        if let sums { state.tensors["\(prefix).average.\(name)"] = sums[position] }
        if let originals { state.tensors["\(prefix).original.\(name)"] = originals[position] }
      }
    }

    override func restore(from reader: NamedStateReader, prefix: String) -> () -> Void {
      let steps = reader.count("\(prefix).steps")
      func tensors(_ kind: String) -> [Tensor]? {
        guard reader.hasTensors(under: "\(prefix).\(kind).") else { return nil }
        return parameters.map { name, parameter in
          reader.tensor("\(prefix).\(kind).\(name)", like: parameter.value)
        }
      }
      let sums = tensors("average")
      let originals = tensors("original")
      return {
        self.steps = steps
        self.sums = sums
        self.originals = originals
      }
    }
  }
}

extension OptimizerSpecification {
  /// Keeps an exponential moving average of the weights.
  public func withMovingAverage(
    _ momentum: Double = 0.999, includingStates: Bool = false
  ) -> ExtendedRule {
    extended(by: MovingAverage(momentum, includingStates: includingStates))
  }
}
