/// A generated corpus of known topics, the same bytes everywhere: document i has topic i mod 4, and
/// a token is one of 100 words that all topics share (4 times in 10) or one of 200 of its topic.
public struct TopicCorpus: Sendable {
  public static let topicCount = 4

  /// The words of each document.
  public let documents: [[String]]

  /// - Parameters:
  ///   - documentCount: 2,000 in the reference corpus, whose text has the MD5
  ///     484910ac49a05e2f33ce32cd3c36edca.
  ///   - length: tokens of a document, 60 there.
  public init(documentCount: Int = 2000, length: Int = 60) {
    // A linear congruential generator modulo 2^64 with Knuth's constants; the upper half is used.
    var state: UInt64 = 7
    func draw() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 32
    }
    documents = (0..<documentCount).map { document in
      (0..<length).map { _ in
        let kind = draw() % 10
        let number = draw()
        return kind < 4
          ? "c\(number % 100)" : "t\(document % Self.topicCount)w\(number % 200)"
      }
    }
  }

  /// The topic of each document.
  public var topics: [Int] { documents.indices.map { $0 % Self.topicCount } }

  /// One document a line, words separated by one space.
  public var text: String {
    documents.map { $0.joined(separator: " ") + "\n" }.joined()
  }

  /// The topic of a word, or `nil` for a word that all topics share.
  public static func topic(of word: String) -> Int? {
    guard word.first == "t", let digit = word.dropFirst().first else { return nil }
    return digit.wholeNumberValue
  }
}
