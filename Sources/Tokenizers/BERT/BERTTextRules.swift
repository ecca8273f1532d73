import Foundation
import Memory

/// How BERT's implementations clean text and cut it into words; they agree on most text and no two on all.
public struct BERTTextRules: Sendable, Equatable {
  /// What is deleted beside U+0000, U+FFFD and the categories Cc and Cf.
  public enum Controls: Sendable {
    case formatOnly
    /// Private use (Co) too.
    case privateUse
    /// Every category that begins with C: unassigned and private use too.
    case allOther
  }

  /// Lower-case letters.
  public var lowercases: Bool
  /// Decompose and drop non-spacing marks (Mn).
  public var stripsAccents: Bool
  public var controls: Controls
  /// Whether U+2B820 to U+2B91F stand alone, as other ideographs do.
  public var separatesExtensionE: Bool
  /// Compose (NFC) before all else.
  public var composes: Bool
  /// σ at the end of a word becomes ς: letters are lowered in context and not each for itself.
  public var lowersFinalSigma: Bool
  /// Words of more scalars are unknown.
  public var longestWord: Int
  /// Special tokens in the text stay whole.
  public var keepsSpecialTokens: Bool
  /// An unknown word is shown as it is; its id is the unknown token's.
  public var showsUnknownWords: Bool

  public init(
    lowercases: Bool, stripsAccents: Bool? = nil, controls: Controls = .formatOnly,
    separatesExtensionE: Bool = true, composes: Bool = false, lowersFinalSigma: Bool = true,
    longestWord: Int = 200, keepsSpecialTokens: Bool = false, showsUnknownWords: Bool = false
  ) {
    self.lowercases = lowercases
    self.stripsAccents = stripsAccents ?? lowercases
    self.controls = controls
    self.separatesExtensionE = separatesExtensionE
    self.composes = composes
    self.lowersFinalSigma = lowersFinalSigma
    self.longestWord = longestWord
    self.keepsSpecialTokens = keepsSpecialTokens
    self.showsUnknownWords = showsUnknownWords
  }

  /// Google's `tokenization.py`.
  public static func google(lowercases: Bool) -> BERTTextRules {
    BERTTextRules(lowercases: lowercases)
  }

  /// Hugging Face's fast tokenizers: what `AutoTokenizer` gives.
  public static func huggingFace(lowercases: Bool, stripsAccents: Bool? = nil) -> BERTTextRules {
    BERTTextRules(
      lowercases: lowercases, stripsAccents: stripsAccents, controls: .privateUse,
      separatesExtensionE: false, lowersFinalSigma: false, longestWord: 100,
      keepsSpecialTokens: true)
  }

  /// Hugging Face's slow `BertTokenizer`; `composes` as its newer releases do.
  public static func huggingFaceSlow(
    lowercases: Bool, stripsAccents: Bool? = nil, composes: Bool = true
  ) -> BERTTextRules {
    BERTTextRules(
      lowercases: lowercases, stripsAccents: stripsAccents, controls: .allOther,
      composes: composes, longestWord: 100, keepsSpecialTokens: true)
  }

  /// bert4keras.
  public static func bert4keras(lowercases: Bool) -> BERTTextRules {
    BERTTextRules(lowercases: lowercases, showsUnknownWords: true)
  }
}

/// What becomes of each scalar under some rules.
struct ScalarActions: Sendable {
  enum Action: UInt8 {
    /// Part of a word, as it is.
    case keep
    case drop
    case space
    /// A word of its own, as it is.
    case alone
    /// Something else stands for it: `expansion`.
    case expand
  }

  /// A scalar that an expansion is made of, and whether it is a word of its own.
  struct Replacement {
    var scalar: UInt32
    var isAlone: Bool
  }

  private let rules: BERTTextRules
  private let table: Block<Action>
  /// Of the scalars below 2^16 that expand.
  private let expansions: [UInt32: [Replacement]]

  init(_ rules: BERTTextRules) {
    self.rules = rules
    let table = Block<Action>(repeating: .keep, count: 1 << 16)
    var expansions: [UInt32: [Replacement]] = [:]
    for value in UInt32(0)..<1 << 16 {
      // Ideographs of the two large blocks need no look at Unicode's tables.
      if 0x3400...0x4DBF ~= value || 0x4E00...0x9FFF ~= value {
        table[Int(value)] = .alone
        continue
      }
      let (action, expansion) = Self.judge(value, rules)
      table[Int(value)] = action
      if action == .expand { expansions[value] = expansion }
    }
    self.table = table
    self.expansions = expansions
  }

  @inline(__always)
  func action(_ scalar: UInt32) -> Action {
    scalar < 1 << 16 ? table.pointer[Int(scalar)] : Self.judge(scalar, rules).action
  }

  func expansion(_ scalar: UInt32) -> [Replacement] {
    scalar < 1 << 16 ? expansions[scalar] ?? [] : Self.judge(scalar, rules).expansion
  }

  static func judge(
    _ value: UInt32, _ rules: BERTTextRules
  ) -> (action: Action, expansion: [Replacement]) {
    guard let scalar = Unicode.Scalar(value) else { return (.drop, []) }
    if value == 0 || value == 0xFFFD || isControl(scalar, rules.controls) { return (.drop, []) }
    if isSpace(scalar) { return (.space, []) }
    let isIdeograph = isIdeograph(value, extensionE: rules.separatesExtensionE)
    let folded = fold(scalar, rules)
    if folded.isEmpty { return (.drop, []) }
    let replacements = folded.map {
      Replacement(scalar: $0.value, isAlone: isIdeograph || isPunctuation($0))
    }
    if folded.count == 1, folded[0] == scalar {
      return (replacements[0].isAlone ? .alone : .keep, [])
    }
    return (.expand, replacements)
  }

  /// Lower case, decomposed and without non-spacing marks, as the rules ask.
  static func fold(_ scalar: Unicode.Scalar, _ rules: BERTTextRules) -> [Unicode.Scalar] {
    if scalar.isASCII {
      guard rules.lowercases, 0x41...0x5A ~= scalar.value else { return [scalar] }
      return [Unicode.Scalar(UInt8(scalar.value) + 0x20)]
    }
    // Hangul syllables decompose by arithmetic; Foundation would take a third of the time of all scalars.
    if 0xAC00...0xD7A3 ~= scalar.value { return rules.stripsAccents ? jamo(scalar) : [scalar] }
    var text = String(scalar)
    if rules.lowercases { text = scalar.properties.lowercaseMapping }
    guard rules.stripsAccents else { return Array(text.unicodeScalars) }
    return text.decomposedStringWithCanonicalMapping.unicodeScalars.filter {
      $0.properties.generalCategory != .nonspacingMark
    }
  }

  private static func jamo(_ syllable: Unicode.Scalar) -> [Unicode.Scalar] {
    let index = syllable.value - 0xAC00
    let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
    return parts.prefix(index % 28 == 0 ? 2 : 3).compactMap(Unicode.Scalar.init)
  }

  private static func isControl(
    _ scalar: Unicode.Scalar, _ controls: BERTTextRules.Controls
  ) -> Bool {
    if scalar == "\t" || scalar == "\n" || scalar == "\r" { return false }
    switch scalar.properties.generalCategory {
    case .control, .format: return true
    case .privateUse: return controls != .formatOnly
    case .unassigned, .surrogate: return controls == .allOther
    default: return false
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\t", "\n", "\r", "\u{2028}", "\u{2029}": true
    default: scalar.properties.generalCategory == .spaceSeparator
    }
  }

  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 33...47, 58...64, 91...96, 123...126: return true
    case ..<128: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  static func isIdeograph(_ value: UInt32, extensionE: Bool = true) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    case 0x2B820...0x2B91F: extensionE
    default: false
    }
  }
}

extension BERTTextRules {
  /// Whether a scalar is part of a word of several, as it is: neither alone, nor dropped, nor something else.
  public func joins(_ scalar: Unicode.Scalar) -> Bool {
    ScalarActions.judge(scalar.value, self).action == .keep
  }
}
