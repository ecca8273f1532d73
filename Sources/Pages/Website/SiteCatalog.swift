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
      let opening = Self.opening(of: source.body)
      return Entry(
        source: source, opening: opening, summary: Self.summary(of: opening),
        minutes: Self.minutes(source.body), claims: claims[source.name])
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

  /// For each article up to four that share most tags with it, and its category; the nearest in time among
  /// equals.
  func related(_ language: PageLanguage) -> [[Entry]] {
    let list = all(language)
    var byTag: [String: [Int]] = [:]
    for (place, entry) in list.enumerated() {
      for tag in entry.source.tags { byTag[tag, default: []].append(place) }
    }
    var scores = [Int](repeating: 0, count: list.count)
    return list.indices.map { own in
      var others: [Int] = []
      func add(_ score: Int, to other: Int) {
        guard other != own else { return }
        if scores[other] == 0 { others.append(other) }
        scores[other] += score
      }
      for tag in list[own].source.tags {
        // Of very many only the newest are looked at: the work stays linear.
        for other in (byTag[tag] ?? []).prefix(400) { add(4, to: other) }
      }
      for other in max(0, own - 8)...min(list.count - 1, own + 8)
      where list[other].source.category == list[own].source.category {
        add(2, to: other)
      }
      let nearest = others.map { (score: scores[$0], place: $0) }.sorted {
        ($1.score, abs($0.place - own), $0.place) < ($0.score, abs($1.place - own), $1.place)
      }
      for other in others { scores[other] = 0 }
      return nearest.prefix(4).map { list[$0.place] }
    }
  }

  private static func opening(of markdown: ArraySlice<UInt8>) -> [MarkdownTree.Inline] {
    // Only as far as the end of the first paragraph.
    var lines = MarkdownLines(markdown)
    var end = markdown.startIndex
    var hasText = false
    while let line = lines.next() {
      let isEmpty = line.trimmedStart.isEmpty
      if isEmpty, hasText { break }
      if !isEmpty { hasText = true }
      end = lines.place
    }
    let tree = MarkdownTree(markdown[..<end])
    guard case .paragraph(let inlines)? = tree.blocks.first else { return [] }
    return inlines
  }

  private static func summary(of inlines: [MarkdownTree.Inline]) -> String {
    let text = inlines.plainText.onOneLine
    return text.count > 220 ? text.prefix(220) + "…" : text
  }

  /// 400 Chinese characters or 220 words a minute.
  private static func minutes(_ markdown: ArraySlice<UInt8>) -> Int {
    // Without branches, and each byte by itself, so that many are counted at once.
    func isLetter(_ byte: UInt8) -> Int { (byte | 0x20) &- 0x61 < 26 ? 1 : 0 }
    let (ideographs, words) = markdown.withUnsafeBufferPointer { bytes in
      guard let first = bytes.first else { return (0, 0) }
      var ideographs = first &- 0xE3 < 7 ? 1 : 0
      var words = isLetter(first)
      for place in 1..<bytes.count {
        ideographs &+= bytes[place] &- 0xE3 < 7 ? 1 : 0
        words &+= isLetter(bytes[place]) & ~isLetter(bytes[place - 1])
      }
      return (ideographs, words)
    }
    return max(1, Int((Double(ideographs) / 400 + Double(words) / 220).rounded()))
  }
}
