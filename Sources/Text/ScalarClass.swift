import Memory

/// What a scalar is to a segmenter.
@frozen
public enum ScalarClass: UInt8, BitwiseCopyable, Sendable {
  case other, space, digit, latin, ideograph, numeral, ordinal, dateUnit
  case numberJoiner, wordJoiner, joiner, percent, magnitude, repeated
  /// Belongs to the character before it; half of a flag; nothing that anybody sees.
  case extending, regional, ignorable

  /// Characters that numbers are written with.
  public static let numerals = "一二三四五六七八九十百千万亿零〇两"

  public var isIdeograph: Bool {
    switch self {
    case .ideograph, .numeral, .ordinal, .dateUnit, .magnitude: true
    default: false
    }
  }

  /// No character of its own: a mark on the one before, or nothing that anybody sees.
  @inlinable public var isPartOfCharacter: Bool { self == .extending || self == .ignorable }

  static let table: Block<ScalarClass> = {
    let table = Block<ScalarClass>(repeating: .other, count: 1 << 16)
    func set(_ range: ClosedRange<Int>, _ value: ScalarClass) {
      for scalar in range { table[scalar] = value }
    }
    func set(_ text: String, _ value: ScalarClass) {
      for scalar in text.unicodeScalars { table[Int(scalar.value)] = value }
    }
    for range in [0x41...0x5A, 0x61...0x7A, 0xFF21...0xFF3A, 0xFF41...0xFF5A] { set(range, .latin) }
    // Accented Latin, Greek, Cyrillic, kana, Hangul: letters that words are written with.
    for range in [
      0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F, 0x370...0x3FF, 0x400...0x52F, 0x1E00...0x1EFF,
      0x3041...0x3096, 0x30A1...0x30FA, 0x30FC...0x30FE, 0xAC00...0xD7A3,
    ] { set(range, .latin) }
    set(0x30...0x39, .digit)
    set(0xFF10...0xFF19, .digit)
    for range in [0x4E00...0x9FFF, 0x3400...0x4DBF, 0xF900...0xFAFF, 0x3007...0x3007] {
      set(range, .ideograph)
    }
    set(numerals, .numeral)
    set("第", .ordinal)
    set("年月日时分", .dateUnit)
    set("余多", .magnitude)
    set(".．-－·", .joiner)
    set(",:：/～", .numberJoiner)
    set("&＆'’_", .wordJoiner)
    set("%％‰", .percent)
    set("—…─", .repeated)
    set("℃℉", .percent)
    for scalar in 0..<(1 << 16) where isSpace(UInt32(scalar)) { table[scalar] = .space }
    for range in extendingRanges {
      set(Int(range.lowerBound)...Int(min(range.upperBound, 0xFFFF)), .extending)
    }
    for scalar in ignorableScalars { table[Int(scalar)] = .ignorable }
    return table
  }()

  /// What separates words wherever text is read: Unicode's white space, and controls that end a line.
  public static func isSpace(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Scalars that nobody sees and that separate nothing: zero-width spaces and joiners of words, soft
  /// hyphens, marks of direction, byte order marks inside a text.
  static let ignorableScalars: [UInt32] = [
    0xAD, 0x61C, 0x180E, 0x200B, 0x200C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
    0x2060,
    0x2061, 0x2062, 0x2063, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF,
  ]

  /// Scalars that belong to the character before them (UAX 29): combining marks, variation selectors,
  /// the zero-width joiner, the frame of keycaps.
  static let extendingRanges: [ClosedRange<UInt32>] = [
    0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F, 0x900...0x903,
    0x93A...0x93C, 0x93E...0x94F, 0xE31...0xE31, 0xE34...0xE3A, 0xE47...0xE4E, 0x1AB0...0x1AFF,
    0x1DC0...0x1DFF, 0x200D...0x200D, 0x20D0...0x20FF, 0x302A...0x302F, 0x3099...0x309A,
    0xFE00...0xFE0F, 0xFE20...0xFE2F,
  ]

  public static func of(_ scalar: UInt32) -> ScalarClass { of(scalar, in: table) }

  /// The class of a scalar, `table` being this type's own, which loops get once.
  @inline(__always)
  static func of(_ scalar: UInt32, in table: Block<ScalarClass>) -> ScalarClass {
    if scalar < 1 << 16 { return table.pointer[Int(scalar)] }
    if scalar >= 0x20000, scalar < 0x40000 { return .ideograph }
    // Skin tones, tags, further variation selectors.
    if scalar >= 0x1F3FB, scalar <= 0x1F3FF || scalar >= 0xE0020 && scalar <= 0xE01EF {
      return .extending
    }
    return scalar >= 0x1F1E6 && scalar <= 0x1F1FF ? .regional : .other
  }
}
