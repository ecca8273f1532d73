import Layers
import Torch

/// Something that changes what an optimizer does around its rule. A value that holds settings only;
/// what it remembers between steps lives in its state.
public protocol OptimizerExtension: Sendable {
  /// Tells its memory in a checkpoint from that of others; the name of its type by default. A second one
  /// of the same name gets a number.
  var name: String { get }

  /// The extension in a few words with its settings.
  var summary: String { get }

  /// The extension at work for one optimizer, before its first step.
  func makeState(for parameters: ParameterTable) -> ExtensionState
}

extension OptimizerExtension {
  public var name: String { String(describing: Self.self) }
}

/// The parameters that an optimizer is bound to.
public struct ParameterTable {
  /// What the optimizer changes, by index everywhere in this target.
  public let weights: [(name: String, parameter: Parameter)]
  /// What layers keep by themselves, such as running means.
  public let states: [(name: String, parameter: Parameter)]

  /// Saves one tensor of each weight that has one, under its name.
  func save(_ tensors: [Tensor?], to state: inout NamedState, prefix: String) {
    for ((name, _), tensor) in zip(weights, tensors) {
      if let tensor { state.tensors["\(prefix).\(name)"] = tensor }
    }
  }

  /// What `save` left, `nil` for weights that had none.
  func restoreIfPresent(from reader: NamedStateReader, prefix: String) -> [Tensor?] {
    weights.map { reader.tensorIfPresent("\(prefix).\($0.name)", like: $0.parameter.value) }
  }
}

/// How an extension takes part in a step. The optimizer uses a fused kernel where only the cases that
/// such a kernel can take along occur, in an order in which it takes them.
public enum ExtensionInfluence {
  /// Works on gradients before the rule, or on values after the step; the update passes unseen.
  case none
  /// Adds rate · θ_t, by parameter, to the update.
  case decay([Double])
  /// Multiplies the update by a number, by parameter, the same at every step.
  case multipliers([Double])
  /// Multiplies the update of all parameters by `multiplier(atStep:)`.
  case schedule
  /// Needs h_t.
  case update
  /// Sets new values from new values; needs h_t only if another extension follows that does.
  case value
}

/// An extension at work for one optimizer, with its memory. Every method has a default that does
/// nothing.
open class ExtensionState {
  public init() {}

  open var influence: ExtensionInfluence { .none }

  /// Whether `admit` looks at gradients: these are those of the whole batch then, if several ranks have parts
  /// of it.
  open var readsGradients: Bool { true }

  /// Takes the gradients of a call (`nil` for parameters without one) and passes on what the inside
  /// is to see; `nil` if this call makes no update. Called from the outside in.
  open func admit(_ gradients: [Tensor?]) -> [Tensor?]? { gradients }

  /// The number by which a schedule multiplies the update at the step with this index (from 0).
  open func multiplier(atStep step: Int) -> Double { 1 }

  /// Changes the update. Called from the inside out.
  open func transform(_ update: inout Update) {}

  /// The parameters whose history is to stand still in rows without gradient.
  open var lazyParameters: Set<Int> { [] }

  /// Told before values change, with the indices of the parameters that will.
  open func prepare(_ parameters: [Int]) {}

  /// Told after values have changed. `isTransformed` says that `transform` ran, too.
  open func finish(_ parameters: [Int], isTransformed: Bool) {}

  /// Writes the memory to a state.
  open func save(to state: inout NamedState, prefix: String) {}

  /// Reads the memory from a state; the result puts it in place, once all of the state was found good.
  open func restore(from reader: NamedStateReader, prefix: String) -> () -> Void { {} }
}

/// The update of some parameters on its way from the rule outwards: θ ← θ − γ · factor · h.
public struct Update {
  /// The parameters' indices in the optimizer.
  public let indices: [Int]
  /// θ_t.
  public let parameters: [Tensor]
  /// g_t, as the rule saw them.
  public let gradients: [Tensor]
  /// h_t so far; may be changed in place.
  public var directions: [Tensor]
  /// Multipliers that `directions` do not contain yet.
  public var factors: [Double]
  /// γ.
  public let learningRate: Double
  /// The index of this step, from 0.
  public let step: Int

  /// Multiplies the outstanding factors into the directions.
  public mutating func settle() {
    for (factor, positions) in Update.positions(by: factors) where factor != 1 {
      MultiTensor.multiply(positions.map { directions[$0] }, by: factor)
    }
    factors = Array(repeating: 1, count: factors.count)
  }

  /// Writes θ_t − γ · factor · h to the parameters; a factor of 0 leaves their bits alone.
  func commit() {
    for (factor, positions) in Update.positions(by: factors) where factor * learningRate != 0 {
      let rate = -learningRate * factor
      if positions.count == parameters.count {
        MultiTensor.add(parameters, directions, alpha: rate)
      } else {
        MultiTensor.add(
          positions.map { parameters[$0] }, positions.map { directions[$0] }, alpha: rate)
      }
    }
  }

  /// Positions with equal values together.
  private static func positions(by values: [Double]) -> [(Double, [Int])] {
    if let first = values.first, values.allSatisfy({ $0 == first }) {
      return [(first, Array(values.indices))]
    }
    return Dictionary(grouping: values.indices, by: { values[$0] }).map { ($0, $1) }
      .sorted { $0.0 < $1.0 }
  }
}
