import Formats
import Messages
import Torch

// The bridge between tensors and the files that hold them.

extension DType {
  /// The type's name in files; `nil` for complex128, which safetensors lacks.
  public var elementType: ElementType? {
    switch self {
    case .uint8: .uint8
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    case .complex64: .complex64
    case .complex128: nil
    case .bool: .bool
    case .bfloat16: .bfloat16
    }
  }

  /// The type of a file's elements; `nil` for those that tensors do not have here (8-bit floats,
  /// unsigned integers of more than 8 bits).
  public init?(_ elementType: ElementType) {
    guard let match = DType.allCases.first(where: { $0.elementType == elementType }) else {
      return nil
    }
    self = match
  }
}

extension Tensor {
  /// The array on the CPU, with its type. Throws `InputError` for element types that tensors do not have.
  public convenience init(_ array: NumericArray) throws {
    guard let dtype = DType(array.elementType) else {
      throw InputError("an array of \(array.elementType.rawValue) cannot be a tensor")
    }
    // `withUnsafeBytes` cannot call an initializer of self.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: array.bytes.count, alignment: 16)
    defer { bytes.deallocate() }
    bytes.copyBytes(from: array.bytes)
    try self.init(bytes: UnsafeRawBufferPointer(bytes), shape: array.shape, dtype: dtype)
  }
}

extension SafetensorsTensor {
  /// A tensor to be written; its elements are fetched from its device when they are needed.
  public init(name: String, _ tensor: Tensor) {
    guard let elementType = tensor.dtype.elementType else {
      fatalError("safetensors has no \(tensor.dtype), the type of '\(name)'")
    }
    let tensor = tensor.detach()
    self.init(name: name, elementType: elementType, shape: tensor.shape) { body in
      try tensor.withBytes(body)
    }
  }
}

extension SafetensorsFile {
  /// The tensor called `name` on the CPU. Throws `FileError` if there is none, or none of its type.
  ///
  /// - Parameter mapped: Let the tensor lie in the mapped file, which is then read where it is touched
  ///   and stays open as long as the tensor lives; otherwise it is a copy. Writing to a mapped tensor
  ///   needs a file opened with `copyOnWrite`.
  public func tensor(_ name: String, mapped: Bool = false) throws -> Tensor {
    guard let entry = self[name] else {
      let near = nearestName(to: name, among: entries.map(\.name))
      throw FileError(
        path: path,
        reason: "has no tensor '\(name)'" + (near.map { "; the nearest is '\($0)'" } ?? ""))
    }
    return try tensor(entry, mapped: mapped)
  }

  public func tensor(_ entry: SafetensorsEntry, mapped: Bool = false) throws -> Tensor {
    guard let dtype = entry.elementType.flatMap(DType.init) else {
      throw FileError(
        path: path,
        reason: "tensor '\(entry.name)' holds \(entry.typeName), which tensors cannot")
    }
    let bytes = bytes(of: entry)
    do {
      // Kernels need aligned elements; other writers do not promise them.
      let isAligned = Int(bitPattern: bytes.baseAddress) % dtype.byteCount == 0
      if mapped && isAligned && !bytes.isEmpty {
        return try Tensor.onMemory(bytes, shape: entry.shape, dtype: dtype, owner: self)
      }
      return try Tensor(bytes: bytes, shape: entry.shape, dtype: dtype)
    } catch let error as TorchError {
      throw FileError(path: path, reason: "tensor '\(entry.name)': \(error.message)")
    }
  }
}

extension TorchFile {
  /// The tensor called `name`, a copy on the CPU. Throws `FileError` if there is none.
  public func tensor(_ name: String) throws -> Tensor {
    guard let entry = self[name] else {
      let near = nearestName(to: name, among: entries.map(\.name))
      throw FileError(
        path: path,
        reason: "has no tensor '\(name)'" + (near.map { "; the nearest is '\($0)'" } ?? ""))
    }
    guard let dtype = DType(entry.elementType) else {
      throw FileError(
        path: path,
        reason: "tensor '\(name)' holds \(entry.elementType.rawValue), which tensors cannot")
    }
    return try array(entry).bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: entry.shape, dtype: dtype)
    }
  }
}
