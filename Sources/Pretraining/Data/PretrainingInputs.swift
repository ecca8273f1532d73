import Datasets
import Parallel
import Tokenizers
import Transformers

/// Makes of a row what a model reads and what it guesses: masks and cuts are drawn at each visit, by the loader's
/// seed, the epoch and the row's number alone.
///
/// A row comes as `tokens` and `words` (`PretrainingInputs.example`) and leaves as `tokens` and, by the objective,
/// `targets` (id + 1 at what is guessed, else 0) or `segments`.
public struct PretrainingInputs: ExampleTransform {
  public let objective: PretrainingObjective
  public var masking: TokenMasking
  /// The longest row.
  public let length: Int
  public let separator: Int

  public init(
    _ objective: PretrainingObjective, masking: TokenMasking, length: Int, separator: Int
  ) {
    self.objective = objective
    self.masking = masking
    self.length = length
    self.separator = separator
  }

  /// With BERT's shares, and any token as a random one. Throws `InputError` if the vocabulary lacks the mask.
  public init(
    _ objective: PretrainingObjective, _ tokenizer: WordPieceTokenizer, length: Int
  ) throws {
    let special = tokenizer.special
    let ids = try tokenizer.vocabulary.ids(required: [special.mask, special.separator])
    self.init(
      objective,
      masking: TokenMasking(maskId: ids[0], vocabulary: 0..<tokenizer.vocabulary.count),
      length: length, separator: ids[1])
  }

  /// A packed row before anything is drawn.
  public static func example(_ row: WordTokens) -> Example {
    Example(["tokens": .sequence(row.ids), "words": .sequence(row.words)])
  }

  public func apply(to example: inout Example, random: inout RandomStream) {
    let ids = example["tokens"].integers ?? []
    let words = example["words"].integers ?? []
    switch objective {
    case .mlm:
      let (read, isPredicted) = masking.apply(ids, words: words, random: &random)
      let targets = zip(ids, isPredicted).map { $1 ? $0 + 1 : 0 }
      example = Example(["tokens": .sequence(read), "targets": .sequence(targets)])
    case .lm: example = Example(["tokens": .sequence(ids)])
    case .unilm:
      let (tokens, segments) = divided(ids, random: &random)
      example = Example(["tokens": .sequence(tokens), "segments": .sequence(segments)])
    }
  }

  /// t[0 ..< s] `[SEP]` t[s …] with s from 1 to the row's count − 2, segment 1 behind the new separator; a full row
  /// loses its last token.
  func divided(_ ids: [Int], random: inout RandomStream) -> (tokens: [Int], segments: [Int]) {
    guard ids.count > 2 else { return (ids, ids.map { _ in 0 }) }
    let place = 1 + random.below(ids.count - 2)
    let tokens = Array((ids[..<place] + [separator] + ids[place...]).prefix(length))
    return (tokens, tokens.indices.map { $0 > place ? 1 : 0 })
  }
}
