import Memory

/// One line of text as scalars with their places in the bytes; reused from line to line.
final class ScalarLine {
  private(set) var scalars = Block<UInt32>(uninitializedCount: 1024)
  /// Where each scalar begins; one more at the end.
  private(set) var offsets = Block<Int32>(uninitializedCount: 1025)
  private(set) var classes = Block<UInt8>(uninitializedCount: 1024)
  private(set) var count = 0

  /// Decodes UTF-8; a byte that belongs to no scalar becomes U+FFFD.
  func decode(_ bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.count > scalars.count {
      let room = bytes.count * 3 / 2
      scalars = Block(uninitializedCount: room)
      offsets = Block(uninitializedCount: room + 1)
      classes = Block(uninitializedCount: room)
    }
    var index = 0
    var found = 0
    let end = bytes.count
    while index < end {
      let byte = bytes[index]
      var scalar: UInt32 = 0xFFFD
      var width = 1
      if byte < 0x80 {
        scalar = UInt32(byte)
      } else if byte >= 0xE0, byte < 0xF0, index &+ 2 < end, bytes[index &+ 1] & 0xC0 == 0x80,
        bytes[index &+ 2] & 0xC0 == 0x80
      {
        let value =
          UInt32(byte & 15) << 12 | UInt32(bytes[index &+ 1] & 63) << 6
          | UInt32(bytes[index &+ 2] & 63)
        if value >= 0x800, !(value >= 0xD800 && value < 0xE000) {
          scalar = value
          width = 3
        }
      } else if byte >= 0xC2, byte < 0xE0, index &+ 1 < end, bytes[index &+ 1] & 0xC0 == 0x80 {
        scalar = UInt32(byte & 31) << 6 | UInt32(bytes[index &+ 1] & 63)
        width = 2
      } else if byte >= 0xF0, byte < 0xF5, index &+ 3 < end, bytes[index &+ 1] & 0xC0 == 0x80,
        bytes[index &+ 2] & 0xC0 == 0x80, bytes[index &+ 3] & 0xC0 == 0x80
      {
        let value =
          UInt32(byte & 7) << 18 | UInt32(bytes[index &+ 1] & 63) << 12
          | UInt32(bytes[index &+ 2] & 63) << 6 | UInt32(bytes[index &+ 3] & 63)
        if value >= 0x10000, value < 0x110000 {
          scalar = value
          width = 4
        }
      }
      scalars.pointer[found] = scalar
      offsets.pointer[found] = Int32(truncatingIfNeeded: index)
      classes.pointer[found] = ScalarClass.of(scalar)
      found &+= 1
      index &+= width
    }
    offsets.pointer[found] = Int32(truncatingIfNeeded: end)
    count = found
  }
}
