/// A page that a query found.
public struct SearchHit: Sendable, Equatable {
  /// The article's name, `gan-qp`.
  public let name: String
  public let title: String
  /// Its page's path, with the heading under which the excerpt stands: `/article/gan-qp/#the-method`.
  public let path: String
  public let score: Double
  /// Some words around what was found, cut into pieces; those that the query names are hits.
  public let excerpt: [Piece]

  public struct Piece: Sendable, Equatable {
    public let text: String
    public let isHit: Bool
  }
}

/// Finds the part of a page that answers a query best, and marks the query's terms in it.
struct SearchExcerpt {
  let pieces: [SearchHit.Piece]
  let anchor: String

  private static let width = 120

  init(_ passages: [RenderedText.Passage], keys: Set<SearchTerms.Key>, terms: SearchTerms) {
    var best: (score: Int, passage: Int, range: Range<Int>) = (-1, 0, 0..<0)
    for (index, passage) in passages.enumerated() {
      let lowered = SearchTerms.lowered(passage.text)
      var found: [SearchTerms.Occurrence] = []
      terms.forEach(in: lowered) { if keys.contains($0.key) { found.append($0) } }
      // The window that holds most different terms; `first` is its first one.
      var window: [SearchTerms.Key: Int] = [:]
      var first = 0
      for (last, occurrence) in found.enumerated() {
        window[occurrence.key, default: 0] += 1
        while occurrence.range.upperBound - found[first].range.lowerBound > Self.width {
          let key = found[first].key
          if let count = window[key] { window[key] = count > 1 ? count - 1 : nil }
          first += 1
        }
        if window.count > best.score {
          best = (window.count, index, found[first].range.lowerBound..<found[last].range.upperBound)
        }
      }
    }
    guard best.score >= 0 else {
      (pieces, anchor) = ([], "")
      return
    }
    let scalars = Array(passages[best.passage].text.unicodeScalars)
    let lowered = SearchTerms.lowered(passages[best.passage].text)
    let margin = max(16, (Self.width - best.range.count) / 2)
    let start = max(0, best.range.lowerBound - margin)
    let end = min(scalars.count, best.range.upperBound + margin)
    var isHit = [Bool](repeating: false, count: scalars.count)
    terms.forEach(in: lowered) { occurrence in
      if keys.contains(occurrence.key) { for place in occurrence.range { isHit[place] = true } }
    }
    var pieces: [SearchHit.Piece] = []
    if start > 0 { pieces.append(.init(text: "…", isHit: false)) }
    var place = start
    while place < end {
      var stop = place
      while stop < end, isHit[stop] == isHit[place] { stop += 1 }
      var text = String.UnicodeScalarView()
      for scalar in scalars[place..<stop] { text.append(scalar == "\n" ? " " : scalar) }
      pieces.append(.init(text: String(text), isHit: isHit[place]))
      place = stop
    }
    if end < scalars.count { pieces.append(.init(text: "…", isHit: false)) }
    self.pieces = pieces
    anchor = passages[best.passage].anchor
  }
}

extension [UInt32] {
  /// Whether `pattern` stands in it.
  func contains(sequence pattern: [UInt32]) -> Bool {
    guard let first = pattern.first, count >= pattern.count else { return false }
    for start in 0...(count - pattern.count) where self[start] == first {
      if self[start..<(start + pattern.count)].elementsEqual(pattern) { return true }
    }
    return false
  }
}
