import Memory

/// What a scalar is to a segmenter.
@frozen
public enum ScalarClass: BitwiseCopyable, Sendable {
  case other, space, digit, latin, ideograph, numeral, ordinal, dateUnit
  case numberJoiner, wordJoiner, joiner, percent, magnitude, repeated

  /// Characters that numbers are written with.
  public static let numerals = "一二三四五六七八九十百千万亿零〇两"

  public var isIdeograph: Bool {
    switch self {
    case .ideograph, .numeral, .ordinal, .dateUnit, .magnitude: true
    default: false
    }
  }

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
    set(",，:：/～", .numberJoiner)
    set("&＆'’_", .wordJoiner)
    set("%％‰", .percent)
    set("—…─", .repeated)
    for scalar in [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xA0, 0x3000, 0xFEFF] {
      table[scalar] = .space
    }
    return table
  }()

  public static func of(_ scalar: UInt32) -> ScalarClass { of(scalar, in: table) }

  /// The class of a scalar, `table` being this type's own, which loops get once.
  @inline(__always)
  static func of(_ scalar: UInt32, in table: Block<ScalarClass>) -> ScalarClass {
    if scalar < 1 << 16 { return table.pointer[Int(scalar)] }
    return scalar >= 0x20000 && scalar < 0x40000 ? .ideograph : .other
  }
}
