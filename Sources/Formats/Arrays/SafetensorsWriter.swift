import Messages

/// A tensor to be written: its description, and a way to its bytes at the moment they are needed.
///
/// The bytes are asked for once, one tensor after the other, so that a model on another device need
/// not be copied whole.
public struct SafetensorsTensor {
  public let name: String
  public let elementType: ElementType
  public let shape: [Int]
  /// Calls its argument with the elements' bytes: C order, little endian.
  public let withBytes: (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  public init(
    name: String, elementType: ElementType, shape: [Int],
    withBytes: @escaping (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.withBytes = withBytes
  }

  public init(name: String, _ array: NumericArray) {
    self.init(name: name, elementType: array.elementType, shape: array.shape) { body in
      try array.bytes.withUnsafeBytes(body)
    }
  }

  public init<Element: StorableElement>(name: String, _ values: [Element], shape: [Int]) {
    self.init(name: name, NumericArray(values, shape: shape))
  }
}

/// Writes safetensors files: same tensors and metadata, same bytes.
///
/// Tensors are laid out by descending element type, then by name, and the header is padded to eight
/// bytes, so each tensor is aligned to its element; the bytes equal those of the reference
/// implementation.
public enum SafetensorsWriter {
  /// Writes `tensors` to `path`, which appears whole or not at all.
  ///
  /// Throws `FileError` where the file cannot be written (a full disk leaves nothing behind). Traps
  /// on duplicate names and on bytes that do not fit a shape: those are programming mistakes.
  public static func write(
    _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to path: String
  ) throws {
    let ordered = tensors.sorted {
      $0.elementType == $1.elementType
        ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        : $0.elementType.rank > $1.elementType.rank
    }
    let header = header(of: ordered, metadata: metadata)
    try AtomicFile.write(to: path) { file in
      try file.write(header)
      for tensor in ordered {
        try tensor.withBytes { bytes in
          require(
            bytes.count == byteCount(of: tensor),
            "tensor \(tensor.name): expected \(byteCount(of: tensor)) bytes for \(tensor.shape) of "
              + "\(tensor.elementType.rawValue), received \(bytes.count)")
          try file.write(bytes)
        }
      }
    }
  }

  private static func byteCount(of tensor: SafetensorsTensor) -> Int {
    guard let count = elementCount(of: tensor.shape) else {
      fatalError("tensor \(tensor.name): impossible shape \(tensor.shape)")
    }
    return count * tensor.elementType.size
  }

  private static func header(
    of tensors: [SafetensorsTensor], metadata: [String: String]
  ) -> [UInt8] {
    var members: [JSONMember] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      members.append(
        JSONMember("__metadata__", .object(pairs.map { JSONMember($0.key, .string($0.value)) })))
    }
    var names: Set<String> = ["__metadata__"]
    var offset = 0
    for tensor in tensors {
      require(names.insert(tensor.name).inserted, "two tensors are called \(tensor.name)")
      let end = offset + byteCount(of: tensor)
      members.append(
        JSONMember(
          tensor.name,
          [
            "dtype": .string(tensor.elementType.rawValue),
            "shape": .array(tensor.shape.map { .integer($0) }),
            "data_offsets": [.integer(offset), .integer(end)],
          ]))
      offset = end
    }
    var text = Array(JSONValue.object(members).text().utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }
}
