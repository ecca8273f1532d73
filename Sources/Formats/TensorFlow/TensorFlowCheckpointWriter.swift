import Foundation
import Messages

/// Writes checkpoints of TensorFlow's second format, in one data file: `NAME.index` and
/// `NAME.data-00000-of-00001`.
public enum TensorFlowCheckpointWriter {
  /// A variable, whose row-major little-endian numbers are asked for when it is written.
  public struct Variable {
    public var name: String
    public var elementType: ElementType
    public var shape: [Int]
    public var bytes: () -> [UInt8]

    public init(
      name: String, elementType: ElementType, shape: [Int], bytes: @escaping () -> [UInt8]
    ) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.bytes = bytes
    }
  }

  /// - Parameter path: Ends with `.index`; the data file stands beside it.
  ///
  /// Throws `FileError`. Traps if two variables have one name, or one has bytes of another size than its shape.
  public static func write(_ variables: [Variable], to path: String) throws {
    require(
      path.hasSuffix(".index") && Set(variables.map(\.name)).count == variables.count,
      "TensorFlowCheckpointWriter expected a path that ends with .index and variables of different names, "
        + "received \(path)")
    // The table is sorted by bytes.
    let sorted = variables.sorted {
      Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8))
    }
    var header = ProtobufWriter()
    header.integer(1, 1)
    header.message(3) { $0.integer(1, 1) }
    var entries: [(key: [UInt8], value: [UInt8])] = [([], header.bytes)]
    let stem = path.dropLast(".index".count)
    try AtomicFile.write(to: "\(stem).data-00000-of-00001") { file in
      var offset = 0
      for variable in sorted {
        let bytes = variable.bytes()
        entries.append((Array(variable.name.utf8), try entry(variable, bytes, at: offset)))
        try file.write(bytes)
        offset += bytes.count
      }
    }
    try AtomicFile.write(SortedTable.bytes(of: entries), to: path)
  }

  private static func entry(
    _ variable: Variable, _ bytes: [UInt8], at offset: Int
  ) throws -> [UInt8] {
    guard
      let type = TensorFlowCheckpoint.elementTypes.first(where: { $0.value == variable.elementType }
      )
    else { throw InputError("TensorFlow has no \(variable.elementType)") }
    require(
      variable.shape.reduce(variable.elementType.size, *) == bytes.count,
      "variable \(variable.name) of shape \(variable.shape) has \(bytes.count) bytes")
    var message = ProtobufWriter()
    message.integer(1, type.key)
    message.message(2) { shape in
      for size in variable.shape { shape.message(2) { $0.integer(1, size) } }
    }
    message.integer(4, offset)
    message.integer(5, bytes.count)
    message.fixed32(6, bytes.withUnsafeBytes { CRC32C.masked($0) })
    return message.bytes
  }
}

extension SortedTable {
  /// The file of entries, which are sorted by key: one block, uncompressed.
  static func bytes(of entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    var file: [UInt8] = []
    /// Appends a block and gives its place as two varints.
    func append(_ entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
      let content = block(entries) + [0]
      var place = ProtobufWriter()
      place.varint(UInt64(file.count))
      place.varint(UInt64(content.count - 1))
      file += content
      let sum = content.withUnsafeBytes { CRC32C.masked($0) }
      file += withUnsafeBytes(of: sum.littleEndian, Array.init)
      return place.bytes
    }
    let places = append(entries)
    let others = append([])
    let index = append([(entries.last?.key ?? [], places)])
    var footer = others + index
    footer += [UInt8](repeating: 0, count: footerSize - 8 - footer.count)
    footer += withUnsafeBytes(of: magic.littleEndian, Array.init)
    return file + footer
  }

  private static func block(_ entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    // Every so many entries a key stands whole, for searches.
    let interval = 16
    var writer = ProtobufWriter()
    var restarts: [UInt32] = []
    var before: [UInt8] = []
    for (number, entry) in entries.enumerated() {
      var shared = 0
      if number % interval == 0 {
        restarts.append(UInt32(writer.bytes.count))
      } else {
        shared = zip(before, entry.key).prefix { $0 == $1 }.count
      }
      writer.varint(UInt64(shared))
      writer.varint(UInt64(entry.key.count - shared))
      writer.varint(UInt64(entry.value.count))
      writer.append(entry.key[shared...] + entry.value)
      before = entry.key
    }
    if restarts.isEmpty { restarts = [0] }
    for restart in restarts + [UInt32(restarts.count)] {
      writer.append(withUnsafeBytes(of: restart.littleEndian, Array.init))
    }
    return writer.bytes
  }
}
