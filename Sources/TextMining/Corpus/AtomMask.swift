import Text

/// Recognizes, among character numbers, what is a token by its form alone: digits, Latin words, runs of
/// at least three Chinese numerals (two with 第 before or 年, 月, 日 after). Vocabulary is learnt from the
/// rest; two numerals alone are as often a part of a word (乱七八糟, 十二指肠) as a number.
struct AtomMask: Sendable {
  private enum Kind: UInt8 { case plain, atom, numeral, ordinal, dateUnit }

  /// Kind of each number.
  private let kinds: [UInt8]

  init(alphabet: Alphabet) {
    var kinds = [UInt8](repeating: Kind.plain.rawValue, count: Alphabet.limit)
    for (id, scalar) in alphabet.scalars.enumerated() where scalar < 0x4E00 {
      kinds[id] = Kind.atom.rawValue
    }
    func set(_ text: String, _ kind: Kind) {
      for scalar in text.unicodeScalars {
        let id = Int(alphabet.ids[Int(scalar.value)])
        if id != 0 { kinds[id] = kind.rawValue }
      }
    }
    set(ScalarClass.numerals, .numeral)
    set("第", .ordinal)
    set("年月日", .dateUnit)
    kinds[Int(Alphabet.boundary)] = Kind.plain.rawValue
    self.kinds = kinds
  }

  /// How many of the last numbers may belong to an atom that goes on in what follows.
  func openSuffix(_ numbers: UnsafeBufferPointer<UInt16>) -> Int {
    var length = 0
    while length < numbers.count,
      [Kind.numeral.rawValue, Kind.ordinal.rawValue].contains(
        kinds[Int(numbers[numbers.count - 1 - length])])
    {
      length += 1
    }
    return length
  }

  /// Replaces atoms by boundaries; `masked` gets each number that was replaced.
  func apply(_ numbers: UnsafeMutableBufferPointer<UInt16>, _ masked: (UInt16) -> Void) {
    kinds.withUnsafeBufferPointer { kinds in
      func kind(_ index: Int) -> UInt8 { kinds[Int(numbers[index])] }
      var index = 0
      let count = numbers.count
      while index < count {
        let first = kind(index)
        if first == Kind.plain.rawValue || first == Kind.dateUnit.rawValue {
          index &+= 1
          continue
        }
        if first == Kind.atom.rawValue {
          masked(numbers[index])
          numbers[index] = Alphabet.boundary
          index &+= 1
          continue
        }
        var end = index + 1
        while end < count, kind(end) == Kind.numeral.rawValue { end += 1 }
        let hasUnit =
          first == Kind.numeral.rawValue && end < count && kind(end) == Kind.dateUnit.rawValue
        if end - index >= 3 || end - index == 2 && (hasUnit || first == Kind.ordinal.rawValue) {
          if hasUnit { end += 1 }
          for place in index..<end {
            masked(numbers[place])
            numbers[place] = Alphabet.boundary
          }
        }
        index = end
      }
    }
  }
}
