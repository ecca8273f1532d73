/// The alphabets of formulas. Browsers ignore MathML's `mathvariant` but for `normal`, so that letters are
/// written as the mathematical letters of Unicode.
enum TeXFont: Sendable {
  case italic, upright, bold, boldItalic, doubleStruck, script, fraktur, sansSerif, monospaced

  static let commands: [String: TeXFont] = [
    "mathrm": .upright, "mathnormal": .italic, "mathit": .italic, "mathbf": .bold,
    "boldsymbol": .boldItalic, "bm": .boldItalic, "pmb": .boldItalic, "mathbb": .doubleStruck,
    "mathds": .doubleStruck, "Bbb": .doubleStruck, "mathcal": .script, "mathscr": .script,
    "mathfrak": .fraktur, "mathsf": .sansSerif, "mathtt": .monospaced,
  ]

  /// Plain TeX's: for what follows in the group.
  static let switches: [String: TeXFont] = [
    "rm": .upright, "it": .italic, "bf": .bold, "sf": .sansSerif, "tt": .monospaced, "cal": .script,
  ]

  /// The letter, digit or Greek letter in this alphabet; itself where the alphabet has none.
  func letter(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if let exception = exceptions[scalar] { return exception }
    let value = scalar.value
    func at(_ base: UInt32?, _ offset: UInt32) -> Unicode.Scalar {
      base.flatMap { Unicode.Scalar($0 + offset) } ?? scalar
    }
    switch value {
    case 0x41...0x5A: return at(capitals, value - 0x41)
    case 0x61...0x7A: return at(capitals.map { $0 + 26 }, value - 0x61)
    case 0x30...0x39: return at(digits, value - 0x30)
    case 0x391...0x3A9: return at(greek, value - 0x391)
    case 0x3B1...0x3C9: return at(greek.map { $0 + 26 }, value - 0x3B1)
    default: return scalar
    }
  }

  private var capitals: UInt32? {
    switch self {
    case .italic, .upright: nil
    case .bold: 0x1D400
    case .boldItalic: 0x1D468
    case .script: 0x1D49C
    case .fraktur: 0x1D504
    case .doubleStruck: 0x1D538
    case .sansSerif: 0x1D5A0
    case .monospaced: 0x1D670
    }
  }

  private var digits: UInt32? {
    switch self {
    case .bold, .boldItalic: 0x1D7CE
    case .doubleStruck: 0x1D7D8
    case .sansSerif: 0x1D7E2
    case .monospaced: 0x1D7F6
    default: nil
    }
  }

  private var greek: UInt32? {
    switch self {
    case .bold: 0x1D6A8
    case .boldItalic: 0x1D71C
    default: nil
    }
  }

  /// Letters that Unicode had before it had the alphabets.
  private var exceptions: [Unicode.Scalar: Unicode.Scalar] {
    switch self {
    case .script: Self.scriptLetters
    case .fraktur: Self.frakturLetters
    case .doubleStruck: Self.doubleStruckLetters
    default: [:]
    }
  }

  private static let scriptLetters: [Unicode.Scalar: Unicode.Scalar] = [
    "B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ",
    "g": "ℊ",
    "o": "ℴ",
  ]
  private static let frakturLetters: [Unicode.Scalar: Unicode.Scalar] = [
    "C": "ℭ", "H": "ℌ", "I": "ℑ", "R": "ℜ", "Z": "ℨ",
  ]
  private static let doubleStruckLetters: [Unicode.Scalar: Unicode.Scalar] = [
    "C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ",
  ]
}
