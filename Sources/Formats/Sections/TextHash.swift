import Foundation

/// The hash of `TextTable`: eight bytes at a time, each multiplied and folded (as wyhash does).
public enum TextHash {
  @inline(__always)
  public static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let start = bytes.baseAddress else { return fold(1, 0x9E37_79B9_7F4A_7C15) }
    return hash(start, bytes.count)
  }

  @inline(__always)
  public static func hash(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(start)
    var state = UInt64(truncatingIfNeeded: count) &+ 1
    var offset = 0
    while offset &+ 8 <= count {
      let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      state = fold(state ^ word, 0x9E37_79B9_7F4A_7C15)
      offset &+= 8
    }
    if offset < count {
      var word: UInt64 = 0
      if count >= 8 {
        // The last eight bytes, some of them for the second time.
        word = raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self).littleEndian
      } else {
        while offset < count {
          word = word << 8 | UInt64(start[offset])
          offset &+= 1
        }
      }
      state = fold(state ^ word, 0xD1B5_4A32_D192_ED03)
    }
    return fold(state, 0xA076_1D64_78BD_642F)
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (a ^ 0xE703_7ED1_A0B4_28DB).multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// The slot where the search for `tag` (32 bits) begins.
  @inline(__always)
  static func place(_ tag: UInt64, _ slotCount: Int) -> Int {
    Int(truncatingIfNeeded: (tag &* UInt64(truncatingIfNeeded: slotCount)) >> 32)
  }

  @inline(__always)
  public static func areEqual(
    _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count > 0, let a = a.baseAddress, let c = b.baseAddress else { return true }
    return memcmp(a, c, b.count) == 0
  }

  /// Whether the bytes are UTF-8 as Unicode defines it: shortest forms, no surrogates, nothing beyond U+10FFFF.
  static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    func follows(_ offset: Int) -> Bool { bytes[index &+ offset] & 0xC0 == 0x80 }
    while index < bytes.count {
      let first = bytes[index]
      let left = bytes.count &- index
      if first < 0x80 {
        index &+= 1
      } else if first & 0xF0 == 0xE0, left >= 3, follows(1), follows(2) {
        let second = bytes[index &+ 1]
        if first == 0xE0 && second < 0xA0 || first == 0xED && second > 0x9F { return false }
        index &+= 3
      } else if first >= 0xC2, first < 0xE0, left >= 2, follows(1) {
        index &+= 2
      } else if first >= 0xF0, first < 0xF5, left >= 4, follows(1), follows(2), follows(3) {
        let second = bytes[index &+ 1]
        if first == 0xF0 && second < 0x90 || first == 0xF4 && second > 0x8F { return false }
        index &+= 4
      } else {
        return false
      }
    }
    return true
  }
}
