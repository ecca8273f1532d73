import Formats
import Parallel

/// Reads what `SearchFiles` wrote: first what all terms have in common, then of their lists those that are
/// asked for.
struct SearchFilesReader {
  /// The bytes of a file by its path; `nil` for one that is not there or is not trusted.
  typealias Load = @Sendable (_ path: String) -> [UInt8]?

  /// Has no lists before `readLists`.
  private(set) var index: SearchIndex
  let shards: Int
  private let language: PageLanguage
  private let load: Load

  /// `nil` where the overview is missing or not as written.
  init?(_ language: PageLanguage, load: @escaping Load) {
    guard let overview = Self.json(SearchFiles.folder(language) + "index.json", load),
      let list = overview["documents"]?.arrayValue, let words = overview["words"]?.arrayValue,
      let shards = overview["shards"]?.integerValue, (1...64).contains(shards)
    else { return nil }
    var documents: [SearchIndex.Document] = []
    for entry in list {
      guard let cells = entry.arrayValue, cells.count == 3, let name = cells[0].stringValue,
        let title = cells[1].stringValue, let length = cells[2].integerValue
      else { return nil }
      documents.append(.init(name: name, title: title, length: length))
    }
    index = SearchIndex(
      terms: SearchTerms(words: words.compactMap(\.stringValue)), documents: documents)
    (self.shards, self.language, self.load) = (shards, language, load)
  }

  private static func json(_ path: String, _ load: Load) -> JSONValue? {
    load(path).flatMap { try? JSONValue(parsing: $0) }
  }

  /// The terms of a page as it was when the files were written.
  func counts(of name: String) -> SearchIndex.Counts? {
    guard let document = index.documents.first(where: { $0.name == name }),
      let list = Self.json(SearchFiles.textPath(name, language), load)?.arrayValue
    else { return nil }
    var passages: [RenderedText.Passage] = []
    for cells in list {
      guard let pair = cells.arrayValue, pair.count == 2, let anchor = pair[0].stringValue,
        let text = pair[1].stringValue
      else { return nil }
      passages.append(.init(anchor: anchor, text: text))
    }
    return SearchIndex.counts(document.title, passages, terms: index.terms)
  }

  /// Reads the lists of the terms of these shards; `false` for files that are missing or not as written.
  mutating func readLists(of shards: Set<Int>, threads: Int) -> Bool {
    let numbers = shards.sorted()
    let count = Int32(index.documents.count)
    let (language, load) = (language, load)
    let read = try? parallelMap(count: numbers.count, threads: threads) { place in
      Self.json(SearchFiles.shardPath(numbers[place], language), load)?.members?.map { member in
        (member.key, member.value.stringValue.flatMap { Self.decoded($0, documents: count) })
      }
    }
    guard let read else { return false }
    for shard in read {
      guard let shard else { return false }
      for (term, postings) in shard {
        guard let postings else { return false }
        index.restore(term, postings)
      }
    }
    return true
  }

  private static func decoded(_ text: String, documents: Int32) -> [SearchIndex.Posting]? {
    guard let bytes = Base64.bytes(text) else { return nil }
    var place = 0
    func next() -> Int32? {
      var value: UInt32 = 0
      var shift: UInt32 = 0
      while place < bytes.count, shift < 28 {
        let byte = bytes[place]
        place += 1
        value |= UInt32(byte & 0x7F) << shift
        if byte < 0x80 { return Int32(value) }
        shift += 7
      }
      return nil
    }
    var postings: [SearchIndex.Posting] = []
    var document: Int32 = 0
    while place < bytes.count {
      guard let code = next() else { return nil }
      document += code / 2
      var count: Int32 = 1
      if code % 2 == 1 {
        guard let more = next() else { return nil }
        count = more
      }
      guard document < documents else { return nil }
      postings.append(.init(document: document, count: count))
    }
    return postings
  }
}
