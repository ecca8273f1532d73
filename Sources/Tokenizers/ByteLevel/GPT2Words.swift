import Memory

/// Cuts text where GPT-2 does before pairs are merged, as its pattern says:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum GPT2Words {
  private enum Kind: UInt8 {
    case space, letter, number, other
  }

  private static let table: Block<Kind> = {
    let table = Block<Kind>(repeating: .other, count: 1 << 16)
    for value in UInt32(0)..<1 << 16 {
      if let scalar = Unicode.Scalar(value) { table[Int(value)] = judge(scalar) }
    }
    return table
  }()

  private static func judge(_ scalar: Unicode.Scalar) -> Kind {
    if scalar.properties.isWhitespace { return .space }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return .other
    }
  }

  private static func kind(_ scalar: UInt32) -> Kind {
    if scalar < 1 << 16 { return table.pointer[Int(scalar)] }
    return Unicode.Scalar(scalar).map(judge) ?? .other
  }

  /// Calls `body` with the range of each word; together they are the whole text.
  static func forEach(in scalars: ArraySlice<UInt32>, _ body: (Range<Int>) -> Void) {
    var start = scalars.startIndex
    let end = scalars.endIndex
    func run(from index: Int, _ wanted: Kind) -> Int {
      var index = index
      while index < end, kind(scalars[index]) == wanted { index += 1 }
      return index
    }
    while start < end {
      var stop = start
      if let length = contraction(scalars[start...]) {
        stop = start + length
      } else {
        // One space belongs to the word behind it.
        let first = scalars[start] == 0x20 && start + 1 < end ? start + 1 : start
        let wanted = kind(scalars[first])
        if wanted != .space {
          stop = run(from: first, wanted)
        } else {
          stop = run(from: start, .space)
          // The last of several spaces is left to the word behind them.
          if stop < end, stop - start > 1 { stop -= 1 }
        }
      }
      body(start..<stop)
      start = stop
    }
  }

  private static let contractions = ["s", "t", "re", "ve", "m", "ll", "d"].map {
    $0.unicodeScalars.map(\.value)
  }

  private static func contraction(_ scalars: ArraySlice<UInt32>) -> Int? {
    guard scalars.first == 0x27 else { return nil }
    let rest = scalars.dropFirst()
    return contractions.first(where: rest.starts).map { $0.count + 1 }
  }
}
