import Torch

extension Batch {
  /// The same batch on another device.
  public func moved(to device: Device) -> Batch {
    guard inputs.device != device else { return self }
    return Batch(
      inputs: inputs.to(device), labels: labels?.to(device), indices: indices, epoch: epoch,
      position: position)
  }
}
