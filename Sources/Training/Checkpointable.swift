import Formats
import Layers
import Torch

/// Something that changes during training and that a checkpoint must hold.
public protocol Checkpointable: AnyObject {
  /// The present state. Tensors may be the live ones: they are written before training goes on.
  func checkpoint() -> CheckpointState
  /// Goes back to `state`. Throws if it does not belong to this object.
  func restore(_ state: CheckpointState) throws
}

/// Named tensors and plain values.
public struct CheckpointState {
  public var tensors: [String: Tensor]
  public var values: [String: JSONValue]

  public init(tensors: [String: Tensor] = [:], values: [String: JSONValue] = [:]) {
    self.tensors = tensors
    self.values = values
  }

  /// The tensor `name`; throws if it is missing.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw TrainingError("the checkpoint lacks '\(name)'") }
    return tensor
  }

  /// The integer `name`; throws if it is missing.
  public func integer(_ name: String) throws -> Int {
    guard let value = values[name]?.integerValue else {
      throw TrainingError("the checkpoint lacks '\(name)'")
    }
    return value
  }
}

extension Module: Checkpointable {
  /// The parameters by name: weights and states.
  public func checkpoint() -> CheckpointState {
    CheckpointState(
      tensors: Dictionary(
        uniqueKeysWithValues: namedParameters().map { ($0.name, $0.parameter.value) }))
  }

  /// Strict: every problem with names and shapes is listed at once, and nothing is changed then.
  public func restore(_ state: CheckpointState) throws {
    var problems: [String] = []
    var assignments: [(Parameter, Tensor)] = []
    var unused = Set(state.tensors.keys)
    for (name, parameter) in namedParameters() {
      unused.remove(name)
      guard let tensor = state.tensors[name] else {
        problems.append("'\(name)' is missing")
        continue
      }
      guard tensor.shape == parameter.shape else {
        problems.append("'\(name)' has shape \(tensor.shape), expected \(parameter.shape)")
        continue
      }
      assignments.append((parameter, tensor))
    }
    problems += unused.sorted().map { "'\($0)' is not part of this model" }
    guard problems.isEmpty else {
      throw TrainingError(
        "the checkpoint is of another model: " + problems.prefix(8).joined(separator: "; ")
          + (problems.count > 8 ? "; and \(problems.count - 8) more" : ""))
    }
    for (parameter, tensor) in assignments { parameter.assign(tensor) }
  }
}

extension Generator: Checkpointable {
  public func checkpoint() -> CheckpointState { CheckpointState(tensors: ["state": state]) }

  public func restore(_ state: CheckpointState) throws {
    self.state = try state.tensor("state").contiguous()
  }
}
