import Messages

/// The file of sorted keys and values under TensorFlow's checkpoints: LevelDB's table.
///
/// Blocks of entries, each key without what it shares with the one before; at the end an index block of the
/// others' places, and a footer of 48 bytes. Each block is followed by its kind of compression and the masked
/// CRC32C of both.
enum SortedTable {
  static let footerSize = 48
  private static let longestKey = 4096
  static let magic: UInt64 = 0xDB47_7524_8B80_FB57

  /// The entries in order. Throws `FileError` where the bytes break the format.
  static func entries(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> [(key: String, value: UnsafeRawBufferPointer)] {
    guard bytes.count >= footerSize else {
      throw FileError(path: path, reason: "truncated: a table has at least \(footerSize) bytes")
    }
    var footer = Cursor(
      UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - footerSize)...]), path: path)
    let end = footer.bytes.loadUnaligned(fromByteOffset: footerSize - 8, as: UInt64.self)
    guard UInt64(littleEndian: end) == magic else {
      throw FileError(path: path, reason: "is no index of a checkpoint of TensorFlow")
    }
    _ = try footer.place()
    let places = try block(bytes, footer.place(), path: path).map { entry in
      var cursor = Cursor(entry.value, path: path)
      return try cursor.place()
    }
    // Blocks that lie one over the other could make much of little.
    guard places.map(\.lowerBound) == places.map(\.lowerBound).sorted(),
      zip(places, places.dropFirst()).allSatisfy({ $0.upperBound <= $1.lowerBound })
    else { throw FileError(path: path, reason: "damaged: its blocks lie one over the other") }
    return try places.flatMap { try block(bytes, $0, path: path) }
  }

  /// The entries of one block.
  private static func block(
    _ bytes: UnsafeRawBufferPointer, _ place: Range<Int>, path: String
  ) throws -> [(key: String, value: UnsafeRawBufferPointer)] {
    let trailer = 5
    guard place.upperBound <= bytes.count - footerSize - trailer, place.count >= 4 else {
      throw FileError(path: path, reason: "damaged: a block at \(place) is not within the file")
    }
    let kind = bytes[place.upperBound]
    let sum = bytes.loadUnaligned(fromByteOffset: place.upperBound + 1, as: UInt32.self)
    let summed = UnsafeRawBufferPointer(rebasing: bytes[place.lowerBound...place.upperBound])
    guard UInt32(littleEndian: sum) == CRC32C.masked(summed) else {
      throw FileError(
        path: path, reason: "damaged: the checksum of the block at \(place.lowerBound) differs")
    }
    guard kind == 0 else {
      throw FileError(
        path: path,
        reason: "its blocks are compressed (kind \(kind)); save the checkpoint without compression")
    }
    let content = UnsafeRawBufferPointer(rebasing: bytes[place])
    let restarts = content.loadUnaligned(fromByteOffset: content.count - 4, as: UInt32.self)
    let length = content.count - 4 - 4 * Int(UInt32(littleEndian: restarts))
    guard length >= 0 else {
      throw FileError(path: path, reason: "damaged: a block has \(restarts) restarts")
    }
    var cursor = Cursor(UnsafeRawBufferPointer(rebasing: content[..<length]), path: path)
    var entries: [(key: String, value: UnsafeRawBufferPointer)] = []
    var key: [UInt8] = []
    while !cursor.isAtEnd {
      let (shared, added, size) = (try cursor.number(), try cursor.number(), try cursor.number())
      guard shared <= key.count, added <= longestKey - shared else {
        throw FileError(
          path: path, reason: "damaged: a key shares \(shared) bytes and has \(added) of its own")
      }
      key.removeSubrange(shared...)
      key += try cursor.take(added)
      entries.append((String(decoding: key, as: UTF8.self), try cursor.take(size)))
    }
    return entries
  }

  /// Reads varints.
  private struct Cursor {
    let bytes: UnsafeRawBufferPointer
    let path: String
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
      self.bytes = bytes
      self.path = path
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
      guard count <= bytes.count - offset else {
        throw FileError(path: path, reason: "truncated: expected \(count) bytes in a block")
      }
      defer { offset += count }
      return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func number() throws -> Int {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 63, by: 7) {
        let byte = try take(1)[0]
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return Int(value) }
      }
      throw FileError(path: path, reason: "damaged: a number of more than 63 bits")
    }

    /// Offset and size of a block.
    mutating func place() throws -> Range<Int> {
      let (start, size) = (try number(), try number())
      let (end, overflows) = start.addingReportingOverflow(size)
      guard !overflows else {
        throw FileError(path: path, reason: "damaged: a block of \(size) bytes")
      }
      return start..<end
    }
  }
}
