import Parallel

/// Cuts text into tokens of a vocabulary, and puts tokens back together.
public protocol Tokenizer: Sendable {
  var vocabulary: Vocabulary { get }
  /// How special tokens stand around texts.
  var template: EncodingTemplate { get }
  /// The tokens of a text, without special ones.
  func tokens(_ text: String) -> [Token]
  /// The text that ids stand for; special tokens are left out.
  func decode(_ ids: [Int]) -> String
}

extension Tokenizer {
  /// What a model reads of `first`, and of `second` if it is given: an empty second text is one.
  ///
  /// Throws `OptionError` where `truncation` cannot be satisfied.
  public func encode(
    _ first: String, _ second: String? = nil, truncation: Truncation? = nil
  ) throws -> Encoding {
    var firstTokens = tokens(first)
    var secondTokens = second.map(tokens)
    try truncation?.shorten(
      &firstTokens, &secondTokens, special: template.specialCount(isPair: second != nil))
    return template.fill(firstTokens, secondTokens)
  }

  /// `encode` for many texts on several threads, in order.
  public func encode(
    _ texts: [String], truncation: Truncation? = nil, threads: Int = defaultThreadCount
  ) throws -> [Encoding] {
    // Parts of many texts: handing out one at a time costs more than a short text does.
    let size = max(1, min(256, texts.count / (threads * 4)))
    let parts = try parallelMap(count: (texts.count + size - 1) / size, threads: threads) { part in
      try texts[part * size..<min(texts.count, (part + 1) * size)].map {
        try encode($0, truncation: truncation)
      }
    }
    return Array(parts.joined())
  }

  /// The tokens of a text as the vocabulary spells them.
  public func tokenStrings(_ text: String) -> [String] {
    tokens(text).map { vocabulary.tokens[$0.id] }
  }
}
