import Foundation

/// Which pages hold which terms, and how a query ranks them.
///
/// BM25 (Robertson and Zaragoza 2009) with k₁ = 1.2, b = 0.75, idf = ln(1 + (N − n + ½)/(n + ½)); a title
/// counts as its words three times over. Of the best twenty those that hold the query as a whole, spaces
/// and punctuation aside, come first: a sentence finds its page. Ties go to the page that was added first.
struct SearchIndex: Sendable {
  struct Document: Sendable, Equatable {
    /// The article's name.
    var name: String
    var title: String
    /// How many terms it has.
    var length: Int
  }

  struct Posting: Sendable, Equatable {
    var document: Int32
    var count: Int32
  }

  private(set) var documents: [Document] = []
  private(set) var postings: [SearchTerms.Key: [Posting]] = [:]
  /// What terms with hashed keys are called.
  private(set) var names: [SearchTerms.Key: String] = [:]
  let terms: SearchTerms
  private var totalLength = 0

  static let titleWeight: Int32 = 3
  static let candidates = 20

  init(terms: SearchTerms, documents: [Document] = []) {
    self.terms = terms
    self.documents = documents
    totalLength = documents.reduce(0) { $0 + $1.length }
  }

  /// The terms of one page, counted: what threads can make apart from each other.
  struct Counts: Sendable {
    var counts: [SearchTerms.Key: Int32] = [:]
    var names: [SearchTerms.Key: String] = [:]
    var length = 0

    /// The terms that one has more often than the other.
    func differences(from other: Counts) -> Set<SearchTerms.Key> {
      var keys = Set(counts.keys.filter { counts[$0] != other.counts[$0] })
      for key in other.counts.keys where counts[key] == nil { keys.insert(key) }
      return keys
    }

    /// A term's text.
    func name(of key: SearchTerms.Key) -> String { names[key] ?? SearchTerms.pair(key) }
  }

  static func counts(_ title: String, _ passages: [RenderedText.Passage], terms: SearchTerms)
    -> Counts
  {
    var result = Counts()
    func add(_ text: String, _ weight: Int32) {
      let lowered = SearchTerms.lowered(text)
      terms.forEach(in: lowered) { occurrence in
        result.length += 1
        if let count = result.counts[occurrence.key] {
          result.counts[occurrence.key] = count + weight
        } else {
          result.counts[occurrence.key] = weight
          if occurrence.key >> 63 == 1 {
            result.names[occurrence.key] = SearchTerms.text(lowered[occurrence.range])
          }
        }
      }
    }
    add(title, titleWeight)
    for passage in passages { add(passage.text, 1) }
    return result
  }

  mutating func add(_ name: String, title: String, _ counts: Counts) {
    let number = Int32(documents.count)
    documents.append(Document(name: name, title: title, length: counts.length))
    totalLength += counts.length
    for (key, count) in counts.counts {
      postings[key, default: []].append(Posting(document: number, count: count))
    }
    names.merge(counts.names) { old, _ in old }
  }

  /// Puts a page's new terms in the place of its old ones; the page has to be there.
  mutating func replace(_ name: String, title: String, _ old: Counts, by new: Counts) {
    guard let number = documents.firstIndex(where: { $0.name == name }) else { return }
    totalLength += new.length - documents[number].length
    documents[number] = Document(name: name, title: title, length: new.length)
    let document = Int32(number)
    for key in old.differences(from: new) {
      var list = postings[key] ?? []
      let place = list.firstIndex { $0.document >= document } ?? list.endIndex
      let isThere = place < list.endIndex && list[place].document == document
      let posting = new.counts[key].map { [Posting(document: document, count: $0)] } ?? []
      list.replaceSubrange(place..<(isThere ? place + 1 : place), with: posting)
      postings[key] = list.isEmpty ? nil : list
    }
    names.merge(new.names) { old, _ in old }
  }

  /// Puts back a list that was written to a file.
  mutating func restore(_ term: String, _ list: [Posting]) {
    let key = SearchTerms.key(of: term)
    postings[key] = list
    if key >> 63 == 1 { names[key] = term }
  }

  /// A term's text.
  func name(of key: SearchTerms.Key) -> String { names[key] ?? SearchTerms.pair(key) }

  /// The pages that hold a term of the query, the best first, at most `candidates`.
  func ranked(_ keys: Set<SearchTerms.Key>) -> [(document: Int, score: Double)] {
    let mean = max(1, Double(totalLength) / Double(max(1, documents.count)))
    var scores = [Double](repeating: 0, count: documents.count)
    // In one order, so that sums are the same everywhere.
    for key in keys.sorted() {
      guard let list = postings[key] else { continue }
      let n = Double(list.count)
      let idf = log(1 + (Double(documents.count) - n + 0.5) / (n + 0.5))
      for posting in list {
        let document = Int(posting.document)
        let count = Double(posting.count)
        let norm = 1.2 * (0.25 + 0.75 * Double(documents[document].length) / mean)
        scores[document] += idf * count * 2.2 / (count + norm)
      }
    }
    return scores.indices.filter { scores[$0] > 0 }
      .map { ($0, scores[$0]) }
      .sorted { Self.isBefore($0, $1) }
      .prefix(Self.candidates).map { $0 }
  }

  static func isBefore(_ a: (document: Int, score: Double), _ b: (document: Int, score: Double))
    -> Bool
  {
    abs(a.score - b.score) > 1e-9 ? a.score > b.score : a.document < b.document
  }
}
