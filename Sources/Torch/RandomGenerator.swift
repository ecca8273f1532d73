import CTorch

/// A seeded source of random numbers on one device.
///
/// Every random operation takes an optional generator; without one it draws from the process-wide
/// generator of its device, which `RandomGenerator.seedAll` sets.
public final class RandomGenerator {
  let handle: CTorchGenerator
  public let device: Device

  /// A new generator. The same seed gives the same numbers on the same kind of device.
  public init(seed: UInt64, device: Device = .cpu) {
    guard let handle = LibTorch.api.make_generator(device.encoded, seed) else {
      trap(TorchError.last("a generator on \(device)"))
    }
    self.handle = handle
    self.device = device
  }

  private init(handle: CTorchGenerator, device: Device) {
    self.handle = handle
    self.device = device
  }

  deinit { LibTorch.api.release_generator(handle) }

  /// The process-wide generator of a device: what dropout and its like draw from.
  public static func shared(for device: Device = .cpu) -> RandomGenerator {
    guard let handle = LibTorch.api.default_generator(device.encoded) else {
      trap(TorchError.last("the generator of \(device)"))
    }
    return RandomGenerator(handle: handle, device: device)
  }

  /// Seeds the process-wide generators of the CPU and of every GPU.
  /// PyTorch: `manual_seed`; Keras: `set_random_seed`.
  public static func seedAll(_ seed: UInt64) {
    shared(for: .cpu).seed(seed)
    for index in 0..<Device.cudaCount { shared(for: .cuda(index)).seed(seed) }
  }

  public func seed(_ seed: UInt64) {
    if LibTorch.api.seed_generator(handle, seed) < 0 { trap(TorchError.last("seed")) }
  }

  /// The position in the sequence, as a tensor of bytes; setting it continues exactly from there.
  public var state: Tensor {
    get {
      guard let state = LibTorch.api.generator_state(handle) else {
        trap(TorchError.last("the state of a generator"))
      }
      return Tensor(owning: state)
    }
    set {
      if LibTorch.api.set_generator_state(handle, newValue.handle) < 0 {
        trap(TorchError.last("set the state of a generator"))
      }
    }
  }
}
