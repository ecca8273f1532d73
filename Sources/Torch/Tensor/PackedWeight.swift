import Messages

/// A matrix in the order in which oneDNN's products read it: what a linear map of a finished model can be made of,
/// for speed.
///
/// y = act(x Wᵀ + b) in the matrix's own type, float32 or bfloat16. A product that finds its matrix in the usual order
/// puts it into this one first, at each call, which takes longer than the product itself if x has few rows; the
/// activation is applied while y is still in the cache. Nothing can be differentiated by it.
public struct PackedWeight {
  /// What is applied to the product on its way out.
  public enum Activation: Sendable {
    case none
    /// x Φ(x).
    case gelu
    /// Its approximation by tanh.
    case geluTanh
    case relu
    case silu
    case tanh

    /// oneDNN's name and the way it is computed.
    fileprivate var names: (String, String) {
      switch self {
      case .none: ("none", "")
      case .gelu: ("gelu", "none")
      case .geluTanh: ("gelu", "tanh")
      case .relu: ("relu", "")
      case .silu: ("swish", "")
      case .tanh: ("tanh", "")
      }
    }
  }

  private let packed: Tensor
  private let dtype: DType
  private let inputSize: Int

  /// - Parameter weight: `(out, in)`, float32 or bfloat16, on the CPU.
  ///
  /// `nil` if this libtorch lacks the operators.
  public init?(_ weight: Tensor) {
    require(
      weight.rank == 2 && weight.device == .cpu
        && (weight.dtype == .float32 || weight.dtype == .bfloat16),
      "PackedWeight expected a matrix of float32 or bfloat16 on the CPU, received \(weight.summary)"
    )
    guard Self.linear != nil, let results = try? Self.reorder?.call([weight.detach(), nil]),
      case .tensor(let packed)? = results.first
    else { return nil }
    self.packed = packed
    dtype = weight.dtype
    inputSize = weight.size(1)
  }

  /// Whether `input` can be multiplied: it has the matrix's type and nobody asks for gradients.
  public func suits(_ input: Tensor) -> Bool {
    input.dtype == dtype && input.device == .cpu && !areGradientsEnabled
  }

  /// `(…, in)` to `(…, out)`.
  public func callAsFunction(_ input: Tensor, bias: Tensor?, activation: Activation = .none)
    -> Tensor
  {
    require(
      input.size(-1) == inputSize && input.dtype == dtype,
      "PackedWeight expected \(dtype) with last axis \(inputSize), received \(input.summary)")
    let (name, algorithm) = activation.names
    let results = try? Self.linear?.call([input, packed, bias, name, [Double](), algorithm])
    guard case .tensor(let output)?? = results?.first else {
      fatalError("oneDNN refused a linear map, \(input.summary)")
    }
    return output
  }

  private static let reorder = try? Operator(named: "mkldnn::_reorder_linear_weight")
  private static let linear = try? Operator(named: "mkldnn::_linear_pointwise")
}
