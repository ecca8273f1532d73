import Messages

/// Which characters words are made of, and their 15-bit numbers.
///
/// Everything else separates. Four 15-bit numbers fill 60 bits of a `UInt64`, so every n-gram with
/// n ≤ 4 is one integer and no string is hashed while counting.
public struct Alphabet: Sendable {
  /// The character sets on offer.
  public enum Preset: String, Sendable, CaseIterable {
    /// U+4E00–U+9FA5, ASCII digits, ASCII letters: what the articles count, bit for bit.
    case standard
    /// `standard` and also U+9FA6–U+9FFF, extension A, U+3007, kana, Latin letters with marks, Greek,
    /// Cyrillic; full-width digits and letters count as their ASCII forms.
    case wide
    /// U+4E00–U+9FA5 alone: what the domain pipeline reads.
    case ideographs
  }

  /// Between segments. Never part of an n-gram.
  static let boundary: UInt16 = 0
  /// A literal space, kept only when asked (`CorpusReading.segmentsWithSpaces`).
  static let space: UInt16 = 1
  /// Begin and end of a sentence in windows counted as KenLM counts them.
  static let sentenceBegin: UInt64 = 1
  static let sentenceEnd: UInt64 = 2
  static let firstCharacter: UInt16 = 3
  /// One more than the largest possible number.
  static let limit = 1 << 15

  public let preset: Preset
  /// Number of each scalar of the basic plane; 0 where it separates.
  let ids: [UInt16]
  /// Scalar of each number.
  let scalars: [UInt16]

  public init(_ preset: Preset = .standard) {
    self.preset = preset
    var ids = [UInt16](repeating: 0, count: 1 << 16)
    var scalars: [UInt16] = [0, 0x20, 0]
    func add(_ range: ClosedRange<UInt16>) {
      for scalar in range where ids[Int(scalar)] == 0 {
        ids[Int(scalar)] = UInt16(scalars.count)
        scalars.append(scalar)
      }
    }
    if preset != .ideographs {
      add(0x30...0x39)
      add(0x41...0x5A)
      add(0x61...0x7A)
    }
    add(0x4E00...0x9FA5)
    if preset == .wide {
      add(0x9FA6...0x9FFF)
      add(0x3400...0x4DBF)
      add(0x3007...0x3007)
      add(0x3041...0x3096)
      add(0x30A1...0x30FA)
      add(0x30FC...0x30FC)
      add(0xC0...0xD6)
      add(0xD8...0xF6)
      add(0xF8...0x17F)
      add(0x391...0x3A1)
      add(0x3A3...0x3A9)
      add(0x3B1...0x3C9)
      add(0x410...0x44F)
      for (wide, plain) in [
        (0xFF10...0xFF19, 0x30), (0xFF21...0xFF3A, 0x41), (0xFF41...0xFF5A, 0x61),
      ] {
        for scalar in wide { ids[scalar] = ids[plain + scalar - wide.lowerBound] }
      }
    }
    require(scalars.count <= Self.limit, "an alphabet holds at most 32,768 characters")
    self.ids = ids
    self.scalars = scalars
  }

  /// The text of a sequence of numbers.
  func text(_ numbers: some Sequence<UInt16>) -> String {
    var text = String.UnicodeScalarView()
    for number in numbers {
      if let scalar = Unicode.Scalar(scalars[Int(number)]) { text.append(scalar) }
    }
    return String(text)
  }

  /// The text of a packed n-gram.
  func text(_ gram: UInt64) -> String { text(PackedGram.characters(gram)) }

  /// The numbers of `text`, or `nil` if one of its scalars separates.
  func numbers(_ text: String) -> [UInt16]? {
    var numbers: [UInt16] = []
    for scalar in text.unicodeScalars {
      guard scalar.value < 1 << 16, ids[Int(scalar.value)] != 0 else { return nil }
      numbers.append(ids[Int(scalar.value)])
    }
    return numbers
  }
}
