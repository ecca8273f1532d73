import Messages

/// SentencePiece's precompiled map of characters: a double-array trie (Aoe 1989) of what is replaced, and the
/// replacements, each ended by a zero byte.
struct ReplacementTable: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  var isEmpty: Bool { units.isEmpty }

  init(_ bytes: [UInt8]) throws {
    if bytes.isEmpty {
      units = []
      texts = []
      return
    }
    func word(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, case let size = Int(word(0)), size % 4 == 0, size > 0,
      size <= bytes.count - 4
    else { throw InputError("its map of replacements is damaged") }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    texts = Array(bytes[(4 + size)...])
  }

  /// The longest beginning of the bytes that is replaced: its length and the replacement.
  func longest(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (
    length: Int, text: ArraySlice<UInt8>
  )? {
    if units.isEmpty { return nil }
    var node = Self.offset(units[0])
    var found: (length: Int, text: ArraySlice<UInt8>)?
    for index in start..<bytes.count {
      node ^= Int(bytes[index])
      guard node < units.count, units[node] & (1 << 31 | 0xFF) == UInt32(bytes[index]) else {
        break
      }
      let unit = units[node]
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1, node < units.count,
        case let offset = Int(units[node] & 0x7FFF_FFFF), offset < texts.count
      {
        let end = texts[offset...].firstIndex(of: 0) ?? texts.count
        found = (index - start + 1, texts[offset..<end])
      }
    }
    return found
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
  }
}
