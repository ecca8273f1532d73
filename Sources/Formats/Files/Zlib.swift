import CZlib
import Messages

/// Packing and unpacking in the zlib format (RFC 1950), in memory.
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

  /// Unpacks a stream that must hold exactly `count` bytes; `nil` if it is damaged, shorter or
  /// longer. Allocates nothing where so many bytes cannot come out of so few (zlib packs at most
  /// 1032 to 1).
  static func inflate(_ packed: [UInt8], count: Int) -> [UInt8]? {
    guard count <= packed.count.multipliedReportingOverflow(by: 1032).partialValue + 64 else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var length = uLong(count)
    let status = uncompress(&bytes, &length, packed, uLong(packed.count))
    return status == Z_OK && Int(length) == count ? bytes : nil
  }

  static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(CZlib.crc32(0, bytes.bindMemory(to: UInt8.self).baseAddress, uInt(bytes.count)))
  }
}
