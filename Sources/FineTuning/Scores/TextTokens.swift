/// How texts are cut where they are compared: an ideograph, a kana or a punctuation mark is a token, other letters
/// and digits are tokens between spaces.
enum TextTokens {
  static func of(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    func finish() {
      if !word.isEmpty { tokens.append(word) }
      word = ""
    }
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        finish()
      } else if isAlone(scalar) {
        finish()
        tokens.append(String(scalar))
      } else {
        word.unicodeScalars.append(scalar)
      }
    }
    finish()
    return tokens
  }

  static func isAlone(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isIdeographic || (0x3040...0x30FF).contains(scalar.value)
      || isPunctuation(scalar)
  }

  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .otherSymbol:
      true
    default: false
    }
  }
}
