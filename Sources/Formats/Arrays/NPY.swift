import Messages

/// NumPy's array files (`.npy`), versions 1, 2 and 3.
///
/// Read: every real type of `ElementType` that NumPy has, either byte order, C and Fortran order
/// (both come out in C order). Structured, object and text arrays are refused. Written: version 1,
/// little endian, C order.
public enum NPY {
  public static func read(path: String) throws -> NumericArray {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) { try parse(file.bytes, path: path) }
  }

  /// Parses a whole file. Throws `FileError` naming `path`; allocates no more than the array.
  public static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws -> NumericArray {
    var cursor = ByteCursor(bytes, path: path)
    let magic = try cursor.take(6, "npy signature")
    guard magic.elementsEqual([0x93] + Array("NUMPY".utf8)) else {
      throw FileError(path: path, reason: "not an npy file: it does not start with \\x93NUMPY")
    }
    let version = try cursor.take(2, "npy version")[0]
    let length: Int
    switch version {
    case 1: length = Int(try cursor.littleEndian(UInt16.self, "npy header length"))
    case 2, 3: length = Int(try cursor.littleEndian(UInt32.self, "npy header length"))
    default:
      throw FileError(path: path, reason: "npy version \(version), expected 1, 2 or 3")
    }
    let text = try cursor.take(length, "npy header")
    let header: NPYHeader
    do {
      header = try NPYHeader(parsing: String(decoding: text, as: UTF8.self))
    } catch let problem as NPYHeader.Problem {
      throw FileError(path: path, reason: "not a valid npy file: \(problem.reason)")
    }
    guard let count = elementCount(of: header.shape),
      case (let size, false) = count.multipliedReportingOverflow(by: header.elementType.size)
    else { throw FileError(path: path, reason: "npy shape \(header.shape) is too large") }
    guard size == cursor.remaining else {
      throw FileError(
        path: path,
        reason: "npy shape \(header.shape) of \(header.elementType.rawValue) takes \(size) bytes, "
          + "found \(cursor.remaining)")
    }
    var data = Array(try cursor.take(size, "npy data"))
    if header.isBigEndian { reverseBytes(of: &data, width: header.elementType.swapWidth) }
    if header.isFortranOrder, header.shape.count > 1, !data.isEmpty {
      data = cOrder(data, shape: header.shape, width: header.elementType.size)
    }
    return NumericArray(elementType: header.elementType, shape: header.shape, bytes: data)
  }

  /// Writes `array` to `path`, whole or not at all.
  ///
  /// Throws `FileError` if NumPy has no such element type (bfloat16, 8-bit floats).
  public static func write(_ array: NumericArray, to path: String) throws {
    let header = try header(of: array, path: path)
    try AtomicFile.write(to: path) { file in
      try file.write(header)
      try file.write(array.bytes)
    }
  }

  /// All of a file but the elements.
  static func header(of array: NumericArray, path: String) throws -> [UInt8] {
    guard let descriptor = NPYHeader.descriptor(of: array.elementType) else {
      throw FileError(
        path: path,
        reason:
          "NumPy has no type for \(array.elementType.rawValue); convert to F32, or write safetensors"
      )
    }
    let list = array.shape.map(String.init).joined(separator: ", ")
    let shape = array.shape.count == 1 ? "(\(list),)" : "(\(list))"
    var header = Array(
      "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    // Signature, version and length take ten bytes; the data starts at a multiple of 64.
    while (header.count + 11) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    require(header.count <= 0xffff, "npy header of \(array.shape.count) dimensions")
    return [0x93] + Array("NUMPY".utf8)
      + [1, 0, UInt8(header.count & 0xff), UInt8(header.count >> 8)] + header
  }

  /// Fortran order (first index fastest) to C order.
  private static func cOrder(_ bytes: [UInt8], shape: [Int], width: Int) -> [UInt8] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    return bytes.withUnsafeBytes {
      StridedElements.inRowMajorOrder($0, from: 0, shape: shape, strides: strides, width: width)
    }
  }
}

extension ElementType {
  /// Bytes that swap together between byte orders: a complex number is two of them.
  var swapWidth: Int { self == .complex64 ? 4 : size }
}

/// Reverses each group of `width` bytes: big endian to little endian and back.
func reverseBytes(of bytes: inout [UInt8], width: Int) {
  guard width > 1 else { return }
  var start = 0
  while start + width <= bytes.count {
    bytes[start..<start + width].reverse()
    start += width
  }
}
