import Messages

/// A vocabulary made from another, and what each of its tokens is made of.
///
/// A model's tables of one row a token (word embeddings, the output bias) follow it row by row.
public struct VocabularyEdit: Sendable {
  /// The rows of the old table whose weighted sum is a new row: one for a token that was kept.
  public struct Row: Sendable, Equatable {
    public var ids: [Int]
    public var weights: [Double]

    /// The mean of some rows.
    public init(meanOf ids: [Int]) {
      self.ids = ids
      weights = ids.map { _ in 1 / Double(ids.count) }
    }

    /// A weighted mean; the weights need not sum to 1.
    public init(ids: [Int], weights: [Double]) {
      require(
        ids.count == weights.count && !ids.isEmpty,
        "VocabularyEdit.Row expected a weight for each of \(ids.count) ids, received \(weights.count)"
      )
      let total = weights.reduce(0, +)
      self.ids = ids
      self.weights = weights.map { $0 / total }
    }
  }

  public private(set) var vocabulary: Vocabulary
  /// One for each token of `vocabulary`.
  public private(set) var rows: [Row]

  /// `vocabulary` as it is.
  public init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    rows = vocabulary.tokens.indices.map { Row(meanOf: [$0]) }
  }

  /// The tokens with these ids, in this order: bert4keras' `keep_tokens`.
  public init(_ vocabulary: Vocabulary, keeping ids: [Int]) {
    self.vocabulary = Vocabulary(ids.map { vocabulary.tokens[$0] })
    rows = ids.map { Row(meanOf: [$0]) }
  }

  /// The old ids, where every token was kept as it is; `nil` where some are compound.
  public var keptIds: [Int]? {
    rows.allSatisfy { $0.ids.count == 1 } ? rows.map { $0.ids[0] } : nil
  }

  /// Appends tokens, each a mean of rows of the old vocabulary: bert4keras' `compound_tokens`.
  public mutating func append(_ tokens: [(token: String, row: Row)]) {
    vocabulary = Vocabulary(vocabulary.tokens + tokens.map(\.token))
    rows += tokens.map(\.row)
  }

  /// What Chinese text needs of a BERT vocabulary: `first`, then every other token but those of several
  /// scalars that hold an ideograph or punctuation.
  ///
  /// `##` counts: 汉 stays, `##汉` goes. So do `[unused1]` and, unless `first` names it, `[MASK]`. Throws
  /// `InputError` if the vocabulary lacks one of `first`.
  public static func simplified(
    _ vocabulary: Vocabulary, first: [String] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
  ) throws -> VocabularyEdit {
    var ids = try vocabulary.ids(required: first)
    let listed = Set(ids)
    for (id, token) in vocabulary.tokens.enumerated() where !listed.contains(id) {
      // An earlier line of a token that stands twice has no id.
      guard vocabulary.id(token) == id, !WordPieceText.isSpecial(token) else { continue }
      let scalars = Array(token.unicodeScalars)
      let stem = scalars.starts(with: ["#", "#"]) ? scalars[2...] : scalars[...]
      let isForeign = stem.contains {
        ScalarActions.isIdeograph($0.value) || ScalarActions.isPunctuation($0)
      }
      if scalars.count <= 1 || !isForeign { ids.append(id) }
    }
    return VocabularyEdit(vocabulary, keeping: ids)
  }

  /// A lower-case vocabulary for text as it is written: each token of letters is joined by its forms with
  /// one capital and with capitals alone, whose rows are its own.
  public static func cased(_ vocabulary: Vocabulary) -> VocabularyEdit {
    var edit = VocabularyEdit(vocabulary)
    var known = Set(vocabulary.tokens.map { Array($0.unicodeScalars) })
    var added: [(token: String, row: Row)] = []
    for (id, token) in vocabulary.tokens.enumerated() {
      let isInside = token.hasPrefix("##")
      let stem = isInside ? token.dropFirst(2) : token[...]
      guard !stem.isEmpty, stem.unicodeScalars.allSatisfy(isLetter) else { continue }
      // Within a word there is no first letter to write large.
      let capitals = stem.uppercased()
      let forms =
        isInside ? ["##" + capitals] : [stem.prefix(1).uppercased() + stem.dropFirst(), capitals]
      for form in forms
      where form.unicodeScalars.count == token.unicodeScalars.count
        && known.insert(Array(form.unicodeScalars)).inserted
      {
        added.append((form, Row(meanOf: [id])))
      }
    }
    edit.append(added)
    return edit
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
