import Foundation
import Parallel
import Synchronization

/// Why a word was kept or dropped: how often it and its parts occur, and its cohesion at every split.
public struct WordExplanation: Sendable, Codable, Equatable {
  /// One way to split the word in two.
  public struct Split: Sendable, Codable, Equatable {
    public let left: String
    public let right: String
    public let leftCount: Int
    public let rightCount: Int
    /// ln(total · count / (leftCount · rightCount)), `nil` if a part or the word never occurs.
    public let cohesion: Double?
  }

  public let word: String
  public let kept: Bool
  public let reason: String
  /// Occurrences in the text, wherever the method cut.
  public private(set) var count = 0
  /// How often the method cut the text exactly there.
  public private(set) var pieces = 0
  /// Occurrences in the text as it stands, where the method reads it without its numbers and Latin words
  /// and `count` leaves those out that touch one; `nil` where `count` is all, or the text is gone.
  public internal(set) var textCount: Int?
  public private(set) var splits: [Split] = []

  /// What a method says about a word: whether it was kept, how often it was cut out, and why.
  typealias Verdict = (kept: Bool, pieces: Int, reason: String)

  /// Explains each of `words`; `total` is what the method's cohesion divides by.
  static func explain(
    _ words: [String], in corpus: TextCorpus, total: Int, work: Work,
    judge: (_ word: [UInt16]) -> Verdict
  ) throws -> [WordExplanation] {
    try words.map { word in
      guard let numbers = corpus.alphabet.numbers(word), !numbers.isEmpty else {
        return WordExplanation(
          word: word, kept: false,
          reason: "it has characters that only separate words (alphabet "
            + "\(corpus.alphabet.preset.rawValue))")
      }
      return try WordExplanation(
        judge(numbers), word: word, numbers: numbers, corpus: corpus, total: total, work: work)
    }
  }

  private init(word: String, kept: Bool, reason: String) {
    self.word = word
    self.kept = kept
    self.reason = reason
  }

  private init(
    _ verdict: Verdict, word: String, numbers: [UInt16], corpus: TextCorpus, total: Int, work: Work
  ) throws {
    self.init(word: word, kept: verdict.kept, reason: verdict.reason)
    pieces = verdict.pieces
    let occurrences = try Self.occurrences(of: numbers, in: corpus, work: work)
    let length = numbers.count
    count = occurrences[length - 1]
    splits = (1..<max(1, length)).map { cut in
      let left = occurrences[cut - 1]
      let right = occurrences[length + cut]
      let ratio = Double(total) * Double(count) / (Double(left) * Double(right))
      return Split(
        left: corpus.alphabet.text(numbers[..<cut]), right: corpus.alphabet.text(numbers[cut...]),
        leftCount: left, rightCount: right, cohesion: count > 0 ? log(ratio) : nil)
    }
  }

  /// How often each prefix (first half of the result, by length) and each suffix (second half, by where
  /// it starts, the whole word first) of `word` occurs.
  private static func occurrences(
    of word: [UInt16], in corpus: TextCorpus, work: Work
  ) throws -> [Int] {
    let length = word.count
    let totals = Mutex([Int](repeating: 0, count: 2 * length))
    try work.phase("explaining", of: corpus.count, unit: "characters") { phase in
      try corpus.forEachChunk(lookahead: length - 1, phase) { _, numbers, starts in
        var found = [Int](repeating: 0, count: 2 * length)
        for position in 0..<starts {
          for start in 0..<length where numbers[position] == word[start] {
            var match = 1
            while start + match < length, position + match < numbers.count,
              numbers[position + match] == word[start + match]
            {
              match += 1
            }
            if start == 0 { for end in 0..<match { found[end] += 1 } }
            if start + match == length { found[length + start] += 1 }
          }
        }
        totals.withLock { totals in
          for index in found.indices { totals[index] += found[index] }
        }
      }
    }
    return try corpus.ranks.sum(totals.withLock { $0 })
  }
}
