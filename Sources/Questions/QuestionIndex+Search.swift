import Foundation

extension QuestionIndex {
  public struct Hit: Sendable, Equatable {
    public let question: Int
    public let score: Double
  }

  /// One term's postings while documents are walked through.
  private struct Cursor {
    var position: Int
    let end: Int
    let idf: Double
    /// The most it can add to a document's score.
    let bound: Double
  }

  /// The best `limit` questions by BM25 over pairs of characters and runs of letters; where `text` has none,
  /// over characters. Ties by number.
  ///
  /// MaxScore (Turtle and Flood, 1995): terms whose bounds together cannot lift a document into the result are
  /// only looked up for documents that others bring.
  public func matches(_ text: String, limit: Int) -> [Hit] {
    let terms = QuestionTerms(text)
    let keys = terms.pairs.isEmpty ? terms.characters.map(UInt64.init) : terms.pairs
    guard limit > 0 else { return [] }
    var repeated: [UInt64: Int] = [:]
    for key in keys { repeated[key, default: 0] += 1 }
    var cursors: [Cursor] = repeated.sorted { $0.key < $1.key }.compactMap { key, times in
      guard let (number, range) = postings(of: key) else { return nil }
      let idf = scoring.idf(range.count) * Double(times)
      return Cursor(
        position: range.lowerBound, end: range.upperBound, idf: idf,
        bound: idf * Double(tables.best[number]))
    }
    cursors.sort { $0.bound < $1.bound }
    var sums = [0.0]
    for cursor in cursors { sums.append((sums.last ?? 0) + cursor.bound) }
    var heap: [Hit] = []
    var threshold = -Double.infinity
    var essential = 0
    let documents = tables.documents
    while essential < cursors.count {
      var document = UInt32.max
      for index in essential..<cursors.count where cursors[index].position < cursors[index].end {
        document = min(document, documents[cursors[index].position])
      }
      guard document != .max, Int(document) < count else { break }
      let length = Int(tables.lengths[Int(document)])
      var score = 0.0
      for index in essential..<cursors.count {
        let position = cursors[index].position
        guard position < cursors[index].end, documents[position] == document else { continue }
        score +=
          cursors[index].idf
          * scoring.impact(frequency: Int(tables.frequencies[position]), length: length)
        cursors[index].position += 1
      }
      var index = essential - 1
      while index >= 0, score + sums[index + 1] > threshold {
        gallop(&cursors[index], to: document)
        let position = cursors[index].position
        if position < cursors[index].end, documents[position] == document {
          score +=
            cursors[index].idf
            * scoring.impact(frequency: Int(tables.frequencies[position]), length: length)
        }
        index -= 1
      }
      if index < 0, score > threshold || heap.count < limit {
        insert(Hit(question: Int(document), score: score), &heap, limit)
        if heap.count == limit { threshold = heap[limit - 1].score }
        while essential < cursors.count, sums[essential + 1] <= threshold { essential += 1 }
      }
    }
    return heap
  }

  /// Keeps `hits` sorted: best first, ties in the order of their coming, which is that of their numbers.
  private func insert(_ hit: Hit, _ hits: inout [Hit], _ limit: Int) {
    var place = hits.count
    while place > 0, hits[place - 1].score < hit.score { place -= 1 }
    hits.insert(hit, at: place)
    if hits.count > limit { hits.removeLast() }
  }

  private func gallop(_ cursor: inout Cursor, to document: UInt32) {
    let documents = tables.documents
    var step = 1
    var low = cursor.position
    guard low < cursor.end, documents[low] < document else { return }
    while low + step < cursor.end, documents[low + step] < document {
      low += step
      step *= 2
    }
    var high = min(cursor.end, low + step)
    while low + 1 < high {
      let middle = (low + high) / 2
      if documents[middle] < document { low = middle } else { high = middle }
    }
    cursor.position = high
  }

  /// The best `limit` questions: 50 by `matches`, put in order by BM25 over characters + ¼ of that over pairs,
  /// + the share of characters that stand in the same order (the longest common subsequence).
  public func search(_ text: String, limit: Int = 10) -> [Hit] {
    let found = matches(text, limit: max(50, limit))
    let wanted = QuestionTerms(text).characters
    guard !wanted.isEmpty else { return [] }
    var idf: [UInt32: Double] = [:]
    for character in wanted where idf[character] == nil {
      idf[character] = scoring.idf(documentFrequency(UInt64(character)))
    }
    let ranked = found.map { hit in
      let characters = QuestionTerms(self.text(hit.question)).characters
      var counts: [UInt32: Int] = [:]
      for character in characters { counts[character, default: 0] += 1 }
      var score = 0.25 * hit.score
      for character in wanted {
        guard let count = counts[character], let idf = idf[character] else { continue }
        score += idf * scoring.impact(frequency: count, length: characters.count)
      }
      let common = longestCommonSubsequence(wanted, characters)
      score += 2 * Double(2 * common) / Double(wanted.count + characters.count)
      return Hit(question: hit.question, score: score)
    }
    return Array(
      ranked.sorted { ($1.score, $0.question) < ($0.score, $1.question) }.prefix(limit))
  }
}

/// The length of the longest sequence that stands, in order, in both.
func longestCommonSubsequence(_ a: [UInt32], _ b: [UInt32]) -> Int {
  var row = [Int](repeating: 0, count: b.count + 1)
  for x in a {
    var diagonal = 0
    for (index, y) in b.enumerated() {
      let above = row[index + 1]
      row[index + 1] = x == y ? diagonal + 1 : max(above, row[index])
      diagonal = above
    }
  }
  return row[b.count]
}
