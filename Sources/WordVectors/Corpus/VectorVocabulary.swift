import Messages

/// The words of a corpus with their numbers of occurrences, the most frequent first; words of equal
/// count stand in the order of their UTF-8 bytes.
public struct VectorVocabulary: Sendable {
  public let words: [String]
  public let counts: [Int]
  private let rows: [String: UInt32]

  /// - Parameters:
  ///   - words: the words, in the order of their ids.
  ///   - counts: occurrences of each; one per word, none negative.
  public init(words: [String], counts: [Int]) {
    require(
      words.count == counts.count,
      "VectorVocabulary expected one count per word, received \(words.count) words, \(counts.count) counts"
    )
    self.words = words
    self.counts = counts
    rows = Dictionary(
      words.enumerated().map { ($1, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  public var count: Int { words.count }

  /// Occurrences of all words together.
  public var totalCount: Int { counts.reduce(0, +) }

  /// The id of `word`, or `nil` if the vocabulary lacks it.
  public func id(of word: String) -> UInt32? { rows[word] }
}
