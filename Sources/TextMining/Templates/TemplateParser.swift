import Foundation
import Messages

/// Reads the structure of a sentence with weighted templates.
///
/// A span is read by the template with the largest ln(f/Σf) + scores of what its placeholders cover; a
/// span that no template fits is a leaf of −20 a word beyond the first. Templates match strictly: every
/// word of the span is one of the template's or is covered by a placeholder, which covers at least one.
/// Scores equal to four decimals: the reading with more literal words, then the one whose first
/// placeholder reaches farther, so (雪梨 和 苹果) 和 (香蕉).
public struct TemplateParser: Sendable {
  /// How a span of words was read.
  public indirect enum Tree: Sendable, Equatable {
    case leaf([String])
    case branch(SentenceTemplate, children: [Tree])

    /// Literal words plain, placeholders' contents in parentheses.
    public var text: String {
      switch self {
      case .leaf(let words): return words.joined()
      case .branch(let template, let children):
        var children = children[...]
        return template.elements.map { element in
          if case .word(let word) = element { return word }
          return "(\(children.popFirst()?.text ?? ""))"
        }.joined()
      }
    }

    var literalWords: Int {
      switch self {
      case .leaf: 0
      case .branch(let template, let children):
        template.words.count + children.reduce(0) { $0 + $1.literalWords }
      }
    }
  }

  public var nullScore = -20.0
  private let templates: [(template: SentenceTemplate, score: Double)]

  /// - Parameter templates: with their counts.
  public init(_ templates: [(template: SentenceTemplate, count: Int)]) {
    let total = max(1, templates.reduce(0.0) { $0 + Double($1.count) })
    self.templates = templates.filter { !$0.template.words.isEmpty }.map {
      ($0.template, log(Double($0.count) / total))
    }
  }

  /// A sentence of more words is refused: spans are read inside spans, and there are half a million.
  public static let longestSentence = 1000

  /// The best reading of `words` and its score. Throws beyond `longestSentence` words.
  public func parse(_ words: [String]) throws -> (tree: Tree, score: Double) {
    guard !words.isEmpty else { return (.leaf([]), 0) }
    guard words.count <= Self.longestSentence else {
      throw InputError(
        "a sentence of \(words.count) words is too long to be read; at most \(Self.longestSentence) "
          + "are possible")
    }
    let present = Set(words)
    // Only templates whose words all occur can match anywhere inside.
    let usable = templates.filter { $0.template.words.allSatisfy(present.contains) }
    var search = Search(words: words, templates: usable, nullScore: nullScore)
    return search.best(0, words.count)
  }

  private struct Search {
    let words: [String]
    let templates: [(template: SentenceTemplate, score: Double)]
    let nullScore: Double
    var known: [Int: (tree: Tree, score: Double)] = [:]

    mutating func best(_ start: Int, _ end: Int) -> (tree: Tree, score: Double) {
      let key = start << 20 | end
      if let found = known[key] { return found }
      var winner: (tree: Tree, score: Double)?
      for (template, score) in templates {
        // A template of one placeholder and nothing else was left out; each match is shorter.
        guard let match = match(template.elements[...], start, end) else { continue }
        let candidate = (
          tree: Tree.branch(template, children: match.children), score: score + match.score
        )
        if winner.map({ Self.isBetter(candidate, $0) }) ?? true { winner = candidate }
      }
      let result =
        winner ?? (.leaf(Array(words[start..<end])), nullScore * Double(end - start - 1))
      known[key] = result
      return result
    }

    private static func isBetter(
      _ left: (tree: Tree, score: Double), _ right: (tree: Tree, score: Double)
    ) -> Bool {
      let a = (left.score * 10_000).rounded()
      let b = (right.score * 10_000).rounded()
      return a != b ? a > b : left.tree.literalWords > right.tree.literalWords
    }

    /// The best way `elements` cover the words from `start` to `end`, all of them.
    private mutating func match(
      _ elements: ArraySlice<SentenceTemplate.Element>, _ start: Int, _ end: Int
    ) -> (children: [Tree], score: Double)? {
      guard let first = elements.first else { return start == end ? ([], 0) : nil }
      let rest = elements.dropFirst()
      guard end - start >= elements.count else { return nil }
      switch first {
      case .word(let word): return words[start] == word ? match(rest, start + 1, end) : nil
      case .placeholder:
        var winner: (children: [Tree], score: Double)?
        // Longest first: on ties the first placeholder reaches farther.
        for border in stride(from: end - rest.count, to: start, by: -1) {
          guard let tail = match(rest, border, end) else { continue }
          let head = best(start, border)
          let score = head.score + tail.score
          let isFirst = winner == nil
          if isFirst || isBetterMatch(score, [head.tree] + tail.children, winner) {
            winner = ([head.tree] + tail.children, score)
          }
        }
        return winner
      }
    }

    private func isBetterMatch(
      _ score: Double, _ children: [Tree], _ other: (children: [Tree], score: Double)?
    ) -> Bool {
      guard let other else { return true }
      let a = (score * 10_000).rounded()
      let b = (other.score * 10_000).rounded()
      func literals(_ trees: [Tree]) -> Int { trees.reduce(0) { $0 + $1.literalWords } }
      return a != b ? a > b : literals(children) > literals(other.children)
    }
  }
}
