/// Up to four character numbers in one integer, the first in the highest bits. Numbers are never
/// zero, so n-grams of different lengths never coincide.
enum PackedGram {
  static let bits: UInt64 = 15
  static let mask: UInt64 = (1 << 15) - 1
  static let maxLength = 4

  @inline(__always)
  static func mask(length: Int) -> UInt64 { (1 << (bits &* UInt64(length))) &- 1 }

  static func pack(_ numbers: some Sequence<UInt16>) -> UInt64 {
    numbers.reduce(0) { $0 << bits | UInt64($1) }
  }

  static func length(_ gram: UInt64) -> Int { (64 - gram.leadingZeroBitCount + 14) / 15 }

  static func characters(_ gram: UInt64) -> [UInt16] {
    let length = length(gram)
    return (0..<length).map { UInt16(gram >> (bits * UInt64(length - 1 - $0)) & mask) }
  }

  /// Each two neighbors of `numbers`, packed.
  static func pairs(_ numbers: [UInt16]) -> [UInt64] {
    zip(numbers, numbers.dropFirst()).map { UInt64($0) << bits | UInt64($1) }
  }

  /// The first `length` characters of `gram`, which has `total`.
  @inline(__always)
  static func prefix(_ gram: UInt64, _ length: Int, of total: Int) -> UInt64 {
    gram >> (bits &* UInt64(total &- length))
  }

  /// The last `length` characters of `gram`.
  @inline(__always)
  static func suffix(_ gram: UInt64, _ length: Int) -> UInt64 { gram & mask(length: length) }

  /// Scrambles all bits: the high ones choose a partition, the middle ones a slot, the low ones the
  /// part of the work when memory is short.
  @inline(__always)
  static func hash(_ key: UInt64) -> UInt64 {
    var hash = key &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
    hash = hash &* 0xBF58_476D_1CE4_E5B9
    return hash ^ (hash >> 32)
  }

  /// The key that has this hash.
  static func key(hash: UInt64) -> UInt64 {
    var key = hash ^ (hash >> 32)
    key = key &* 0x96DE_1B17_3F11_9089
    key ^= key >> 29 ^ key >> 58
    return key &* 0xF1DE_83E1_9937_733D
  }
}
