import Messages

/// BERT's tokenizer: words by rules, pieces by the longest match in a vocabulary.
///
/// A word whose rest no piece begins is one unknown token. Pieces inside a word are written `##piece`.
/// Offsets count scalars of the text as it was given. Devlin et al. 2018; the rules of each
/// implementation are `BERTTextRules`.
public struct WordPieceTokenizer: Tokenizer {
  public let vocabulary: Vocabulary
  public let rules: BERTTextRules
  public let template: EncodingTemplate
  public let special: SpecialTokens
  private let actions: ScalarActions
  private let keptWords: KeptWords
  /// Ids of one-scalar tokens below 2^16.
  private let singles: SingleScalars
  private let insideHash: UInt64

  /// The tokens that stand for no text.
  public struct SpecialTokens: Sendable, Equatable {
    public var unknown = "[UNK]"
    public var start = "[CLS]"
    public var separator = "[SEP]"
    public var padding = "[PAD]"
    public var mask = "[MASK]"

    public init() {}

    var all: [String] { [padding, unknown, start, separator, mask] }
  }

  /// - Parameters:
  ///   - keptWords: words beside the special tokens that are never cut; those that the vocabulary lacks are
  ///     unknown. They are looked for before all else.
  ///   - template: `[CLS] a [SEP] b [SEP]` if `nil`.
  ///
  /// Throws `InputError` if the vocabulary lacks the unknown, start or separator token.
  public init(
    vocabulary: Vocabulary, rules: BERTTextRules, special: SpecialTokens = SpecialTokens(),
    keptWords: [String] = [], template: EncodingTemplate? = nil
  ) throws {
    let ids = try vocabulary.ids(required: [special.unknown, special.start, special.separator])
    self.vocabulary = vocabulary
    self.rules = rules
    self.special = special
    self.template = template ?? .bert(start: ids[1], separator: ids[2])
    unknown = ids[0]
    actions = ScalarActions(rules)
    let specialWords = rules.keepsSpecialTokens ? special.all.filter(vocabulary.contains) : []
    self.keptWords = KeptWords(specialWords + keptWords)
    singles = SingleScalars(vocabulary)
    insideHash = "##".unicodeScalars.reduce(Vocabulary.emptyHash) { Vocabulary.hash($0, $1.value) }
  }

  private let unknown: Int

  public func tokens(_ text: String) -> [Token] {
    var tokens: [Token] = []
    cut(text) { token, _ in tokens.append(token) }
    return tokens
  }

  /// The tokens as the vocabulary spells them, unknown words as `rules.showsUnknownWords` says.
  public func tokenStrings(_ text: String) -> [String] {
    var strings: [String] = []
    cut(text) { token, word in
      strings.append(
        token.id == unknown && rules.showsUnknownWords
          ? String(scalars: word)
          : vocabulary.tokens[token.id])
    }
    return strings
  }

  /// Calls `take` with the folded scalars of each word, where the vocabulary has no words but special ones.
  func forEachWord(_ text: String, _ take: (ArraySlice<UInt32>) -> Void) {
    cut(text) { token, word in
      take(
        token.id == unknown
          ? word : vocabulary.tokens[token.id].unicodeScalars.map(\.value)[...])
    }
  }

  /// Calls `emit` with each token and the folded scalars of the word it is part of.
  private func cut(_ text: String, _ emit: (Token, ArraySlice<UInt32>) -> Void) {
    let composed = rules.composes ? ComposedText(text) : nil
    var scalars: [UInt32] = []
    if let composed {
      scalars = composed.scalars
    } else {
      scalars.reserveCapacity(text.utf8.count)
      for scalar in text.unicodeScalars { scalars.append(scalar.value) }
    }
    func token(_ id: Int, _ range: Range<Int>) -> Token {
      Token(id: id, range: composed?.source(of: range) ?? range)
    }
    var start = 0
    for kept in keptWords.matches(in: scalars) {
      cutPlain(scalars, start..<kept.lowerBound) { emit(token($0, $1), $2) }
      let word = scalars[kept]
      let id = word.withUnsafeBufferPointer { word in
        word.baseAddress.flatMap {
          vocabulary.id(word.reduce(Vocabulary.emptyHash, Vocabulary.hash), $0, word.count)
        }
      }
      emit(token(id ?? unknown, kept), word)
      start = kept.upperBound
    }
    cutPlain(scalars, start..<scalars.count) { emit(token($0, $1), $2) }
  }

  private func cutPlain(
    _ scalars: [UInt32], _ range: Range<Int>,
    _ emit: (Int, Range<Int>, ArraySlice<UInt32>) -> Void
  ) {
    var word = Word()
    for index in range {
      let scalar = scalars[index]
      switch actions.action(scalar) {
      case .keep: word.append(scalar, at: index)
      case .drop: break
      case .space: finish(&word, emit)
      case .alone:
        finish(&word, emit)
        emit(singles.id(scalar, vocabulary) ?? unknown, index..<index + 1, scalars[index...index])
      case .expand:
        if scalar == 0x3A3, rules.lowercases, rules.lowersFinalSigma,
          isFinal(index, of: scalars, in: range)
        {
          word.append(0x3C2, at: index)
          continue
        }
        for replacement in actions.expansion(scalar) {
          if replacement.isAlone {
            finish(&word, emit)
            word.append(replacement.scalar, at: index)
            finish(&word, emit)
          } else {
            word.append(replacement.scalar, at: index)
          }
        }
      }
    }
    finish(&word, emit)
  }

  /// A folded word and where its scalars come from.
  private struct Word {
    var scalars: [UInt32] = []
    var sources: [Int] = []
    /// Hashes of a piece's beginnings.
    var hashes: [UInt64] = []

    @inline(__always)
    mutating func append(_ scalar: UInt32, at source: Int) {
      scalars.append(scalar)
      sources.append(source)
    }
  }

  /// Emits the pieces of the word, or one unknown token, and empties it.
  private func finish(_ word: inout Word, _ emit: (Int, Range<Int>, ArraySlice<UInt32>) -> Void) {
    let count = word.scalars.count
    if count == 0 { return }
    defer {
      word.scalars.removeAll(keepingCapacity: true)
      word.sources.removeAll(keepingCapacity: true)
    }
    func source(_ start: Int, _ end: Int) -> Range<Int> {
      word.sources[start]..<word.sources[end - 1] + 1
    }
    var pieces: [(id: Int, start: Int, end: Int)] = []
    var start = count > rules.longestWord ? -1 : 0
    while start >= 0, start < count {
      guard let (id, end) = longestPiece(&word, from: start) else {
        start = -1
        break
      }
      if start == 0, end == count {
        return emit(id, source(0, count), word.scalars[...])
      }
      pieces.append((id, start, end))
      start = end
    }
    if start < 0 { return emit(unknown, source(0, count), word.scalars[...]) }
    for piece in pieces {
      emit(piece.id, source(piece.start, piece.end), word.scalars[piece.start..<piece.end])
    }
  }

  private func longestPiece(_ word: inout Word, from start: Int) -> (id: Int, end: Int)? {
    let isInside = start > 0
    let longest = min(word.scalars.count - start, vocabulary.longest - (isInside ? 2 : 0))
    guard longest > 0 else { return nil }
    var hash = isInside ? insideHash : Vocabulary.emptyHash
    word.hashes.removeAll(keepingCapacity: true)
    for offset in 0..<longest {
      hash = Vocabulary.hash(hash, word.scalars[start + offset])
      word.hashes.append(hash)
    }
    return word.scalars.withUnsafeBufferPointer { scalars in
      guard let base = scalars.baseAddress else { return nil }
      for length in stride(from: longest, to: 0, by: -1) {
        if let id = vocabulary.id(
          word.hashes[length - 1], base + start, length, isInside: isInside)
        {
          return (id, start + length)
        }
      }
      return nil
    }
  }

  /// Whether the Σ at `index` ends a word: a cased letter before it and none after, whatever case-ignorable
  /// scalars are between.
  private func isFinal(_ index: Int, of scalars: [UInt32], in range: Range<Int>) -> Bool {
    func meetsCased(_ indices: some Sequence<Int>) -> Bool {
      for index in indices {
        guard let scalar = Unicode.Scalar(scalars[index]) else { return false }
        if scalar.properties.isCaseIgnorable { continue }
        return scalar.properties.isCased
      }
      return false
    }
    return meetsCased((range.lowerBound..<index).reversed())
      && !meetsCased(index + 1..<range.upperBound)
  }
}
