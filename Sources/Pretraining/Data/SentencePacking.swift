import Messages

/// Tokens of one text and the words that they are parts of.
public struct WordTokens: Sendable, Equatable {
  public var ids: [Int]
  /// For each token the number of its word; −1 at tokens that stand for no text.
  public var words: [Int]

  public init(ids: [Int] = [], words: [Int] = []) {
    require(
      ids.count == words.count,
      "WordTokens expected a word for each of \(ids.count) tokens, received \(words.count)")
    self.ids = ids
    self.words = words
  }

  public var count: Int { ids.count }
}

/// Puts sentences one behind the other into rows of at most n tokens: `[CLS]` sentence sentence … `[SEP]`.
///
/// A sentence is never divided: one that has no room left begins a new row, one of more than n − 2 tokens is cut.
/// Source: the data of bert4keras' pre-training, https://github.com/bojone/bert4keras.
public struct SentencePacking {
  /// n.
  public let length: Int
  private let start: Int
  private let separator: Int
  private var row: WordTokens
  private var nextWord = 0

  public init(length: Int, start: Int, separator: Int) {
    require(length >= 3, "SentencePacking expected rows of at least 3 tokens, received \(length)")
    self.length = length
    self.start = start
    self.separator = separator
    row = WordTokens(ids: [start], words: [-1])
  }

  /// Takes a sentence; gives the row that it had no room in, if there is one.
  public mutating func add(_ sentence: WordTokens) -> WordTokens? {
    guard sentence.count > 0 else { return nil }
    let count = min(sentence.count, length - 2)
    let full = row.count + count > length - 1 ? finish() : nil
    row.ids += sentence.ids.prefix(count)
    row.words += sentence.words.prefix(count).map { $0 < 0 ? $0 : nextWord + $0 }
    nextWord = (row.words.max() ?? -1) + 1
    return full
  }

  /// What is left over, however short; `nil` if that is nothing.
  public mutating func finish() -> WordTokens? {
    guard row.count > 1 else { return nil }
    var full = WordTokens(ids: [start], words: [-1])
    swap(&full, &row)
    nextWord = 0
    full.ids.append(separator)
    full.words.append(-1)
    return full
  }
}
