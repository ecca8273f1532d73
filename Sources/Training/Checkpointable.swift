import Datasets
import Formats
import Layers
import Messages
import Optimizers
import Torch

/// Something that changes during training and that a checkpoint must hold.
public protocol Checkpointable: AnyObject {
  /// The present state. Tensors may be the live ones: they are written before training goes on.
  func checkpoint() -> CheckpointState
  /// Goes back to `state`. Throws, and changes nothing, if it does not belong to this object.
  func restore(_ state: CheckpointState) throws
}

extension Module: Checkpointable {
  /// Weights and states by name.
  public func checkpoint() -> CheckpointState {
    CheckpointState(
      tensors: Dictionary(
        uniqueKeysWithValues: namedParameters().map { ($0.name, $0.parameter.value) }))
  }

  public func restore(_ state: CheckpointState) throws {
    try load(state.tensors, source: state.origin)
  }
}

extension Optimizer: Checkpointable {
  public func checkpoint() -> CheckpointState {
    let state = self.state
    return CheckpointState(
      tensors: state.tensors, values: state.numbers.mapValues { .number($0) })
  }

  public func restore(_ state: CheckpointState) throws {
    try restore(
      OptimizerState(
        tensors: state.tensors, numbers: state.values.compactMapValues(\.doubleValue)))
  }
}

extension BatchLoader: Checkpointable {
  public func checkpoint() -> CheckpointState {
    CheckpointState(values: [
      "epoch": .integer(state.epoch), "position": .integer(state.position),
      "batchesPerEpoch": .integer(batchesPerEpoch),
    ])
  }

  public func restore(_ state: CheckpointState) throws {
    let expected = try state.integer("batchesPerEpoch")
    guard expected == batchesPerEpoch else {
      throw InputError(
        "\(state.origin) was made with \(expected) batches per epoch, the data now gives "
          + "\(batchesPerEpoch)")
    }
    let place = State(epoch: try state.integer("epoch"), position: try state.integer("position"))
    guard place.epoch >= 0, 0..<batchesPerEpoch ~= place.position else {
      throw InputError("\(state.origin) says batch \(place.position) of \(batchesPerEpoch)")
    }
    self.state = place
  }
}

extension RandomGenerator: Checkpointable {
  public func checkpoint() -> CheckpointState { CheckpointState(tensors: ["state": state]) }

  public func restore(_ state: CheckpointState) throws {
    let bytes = try state.tensor("state")
    let present = self.state
    guard bytes.shape == present.shape, bytes.dtype == present.dtype else {
      throw InputError(
        "\(state.origin) holds the state of another random generator: \(bytes.summary), expected "
          + "\(present.summary)")
    }
    self.state = bytes
  }
}
