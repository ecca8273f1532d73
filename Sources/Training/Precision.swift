import Messages
import Parallel
import Torch

/// The element type that the forward pass computes in.
public enum Precision: String, Sendable, CaseIterable {
  /// bfloat16 where the device gains from it, float32 elsewhere.
  case auto
  case fp32
  /// Mixed precision: weights and updates in float32, matrix products and convolutions in bfloat16.
  case bf16

  /// Reads `auto`, `fp32`, `bf16`; throws `OptionError` for anything else.
  public init(parsing text: String) throws {
    guard let precision = Precision(rawValue: text) else {
      throw OptionError(
        "precision",
        expected: "one of " + Precision.allCases.map(\.rawValue).joined(separator: ", "),
        received: "'\(text)'")
    }
    self = precision
  }

  /// The type to autocast to on `device` (`nil`: none), and the reason in a few words for the log.
  public func choice(for device: Device) -> (dtype: DType?, reason: String) {
    switch (self, device.kind) {
    case (.fp32, _): return (nil, "float32 as asked")
    case (.bf16, _): return (.bfloat16, "bfloat16 autocast as asked")
    case (.auto, .cuda):
      guard let capability = Device.cudaCapability(device.index) else {
        return (nil, "float32: the capability of \(device) is unknown")
      }
      let name = "compute capability \(capability.major).\(capability.minor)"
      return capability.major >= 8
        ? (.bfloat16, "bfloat16 autocast: \(name)") : (nil, "float32: \(name) is below 8.0")
    case (.auto, .cpu):
      // Vector bfloat16 instructions alone lose on small layers what they gain on large ones.
      return Processor.current.hasAMX
        ? (.bfloat16, "bfloat16 autocast: the processor has AMX")
        : (nil, "float32: the processor has no AMX, without which bfloat16 gains little")
    case (.auto, .mps): return (nil, "float32 on mps")
    }
  }
}
