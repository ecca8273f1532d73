/// Answers against those that are accepted, as SQuAD's script has it for tokens that are ideographs, too: the best
/// over the accepted ones. An empty answer is right where there is none.
public struct AnswerScores: Sendable {
  private var exact = 0.0
  private var overlap = 0.0
  private var count = 0

  public init() {}

  public mutating func add(_ answer: String, accepted: [String]) {
    count += 1
    let own = Self.tokens(answer)
    guard !accepted.isEmpty else {
      if own.isEmpty {
        exact += 1
        overlap += 1
      }
      return
    }
    let references = accepted.map(Self.tokens)
    if references.contains(own) { exact += 1 }
    overlap += references.map { Self.f1(own, $0) }.max() ?? 0
  }

  public var exactMatch: Double { count == 0 ? 0 : exact / Double(count) }
  public var f1: Double { count == 0 ? 0 : overlap / Double(count) }

  /// Lower-case, without punctuation and spaces.
  private static func tokens(_ text: String) -> [String] {
    TextTokens.of(text.lowercased()).filter {
      !($0.unicodeScalars.count == 1 && $0.unicodeScalars.allSatisfy(TextTokens.isPunctuation))
    }
  }

  private static func f1(_ found: [String], _ reference: [String]) -> Double {
    var left: [String: Int] = [:]
    for token in reference { left[token, default: 0] += 1 }
    var shared = 0
    for token in found where left[token, default: 0] > 0 {
      left[token, default: 0] -= 1
      shared += 1
    }
    return shared == 0 ? 0 : Double(2 * shared) / Double(found.count + reference.count)
  }
}
