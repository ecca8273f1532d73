import Messages

/// Writes a zip archive member by member; members of 4 GiB and more included. The same members give the
/// same bytes.
struct ZipWriter {
  private let file: AtomicFile
  private var offset: UInt64 = 0
  private var directory: [UInt8] = []
  private var count: UInt64 = 0

  /// Writes to `file`, which must be empty and is committed by its owner.
  init(to file: AtomicFile) { self.file = file }

  mutating func add(_ name: String, _ contents: [UInt8], compressed: Bool) throws {
    let packed = compressed ? Zlib.deflateBare(contents) : contents
    let name = Array(name.utf8)
    require(name.count <= 0xffff, "a name in a zip archive of \(name.count) bytes")
    let checksum = contents.withUnsafeBytes { Zlib.crc32($0) }
    let sizes = ZipWriter.bytes(UInt64(contents.count)) + ZipWriter.bytes(UInt64(packed.count))
    // Version 4.5, names in UTF-8, method, the first day that the format knows, checksum; sizes stand
    // in the extra field for large members.
    let head =
      ZipWriter.bytes(UInt16(45)) + ZipWriter.bytes(UInt16(0x800))
      + ZipWriter.bytes(UInt16(compressed ? 8 : 0)) + ZipWriter.bytes(UInt16(0))
      + ZipWriter.bytes(UInt16(0x21)) + ZipWriter.bytes(checksum)
      + [UInt8](repeating: 0xff, count: 8) + ZipWriter.bytes(UInt16(name.count))
    let start = offset
    try write(
      ZipWriter.bytes(UInt32(0x0403_4b50)) + head + ZipWriter.bytes(UInt16(20)) + name
        + ZipWriter.bytes(UInt16(1)) + ZipWriter.bytes(UInt16(16)) + sizes)
    try write(packed)
    directory +=
      ZipWriter.bytes(UInt32(0x0201_4b50)) + ZipWriter.bytes(UInt16(45)) + head
      + ZipWriter.bytes(UInt16(28)) + [UInt8](repeating: 0, count: 10)
      + ZipWriter.bytes(UInt32.max) + name + ZipWriter.bytes(UInt16(1))
      + ZipWriter.bytes(UInt16(24)) + sizes + ZipWriter.bytes(start)
    count += 1
  }

  /// Writes the directory. Call once, last.
  mutating func finish() throws {
    let (start, size) = (offset, UInt64(directory.count))
    try write(directory)
    let end = offset
    try write(
      ZipWriter.bytes(UInt32(0x0606_4b50)) + ZipWriter.bytes(UInt64(44))
        + ZipWriter.bytes(UInt16(45)) + ZipWriter.bytes(UInt16(45))
        + [UInt8](repeating: 0, count: 8) + ZipWriter.bytes(count) + ZipWriter.bytes(count)
        + ZipWriter.bytes(size) + ZipWriter.bytes(start))
    try write(
      ZipWriter.bytes(UInt32(0x0706_4b50)) + ZipWriter.bytes(UInt32(0)) + ZipWriter.bytes(end)
        + ZipWriter.bytes(UInt32(1)))
    try write(
      ZipWriter.bytes(UInt32(0x0605_4b50)) + [UInt8](repeating: 0, count: 4)
        + [UInt8](repeating: 0xff, count: 12) + [0, 0])
  }

  private mutating func write(_ bytes: [UInt8]) throws {
    try file.write(bytes)
    offset += UInt64(bytes.count)
  }

  private static func bytes<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}
