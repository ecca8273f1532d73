import Formats
import Foundation

/// Words with counts: a dictionary.
public struct WordList: Sendable {
  public private(set) var words: [String] = []
  public private(set) var counts: [Double] = []
  private var places: [String: Int] = [:]

  public init() {}

  public init(_ pairs: some Sequence<(word: String, count: Double)>) {
    for pair in pairs { add(pair.word, count: pair.count) }
  }

  public init(_ words: [DiscoveredWord]) {
    self.init(words.lazy.map { ($0.word, Double($0.count)) })
  }

  /// Adds to the count of `word`.
  public mutating func add(_ word: String, count: Double) {
    guard !word.isEmpty else { return }
    if let place = places[word] {
      counts[place] += count
    } else {
      places[word] = words.count
      words.append(word)
      counts.append(count)
    }
  }

  public var count: Int { words.count }
  public var total: Double { counts.reduce(0, +) }
  public func count(of word: String) -> Double? { places[word].map { counts[$0] } }
  public func contains(_ word: String) -> Bool { places[word] != nil }

  /// Reads lines of `word TAB count` or `word count`, anything after the count being ignored; a word
  /// without a count has 1. Throws for a line whose count is no number, and for a file without words.
  public init(contentsOf path: String) throws {
    let text = String(decoding: try ByteSource(path: path).readAll(), as: UTF8.self)
    try self.init(text, named: path)
  }

  public init(_ text: String, named name: String) throws {
    for (index, line) in text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let fields =
        line.contains("\t")
        ? line.split(separator: "\t", omittingEmptySubsequences: false)
        : line.split(separator: " ")
      guard let word = fields.first, !word.isEmpty else { continue }
      guard fields.count > 1 else {
        add(String(word), count: 1)
        continue
      }
      guard let count = Double(fields[1]), count >= 0, count.isFinite else {
        throw FileError(
          path: name,
          reason: "line \(index + 1): \"\(fields[1].prefix(40))\" is no count; lines of "
            + "word and count are expected")
      }
      add(String(word), count: count)
    }
    guard !words.isEmpty else { throw FileError(path: name, reason: "holds no words") }
  }
}

extension DiscoveryResult {
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
