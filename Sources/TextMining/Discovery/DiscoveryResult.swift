import Foundation
import Text

/// A word that was found.
public struct DiscoveredWord: Sendable, Equatable, Codable {
  public let word: String
  /// How often the method cut it out of the text.
  public let count: Int
  /// How firmly it holds together; what it measures is the method's (`DiscoveryResult.scoreMeaning`).
  public let score: Double
}

/// Figures of a run that tests and reports look at.
public struct DiscoveryFigures: Sendable, Equatable {
  /// Different n-grams of 1 to 4 characters that were counted; index 0 is unused.
  public var distinct: [Int] = []
  /// The total the method divides by.
  public var total = 0
  /// Cohesive n-grams.
  public var cohesive = 0
  /// Pieces frequent enough to be candidates.
  public var candidates = 0
}

/// What a discovery gives.
public struct DiscoveryResult: Sendable {
  /// By count (falling), then by code point.
  public var words: [DiscoveredWord]
  /// What `DiscoveredWord.score` measures.
  public let scoreMeaning: String
  public let figures: DiscoveryFigures
  /// In the order the words were asked for.
  public internal(set) var explanations: [WordExplanation]
  public let statistics: CorpusStatistics

  /// One `word TAB count TAB score` a line; line end and tab inside a word are written `\n`, `\t`.
  public func tabSeparated() -> String {
    var text = ""
    for word in words {
      let name = word.word == "\n" ? "\\n" : word.word == "\t" ? "\\t" : word.word
      text += "\(name)\t\(word.count)\t\(String(format: "%.4f", word.score))\n"
    }
    return text
  }
}

extension WordList {
  /// The words found with their counts: a dictionary.
  public init(_ words: [DiscoveredWord]) {
    self.init(words.lazy.map { ($0.word, Double($0.count)) })
  }
}

extension [DiscoveredWord] {
  /// By count, falling; equal counts by code point.
  mutating func sortByCount() {
    sort { left, right in
      left.count != right.count
        ? left.count > right.count
        : left.word.unicodeScalars.lexicographicallyPrecedes(right.word.unicodeScalars)
    }
  }
}
