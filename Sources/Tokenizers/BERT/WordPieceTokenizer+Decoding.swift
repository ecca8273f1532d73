extension WordPieceTokenizer {
  /// The text that tokens stand for: pieces joined, no spaces among ideographs, punctuation and numbers
  /// written as people write them. Special tokens, unknown ones among them, are left out.
  public func decode(_ ids: [Int]) -> String {
    WordPieceText.join(ids.map { vocabulary.tokens[$0] })
  }
}

/// Puts word pieces together as bert4keras does.
enum WordPieceText {
  static func join(_ tokens: [String]) -> String {
    var text: [Unicode.Scalar] = []
    for token in tokens where !isSpecial(token) {
      let scalars = Array(token.unicodeScalars)
      if scalars.starts(with: ["#", "#"]) {
        text += scalars.dropFirst(2)
      } else if scalars.count == 1, ScalarActions.isIdeograph(scalars[0].value) {
        text += scalars
      } else if scalars.count == 1, ScalarActions.isPunctuation(scalars[0]) {
        text += scalars + [" "]
      } else if let last = text.last, ScalarActions.isIdeograph(last.value) {
        text += scalars
      } else {
        text += [" "] + scalars
      }
    }
    return tidied(text)
  }

  /// `[MASK]` and the like.
  static func isSpecial(_ token: String) -> Bool {
    token.count > 1 && token.hasPrefix("[") && token.hasSuffix("]")
  }

  private static let clitics = ["re", "m", "s", "t", "ve", "d", "ll"].map {
    Array($0.unicodeScalars)
  }

  private static func tidied(_ text: [Unicode.Scalar]) -> String {
    var tidy: [Unicode.Scalar] = []
    for (index, scalar) in text.enumerated() {
      guard scalar == " ", let last = tidy.last else {
        if scalar != " " { tidy.append(scalar) }
        continue
      }
      let rest = text[(index + 1)...].drop { $0 == " " }
      let word = Array(rest.prefix { $0 != " " })
      if last == " " || swallowsSpace(last) { continue }
      if last == "'", clitics.contains(word), word.count < rest.count { continue }
      if last == ".", tidy.count > 1, isDigit(tidy[tidy.count - 2]), let next = rest.first,
        isDigit(next)
      {
        continue
      }
      tidy.append(scalar)
    }
    if tidy.last == " " { tidy.removeLast() }
    return String(String.UnicodeScalarView(tidy))
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .decimalNumber
  }

  /// Full-width and Chinese punctuation, and the signs that stand close to what follows.
  private static func swallowsSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "+", "-", "/", "=", "{", "(", "<", "[", "·", "\u{2013}", "\u{2014}", "\u{2018}",
      "\u{2019}",
      "\u{201B}"..."\u{201F}", "\u{2026}", "\u{2027}", "\u{3000}"..."\u{3003}",
      "\u{3008}"..."\u{301F}", "\u{3030}", "\u{303D}"..."\u{303F}", "\u{FE4F}", "\u{FE51}",
      "\u{FE54}":
      true
    case "\u{FF01}"..."\u{FF65}":
      ScalarActions.isPunctuation(scalar)
        || [.mathSymbol, .currencySymbol, .modifierSymbol].contains(
          scalar.properties.generalCategory)
    default: false
    }
  }
}
