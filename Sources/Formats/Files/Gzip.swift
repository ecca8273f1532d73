/// Packing in the gzip format (RFC 1952), as HTTP sends it.
public enum Gzip {
  /// Packs `bytes`; the same bytes always give the same.
  public static func packed(_ bytes: [UInt8]) -> [UInt8] {
    // Deflate, no name, no time, unknown system.
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    result += Zlib.deflateBare(bytes)
    let check = bytes.withUnsafeBytes { Zlib.crc32($0) }
    for word in [check, UInt32(truncatingIfNeeded: bytes.count)] {
      withUnsafeBytes(of: word.littleEndian) { result += $0 }
    }
    return result
  }
}
