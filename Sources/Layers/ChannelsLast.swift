import Torch

/// Puts images `(B, C, …)` with their channels last in storage; shape and values stay.
///
/// Convolutions keep the layout that they are given, and on CPUs most of their kernels, above all the
/// gradients of strided and transposed ones, are about twice as fast in this one.
public final class ChannelsLast: PlainLayer {
  public override func forward(_ input: Tensor) -> Tensor {
    input.rank == 4 ? input.channelsLast() : input
  }
}
