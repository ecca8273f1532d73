import Foundation
import Messages

/// A variable of a TensorFlow checkpoint.
public struct TensorFlowEntry: Sendable, Equatable {
  public let name: String
  public let elementType: ElementType
  public let shape: [Int]
  let shard: Int
  let byteRange: Range<Int>
  let checksum: UInt32
}

/// A checkpoint of TensorFlow's second format: `NAME.index`, a table of variables, and their bytes in
/// `NAME.data-00000-of-00001`, …, mapped into memory.
///
/// Variables of numbers and truth values are read; others (strings, such as a graph of objects) and parts of
/// partitioned variables are passed over.
public final class TensorFlowCheckpoint: Sendable {
  /// The path of the index.
  public let path: String
  /// The variables, sorted by name.
  public let entries: [TensorFlowEntry]
  private let shards: [MappedFile]
  private let indexByName: [String: Int]

  /// Opens `NAME.index` and its data files. Throws `FileError` where one is missing or damaged.
  public init(path: String) throws {
    guard path.hasSuffix(".index") else {
      throw FileError(path: path, reason: "is no index: a name ending with .index was expected")
    }
    self.path = path
    let file = try MappedFile(path: path)
    let (shardCount, entries) = try TensorFlowCheckpoint.parse(file.bytes, path: path)
    let stem = path.dropLast(".index".count)
    shards = try (0..<shardCount).map {
      try MappedFile(path: "\(stem).data-" + Self.digits($0) + "-of-" + Self.digits(shardCount))
    }
    for entry in entries where entry.byteRange.upperBound > shards[entry.shard].bytes.count {
      throw FileError(
        path: shards[entry.shard].path,
        reason: "truncated: variable \(entry.name.quotedForMessage) ends at "
          + "\(entry.byteRange.upperBound) of \(shards[entry.shard].bytes.count) bytes")
    }
    self.entries = entries
    indexByName = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The variable called `name`, or `nil`.
  public subscript(name: String) -> TensorFlowEntry? { indexByName[name].map { entries[$0] } }

  /// The bytes of a variable in the mapping, row-major and little endian, held against their checksum; valid
  /// while this object lives. Throws `FileError` if they are damaged.
  public func bytes(of entry: TensorFlowEntry) throws -> UnsafeRawBufferPointer {
    let shard = shards[entry.shard]
    let bytes = UnsafeRawBufferPointer(rebasing: shard.bytes[entry.byteRange])
    guard CRC32C.masked(bytes) == entry.checksum else {
      throw FileError(
        path: shard.path,
        reason: "damaged: the checksum of variable \(entry.name.quotedForMessage) differs")
    }
    return bytes
  }

  // MARK: - Parsing

  /// The number of data files and the variables of an index. Throws `FileError` naming `path`.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> (shardCount: Int, entries: [TensorFlowEntry]) {
    let table = try SortedTable.entries(bytes, path: path)
    do {
      guard let header = table.first, header.key.isEmpty else {
        throw FileError(path: path, reason: "damaged: its table does not begin with a header")
      }
      let shardCount = try self.shardCount(header.value, path: path)
      let entries = try table.dropFirst().compactMap {
        try entry($0.key, $0.value, shardCount: shardCount, path: path)
      }
      return (shardCount, entries)
    } catch is ProtobufReader.Malformed {
      throw FileError(path: path, reason: "damaged: an entry of its table is no message")
    }
  }

  private static func shardCount(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Int {
    var reader = ProtobufReader(bytes)
    var count = 1
    while let (field, value) = try reader.next() {
      switch field {
      case 1: count = value.integer ?? 0
      case 2 where value.integer != 0:
        throw FileError(path: path, reason: "its numbers are big endian")
      default: break
      }
    }
    guard 1...99999 ~= count else {
      throw FileError(path: path, reason: "damaged: it names \(count) data files")
    }
    return count
  }

  /// `nil` for what no tensor can hold.
  private static func entry(
    _ name: String, _ bytes: UnsafeRawBufferPointer, shardCount: Int, path: String
  ) throws -> TensorFlowEntry? {
    var reader = ProtobufReader(bytes)
    var (type, shape, shard, offset, size, checksum) = (0, [Int](), 0, 0, 0, UInt32(0))
    var isPartitioned = false
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, _): type = value.integer ?? 0
      case (2, .data(let message)): shape = try self.shape(message)
      case (3, _): shard = value.integer ?? -1
      case (4, _): offset = value.integer ?? -1
      case (5, _): size = value.integer ?? -1
      case (6, .fixed32(let sum)): checksum = sum
      case (7, _): isPartitioned = true
      default: break
      }
    }
    guard let elementType = elementTypes[type], !isPartitioned else { return nil }
    let (end, overflows) = offset.addingReportingOverflow(size)
    guard 0..<shardCount ~= shard, offset >= 0, size >= 0, !overflows,
      let count = elementCount(of: shape),
      !count.multipliedReportingOverflow(by: elementType.size).overflow,
      count * elementType.size == size
    else {
      throw FileError(
        path: path,
        reason: "damaged: variable \(name.quotedForMessage) of shape \(shape) has \(size) bytes at "
          + "\(offset) of data file \(shard)")
    }
    return TensorFlowEntry(
      name: name, elementType: elementType, shape: shape, shard: shard, byteRange: offset..<end,
      checksum: checksum)
  }

  private static func shape(_ bytes: UnsafeRawBufferPointer) throws -> [Int] {
    var reader = ProtobufReader(bytes)
    var shape: [Int] = []
    while let (field, value) = try reader.next() {
      guard field == 2, let message = value.data else { continue }
      var size = 0
      var dimension = ProtobufReader(message)
      while let (field, value) = try dimension.next() {
        if field == 1 { size = value.integer ?? -1 }
      }
      shape.append(size)
    }
    return shape
  }

  /// TensorFlow's numbers of the types.
  static let elementTypes: [Int: ElementType] = [
    1: .float32, 2: .float64, 3: .int32, 4: .uint8, 5: .int16, 6: .int8, 9: .int64, 10: .bool,
    14: .bfloat16, 19: .float16, 22: .uint32, 23: .uint64,
  ]

  private static func digits(_ number: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }
}
