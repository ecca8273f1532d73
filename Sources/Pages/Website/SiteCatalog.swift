import Foundation
import Messages
import Parallel

/// The articles of a site, and how they belong together.
struct SiteCatalog: Sendable {
  /// An article and what lists say of it.
  struct Entry: Sendable {
    let source: ArticleSource
    /// Its first paragraph.
    let opening: [MarkdownTree.Inline]
    /// The same in a few plain words, formulas as their source.
    let summary: String
    /// How long reading it takes.
    let minutes: Int
    let claims: RunClaims?
  }

  /// By date, the newest first.
  private(set) var entries: [PageLanguage: [Entry]] = [:]
  /// Names of articles by language.
  private let names: [PageLanguage: Set<String>]
  private let places: [PageLanguage: [String: Int]]

  init(_ articles: [ArticleSource], claims: [String: RunClaims], threads: Int) throws {
    let made = try parallelMap(count: articles.count, threads: threads) { index in
      let source = articles[index]
      let opening = Self.opening(of: source.markdown)
      return Entry(
        source: source, opening: opening, summary: Self.summary(of: opening),
        minutes: Self.minutes(source.markdown), claims: claims[source.name])
    }
    for entry in made { entries[entry.source.language, default: []].append(entry) }
    names = entries.mapValues { Set($0.map(\.source.name)) }
    places = entries.mapValues { list in
      Dictionary(list.enumerated().map { ($1.source.name, $0) }) { first, _ in first }
    }
  }

  /// The articles in both languages.
  var articles: [ArticleSource] { PageLanguage.allCases.flatMap { all($0).map(\.source) } }

  func all(_ language: PageLanguage) -> [Entry] { entries[language] ?? [] }

  func has(_ name: String, in language: PageLanguage) -> Bool {
    names[language]?.contains(name) == true
  }

  func place(of name: String, in language: PageLanguage) -> Int? { places[language]?[name] }

  /// The names of something that entries have, each with its entries; the most frequent first.
  func groups(
    _ language: PageLanguage, by names: (ArticleSource) -> [String]
  ) -> [(name: String, entries: [Entry])] {
    var groups: [String: [Entry]] = [:]
    for entry in all(language) {
      for name in names(entry.source) { groups[name, default: []].append(entry) }
    }
    return groups.map { ($0.key, $0.value) }
      .sorted { ($1.entries.count, $0.name) < ($0.entries.count, $1.name) }
  }

  /// Up to four articles that share most tags with this one, and its category; the nearest in time among
  /// equals.
  func related(to source: ArticleSource, byTag: [String: [Int]]) -> [Entry] {
    let list = all(source.language)
    guard let own = place(of: source.name, in: source.language) else { return [] }
    var scores: [Int: Int] = [:]
    for tag in source.tags {
      // Of very many only the newest are looked at: the work stays linear.
      for other in (byTag[tag] ?? []).prefix(400) where other != own {
        scores[other, default: 0] += 4
      }
    }
    for distance in 1...8 {
      for other in [own - distance, own + distance] where list.indices.contains(other) {
        if list[other].source.category == source.category { scores[other, default: 0] += 2 }
      }
    }
    return scores.sorted {
      ($1.value, abs($0.key - own), $0.key) < ($0.value, abs($1.key - own), $1.key)
    }.prefix(4).map { list[$0.key] }
  }

  /// The articles' places by tag.
  func placesByTag(_ language: PageLanguage) -> [String: [Int]] {
    var result: [String: [Int]] = [:]
    for (place, entry) in all(language).enumerated() {
      for tag in entry.source.tags { result[tag, default: []].append(place) }
    }
    return result
  }

  private static func opening(of markdown: String) -> [MarkdownTree.Inline] {
    let bytes = Array(markdown.utf8)
    // Only as far as the end of the first paragraph.
    var end = bytes.startIndex
    var hasText = false
    while end < bytes.count {
      let lineEnd = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let isEmpty = bytes[end..<lineEnd].trimmed.isEmpty
      if isEmpty, hasText { break }
      if !isEmpty { hasText = true }
      end = min(lineEnd + 1, bytes.count)
    }
    let tree = MarkdownTree(String(decoding: bytes[..<end], as: UTF8.self))
    guard case .paragraph(let inlines)? = tree.blocks.first else { return [] }
    return inlines
  }

  private static func summary(of inlines: [MarkdownTree.Inline]) -> String {
    let text = inlines.plainText.onOneLine
    return text.count > 220 ? text.prefix(220) + "…" : text
  }

  /// 400 Chinese characters or 220 words a minute.
  private static func minutes(_ markdown: String) -> Int {
    var markdown = markdown
    // Without branches, so that many bytes are counted at once.
    let (ideographs, words) = markdown.withUTF8 { bytes in
      var ideographs = 0
      var words = 0
      var before: UInt8 = 0
      for byte in bytes {
        ideographs &+= byte &- 0xE3 < 7 ? 1 : 0
        let isLetter: UInt8 = (byte | 0x20) &- 0x61 < 26 ? 1 : 0
        words &+= Int(isLetter & ~before)
        before = isLetter
      }
      return (ideographs, words)
    }
    return max(1, Int((Double(ideographs) / 400 + Double(words) / 220).rounded()))
  }
}
