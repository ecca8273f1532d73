import Distributed
import Layers
import Torch

/// Sums for batch normalization over ranks, in the forward pass and, of their gradients, in the backward pass.
final class RankedBatchSums: BatchSums {
  private let communicator: Communicator
  /// What this rank's part of the batch under way counts.
  var share = 1.0
  /// Why a sum has failed; training must not go on then.
  private(set) var failure: (any Error)?

  init(_ communicator: Communicator) { self.communicator = communicator }

  var counts: Bool { share > 0 }

  func sum(_ tensor: Tensor) -> Tensor {
    let own = tensor.detach()
    let whole = withoutGradients { summed(own) }
    guard areGradientsEnabled, tensor.requiresGradient else { return whole }
    // The others' part is a constant; what their losses make of this rank's part comes by the hook.
    let sum = tensor + (whole - own)
    sum.onGradient { [self] gradient in
      withoutGradients {
        // Each rank's gradient will count as much as its part, and so must what is passed to others.
        let whole = summed(share == 0 ? .zeros(like: gradient) : gradient * share)
        return share == 0 ? .zeros(like: gradient) : whole / share
      }
    }
    return sum
  }

  private func summed(_ tensor: Tensor) -> Tensor {
    guard failure == nil else { return tensor }
    var numbers = tensor.doubles()
    do {
      try numbers.withUnsafeMutableBufferPointer { try communicator.sum($0) }
    } catch {
      failure = error
      return tensor
    }
    return Tensor(numbers, shape: tensor.shape).to(tensor.dtype).to(tensor.device)
  }
}
