import CTorch
import Messages

extension Tensor {
  /// A tensor with the elements of `values`, row-major, in `shape` (a vector by default).
  public convenience init<Element: TensorElement>(
    _ values: [Element], shape: [Int]? = nil, dtype: DType? = nil, device: Device = .cpu
  ) {
    let shape = shape ?? [values.count]
    let handle = values.withUnsafeBytes { bytes in
      shape.map(Int64.init).withUnsafeBufferPointer { sizes in
        LibTorch.api.tensor_from_host(
          bytes.baseAddress, Int64(bytes.count), sizes.baseAddress, Int32(shape.count),
          Element.dtype.rawValue, device.encoded)
      }
    }
    guard let handle else {
      trap(TorchError.last("Tensor(\(values.count) values, shape: \(shape))"))
    }
    guard let dtype, dtype != Element.dtype else {
      self.init(owning: handle)
      return
    }
    let converted = Tensor(owning: handle).to(dtype)
    self.init(owning: LibTorch.api.retain(converted.handle))
  }

  /// A tensor with the elements of rows of equal length, `(rows, columns)`.
  public convenience init<Element: TensorElement>(
    _ rows: [[Element]], dtype: DType? = nil, device: Device = .cpu
  ) {
    let columns = rows.first?.count ?? 0
    require(
      rows.allSatisfy { $0.count == columns },
      "Tensor expected rows of equal length, received \(rows.map(\.count))")
    self.init(rows.flatMap { $0 }, shape: [rows.count, columns], dtype: dtype, device: device)
  }

  /// A tensor with one element and no axes.
  public convenience init<Element: TensorElement>(
    _ value: Element, dtype: DType? = nil, device: Device = .cpu
  ) {
    self.init([value], shape: [], dtype: dtype, device: device)
  }

  /// A tensor of the raw little-endian bytes of its elements. Throws if their number does not fit.
  public convenience init(
    bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, device: Device = .cpu
  ) throws {
    try LibTorch.load()
    let handle = shape.map(Int64.init).withUnsafeBufferPointer { sizes in
      LibTorch.api.tensor_from_host(
        bytes.baseAddress, Int64(bytes.count), sizes.baseAddress, Int32(shape.count),
        dtype.rawValue, device.encoded)
    }
    guard let handle else { throw TorchError.last("Tensor(bytes:shape:)") }
    self.init(owning: handle)
  }

  /// A tensor on memory that it does not copy; `owner` lives as long as the tensor does.
  ///
  /// Writing to the tensor writes to that memory. Throws if the bytes do not fit the shape.
  public static func onMemory(
    _ bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, owner: AnyObject
  ) throws -> Tensor {
    try LibTorch.load()
    let expected = shape.reduce(dtype.byteCount, *)
    guard bytes.count == expected, let start = bytes.baseAddress else {
      throw TorchError(
        "a \(dtype) tensor of shape \(shape) takes \(expected) bytes, received \(bytes.count)")
    }
    let context = Unmanaged.passRetained(owner)
    let handle = shape.map(Int64.init).withUnsafeBufferPointer { sizes in
      LibTorch.api.tensor_on_host_memory(
        UnsafeMutableRawPointer(mutating: start), sizes.baseAddress, Int32(shape.count),
        dtype.rawValue, context.toOpaque(),
        { context in
          if let context { Unmanaged<AnyObject>.fromOpaque(context).release() }
        })
    }
    guard let handle else {
      context.release()
      throw TorchError.last("Tensor.onMemory")
    }
    return Tensor(owning: handle)
  }

  public static func zeros(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.zeros.tensor(shape, dtype, nil, device)
  }

  public static func ones(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.ones.tensor(shape, dtype, nil, device)
  }

  /// All elements equal to `value`.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.full.tensor(shape, value, dtype, nil, device)
  }

  /// Memory with arbitrary contents.
  public static func empty(
    _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.empty.tensor(shape, dtype, nil, device)
  }

  public static func zeros(like other: Tensor) -> Tensor { ATen.zerosLike.unary(other) }
  public static func ones(like other: Tensor) -> Tensor { ATen.onesLike.unary(other) }
  public static func empty(like other: Tensor) -> Tensor { ATen.emptyLike.unary(other) }

  public static func full(like other: Tensor, _ value: Double) -> Tensor {
    ATen.fullLike.tensor(other, value)
  }

  /// `start, start + step, …`, below `end`. PyTorch and NumPy: `arange`.
  public static func range(
    _ start: Double, _ end: Double, step: Double = 1, dtype: DType = .float32,
    device: Device = .cpu
  ) -> Tensor {
    ATen.arange.tensor(start, end, step, dtype, nil, device)
  }

  /// `0, 1, …, count − 1` as integers.
  public static func range(_ count: Int, dtype: DType = .int64, device: Device = .cpu) -> Tensor {
    ATen.arange.tensor(0, count, 1, dtype, nil, device)
  }

  /// `count` numbers from `start` to `end`, both included, equally far apart.
  public static func linspace(
    _ start: Double, _ end: Double, count: Int, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.linspace.tensor(start, end, count, dtype, nil, device)
  }

  /// The identity matrix `(n, n)`. PyTorch and NumPy: `eye`.
  public static func identity(
    _ n: Int, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    ATen.eye.tensor(n, n, dtype, nil, device)
  }
}

extension ATen {
  static let zeros = Operator("zeros")
  static let ones = Operator("ones")
  static let full = Operator("full")
  static let empty = Operator("empty", "memory_format")
  static let zerosLike = Operator("zeros_like")
  static let onesLike = Operator("ones_like")
  static let emptyLike = Operator("empty_like")
  static let fullLike = Operator("full_like")
  static let arange = Operator("arange", "start_step")
  static let linspace = Operator("linspace")
  static let eye = Operator("eye", "m")
}
