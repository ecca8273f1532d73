import Datasets
import Formats
import Optimizers

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
      throw TrainingError(
        "the checkpoint was made with \(expected) batches per epoch, the data now gives "
          + "\(batchesPerEpoch)")
    }
    self.state = State(
      epoch: try state.integer("epoch"), position: try state.integer("position"))
  }
}
