import CZlib
import Messages

/// Packing and unpacking in the zlib format (RFC 1950) and as a bare deflate stream (RFC 1951), in memory.
enum Zlib {
  /// Packs `bytes`; `level` is 1 (fast) to 9 (small).
  static func deflate(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var packed = [UInt8](repeating: 0, count: Int(length))
    let status = compress2(&packed, &length, bytes, uLong(bytes.count), level)
    // It can fail only for want of memory, as `packed` is large enough for any input.
    require(status == Z_OK, "zlib could not pack \(bytes.count) bytes (status \(status))")
    packed.removeLast(packed.count - Int(length))
    return packed
  }

  /// Packs `bytes` without zlib's frame, as zip archives hold them.
  static func deflateBare(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    // The frame is two bytes before the stream and a checksum of four after it.
    Array(deflate(bytes, level: level).dropFirst(2).dropLast(4))
  }

  /// Unpacks a stream that must hold exactly `count` bytes; `nil` if it is damaged, shorter or
  /// longer. Allocates nothing where so many bytes cannot come out of so few (zlib packs at most
  /// 1032 to 1).
  static func inflate(_ packed: [UInt8], count: Int) -> [UInt8]? {
    guard canHold(packed.count, count) else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    var length = uLong(count)
    let status = uncompress(&bytes, &length, packed, uLong(packed.count))
    return status == Z_OK && Int(length) == count ? bytes : nil
  }

  /// As `inflate`, of a stream without zlib's frame.
  static func inflateBare(_ packed: UnsafeRawBufferPointer, count: Int) -> [UInt8]? {
    guard canHold(packed.count, count) else { return nil }
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    // One byte more than is expected, so that a stream that goes on is noticed.
    var bytes = [UInt8](repeating: 0, count: count + 1)
    let status = bytes.withUnsafeMutableBytes { output -> Int32 in
      var (read, written) = (0, 0)
      while true {
        let (input, room) = (
          min(packed.count - read, 1 << 30), min(output.count - written, 1 << 30)
        )
        stream.next_in = UnsafeMutablePointer(
          mutating: packed.baseAddress.map { ($0 + read).assumingMemoryBound(to: UInt8.self) })
        stream.avail_in = uInt(input)
        stream.next_out = output.baseAddress.map {
          ($0 + written).assumingMemoryBound(to: UInt8.self)
        }
        stream.avail_out = uInt(room)
        let status = CZlib.inflate(&stream, Z_NO_FLUSH)
        let (taken, made) = (input - Int(stream.avail_in), room - Int(stream.avail_out))
        read += taken
        written += made
        if status != Z_OK || taken + made == 0 { return status }
      }
    }
    guard status == Z_STREAM_END, Int(stream.total_out) == count else { return nil }
    bytes.removeLast()
    return bytes
  }

  private static func canHold(_ packed: Int, _ count: Int) -> Bool {
    let (limit, overflows) = packed.multipliedReportingOverflow(by: 1032)
    return overflows || count <= limit + 64
  }

  static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = CZlib.crc32(0, nil, 0)
    var start = 0
    while start < bytes.count {
      let part = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(bytes.count, start + (1 << 30))])
      crc = CZlib.crc32(crc, part.bindMemory(to: UInt8.self).baseAddress, uInt(part.count))
      start += part.count
    }
    return UInt32(crc)
  }
}
