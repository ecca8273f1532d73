import Messages

/// A matrix of whole numbers from −127 to 127 with a scale for each row: what a linear map of a finished model can
/// be made of, for speed.
///
/// y = x Wᵀ + b with x rounded to 256 steps between its least and its greatest number, anew for each call (dynamic
/// quantization), products in whole numbers by oneDNN. Nothing can be differentiated by it.
public struct Int8Weight {
  private let packed: Tensor
  private let scales: Tensor
  private let zeros: Tensor
  private let inputSize: Int

  /// - Parameter weight: `(out, in)`, floating-point, on the CPU.
  ///
  /// Throws `InputError` if this libtorch lacks the operators.
  public init(_ weight: Tensor) throws {
    require(
      weight.rank == 2 && weight.device == .cpu,
      "Int8Weight expected a matrix on the CPU, received \(weight.summary)")
    guard let prepack = Self.prepack, Self.linear != nil else {
      throw InputError("this libtorch has no linear maps of 8-bit numbers; bf16 or fp32 would work")
    }
    let weight = weight.detach().to(.float32)
    let scales = (weight.abs().max(axis: 1) / 127).clamp(minimum: 1e-12)
    let rounded = (weight / scales.expandingAxis(1)).round().to(.int8).contiguous()
    guard case .tensor(let packed)? = try prepack.call([rounded, nil]).first else {
      throw InputError("this libtorch packs no matrices of 8-bit numbers")
    }
    self.packed = packed
    self.scales = scales
    zeros = Tensor.zeros([weight.size(0)], dtype: .int64)
    inputSize = weight.size(1)
  }

  /// `(…, in)` to `(…, out)`, in the type of `input`.
  public func callAsFunction(_ input: Tensor, bias: Tensor?) -> Tensor {
    require(
      input.size(-1) == inputSize,
      "Int8Weight expected last axis \(inputSize), received shape \(input.shape)")
    let rows = input.to(.float32).reshaped(-1, inputSize)
    let extremes = ATen.extremes.tensors(rows)
    let (least, greatest) = (Swift.min(extremes[0].item(), 0), Swift.max(extremes[1].item(), 0))
    let scale = Swift.max((greatest - least) / 255, 1e-12)
    let zero = Int((-least / scale).rounded())
    // Halves are added so that cutting off what is behind the point rounds.
    let steps = ATen.addScaled.tensor(Tensor(Float(zero) + 0.5), rows, 1 / scale)
    let results = try? Self.linear?.call([
      steps.clamp(minimum: 0, maximum: 255).to(.uint8), scale, zero, packed, scales, zeros,
      bias?.to(.float32), 1.0, 0, DType.float32, "none", [Double](), "",
    ])
    guard case .tensor(let output)?? = results?.first else {
      fatalError("oneDNN refused a linear map of 8-bit numbers, \(input.summary)")
    }
    return output.reshaped(input.shape.dropLast() + [output.size(1)]).to(input.dtype)
  }

  private static let prepack = try? Operator(named: "onednn::qlinear_prepack")
  private static let linear = try? Operator(named: "onednn::qlinear_pointwise")
}

extension ATen {
  static let extremes = Operator("aminmax")
  static let addScaled = Operator("add", "Tensor")
}
