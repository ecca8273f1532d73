extension BERTTextRules {
  /// For each token the scalars of `text` that it stands for, in order; none for special tokens.
  ///
  /// Tokens are looked for one after the other in the folded text. Each scalar is folded for itself, so that
  /// a letter whose lower case is longer moves no place behind it.
  public func rematch(_ text: String, _ tokens: [String]) -> [[Int]] {
    var folded: [Unicode.Scalar] = []
    var sources: [Int] = []
    let cleaning = ScalarActions(self)
    for (index, scalar) in text.unicodeScalars.enumerated() {
      // Whitespace stays: a token of the vocabulary may hold some.
      switch cleaning.action(scalar.value) {
      case .drop: continue
      case .space, .keep, .alone: folded.append(scalar)
      case .expand:
        folded += cleaning.expansion(scalar.value).compactMap { Unicode.Scalar($0.scalar) }
      }
      sources += repeatElement(index, count: folded.count - sources.count)
    }
    var position = 0
    return tokens.map { token in
      if WordPieceText.isSpecial(token) { return [] }
      let scalars = Array(token.unicodeScalars)
      let stem =
        scalars.starts(with: ["#", "#"]) && scalars.count > 2 ? scalars[2...] : scalars[...]
      guard !stem.isEmpty,
        let start = (position..<max(position, folded.count - stem.count + 1)).first(where: {
          folded[$0...].starts(with: stem) || matchesFinalSigma(folded[$0...], stem)
        })
      else { return [] }
      position = start + stem.count
      var places: [Int] = []
      for source in sources[start..<position] where places.last != source { places.append(source) }
      return places
    }
  }

  /// Whether the two are alike but for ς, which stands for a folded σ.
  private func matchesFinalSigma(
    _ folded: ArraySlice<Unicode.Scalar>, _ stem: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    stem.contains("ς") && folded.starts(with: stem.map { $0 == "ς" ? "σ" : $0 })
  }
}
