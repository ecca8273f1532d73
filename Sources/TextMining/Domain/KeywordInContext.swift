import Parallel
import Text

/// Where words occur, with the text around them.
public struct KeywordInContext: Sendable, Codable, Equatable {
  public let left: String
  public let word: String
  public let right: String

  /// The first `limit` occurrences of each of `words` in `source`, in text order.
  public static func find(
    _ words: [String], in source: TextSource, limit: Int = 3, width: Int = 12
  ) throws -> [String: [KeywordInContext]] {
    let trie = try WordTrie(words)
    var found = [[KeywordInContext]](repeating: [], count: words.count)
    var open = words.count
    var blocks = source.blocks()
    let line = ScalarLine()
    while open > 0, let block = try blocks.next() {
      for text in block.split(separator: 0x0A) {
        text.withUnsafeBufferPointer { line.decode($0) }
        for start in 0..<line.count {
          var node = trie.root(trie.number(of: line.scalars[start]))
          var end = start + 1
          while node != WordTrie.none {
            let place = Int(trie.word(at: node))
            if place >= 0, found[place].count < limit {
              found[place].append(context(line, start, end, width))
              if found[place].count == limit { open -= 1 }
            }
            guard end < line.count else { break }
            node = trie.step(node, trie.number(of: line.scalars[end]))
            end += 1
          }
        }
      }
    }
    return Dictionary(zip(words, found), uniquingKeysWith: { first, _ in first })
  }

  /// How often each of `words` stands in `source`, overlapping occurrences too.
  public static func count(
    _ words: [String], in source: TextSource, work: Work = .silent
  ) throws -> [String: Int] {
    let trie = try WordTrie(words, mergesCharacters: true)
    var counts = [Int](repeating: 0, count: words.count)
    let line = ScalarLine()
    _ = try source.forEachLine("counting", work: work) { text, _ in
      line.decode(text, mergesCharacters: true)
      for start in 0..<line.count {
        var node = trie.root(trie.number(of: line.scalars[start]))
        var end = start + 1
        while node != WordTrie.none {
          if trie.word(at: node) >= 0 { counts[Int(trie.word(at: node))] += 1 }
          guard end < line.count else { break }
          node = trie.step(node, trie.number(of: line.scalars[end]))
          end += 1
        }
      }
    }
    return Dictionary(zip(words, try source.ranks.sum(counts)), uniquingKeysWith: max)
  }

  private static func context(
    _ line: ScalarLine, _ start: Int, _ end: Int, _ width: Int
  ) -> KeywordInContext {
    func text(_ range: Range<Int>) -> String {
      var view = String.UnicodeScalarView()
      for index in range { view.append(Unicode.Scalar(line.scalars[index]) ?? "\u{FFFD}") }
      return String(view)
    }
    return KeywordInContext(
      left: text(max(0, start - width)..<start), word: text(start..<end),
      right: text(end..<min(line.count, end + width)))
  }
}
