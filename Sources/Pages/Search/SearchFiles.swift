import Formats
import Foundation
import Messages
import Parallel

/// A search index as files for a browser, under `/assets/search/<language>/`:
///
///     index.json       {"documents": [[name, title, length], …], "words": […], "shards": n}
///     00.json, 01.json …  {"term": postings, …}: the terms whose hash modulo n is that number
///     text/NAME.json   [[anchor, text], …]: what excerpts are cut from
///
/// Postings are base64 of variable-length integers: the gap to the document before, doubled, plus one if a
/// count follows that is more than one.
struct SearchFiles {
  /// Where the files stand.
  static func folder(_ language: PageLanguage) -> String { "/assets/search/\(language.rawValue)/" }

  static func textPath(_ name: String, _ language: PageLanguage) -> String {
    "\(folder(language))text/\(name).json"
  }

  static func shardPath(_ number: Int, _ language: PageLanguage) -> String {
    "\(folder(language))\(number < 10 ? "0" : "")\(number).json"
  }

  static func text(_ passages: [RenderedText.Passage]) -> [UInt8] {
    let value = JSONValue.array(passages.map { .array([.string($0.anchor), .string($0.text)]) })
    return Array(value.text().utf8)
  }

  /// A power of two, so that a shard holds the terms of some sixteen pages.
  static func shardCount(_ documents: Int) -> Int {
    var count = 1
    while count < 64, count * 16 < documents { count *= 2 }
    return count
  }

  /// Path and bytes of all files but the texts; where only some terms' lists changed (`amended`), of the
  /// shards that hold those.
  static func files(
    _ index: SearchIndex, _ language: PageLanguage, shards: Int,
    amended: Set<SearchTerms.Key>? = nil,
    threads: Int
  ) throws -> [(path: String, bytes: [UInt8])] {
    let due = amended.map { keys in Set(keys.map { shard(of: index.name(of: $0), shards) }) }
    var contents = [[(term: String, key: SearchTerms.Key)]](repeating: [], count: shards)
    for key in index.postings.keys {
      let term = index.name(of: key)
      let number = shard(of: term, shards)
      if due?.contains(number) ?? true { contents[number].append((term, key)) }
    }
    let terms = contents
    let numbers = (0..<shards).filter { due?.contains($0) ?? true }
    var files = try parallelMap(count: numbers.count, threads: threads) { place in
      let number = numbers[place]
      var json = "{"
      for (term, key) in terms[number].sorted(by: { $0.term < $1.term }) {
        json += json.utf8.count > 1 ? ",\n" : ""
        json += "\(JSONText.quoted(term)):\"\(encoded(index.postings[key] ?? []))\""
      }
      return (path: shardPath(number, language), bytes: Array((json + "}").utf8))
    }
    let documents = index.documents.map {
      JSONValue.array([.string($0.name), .string($0.title), .integer($0.length)])
    }
    let overview: JSONValue = [
      "documents": .array(documents), "words": .array(index.terms.words.map { .string($0) }),
      "shards": .integer(shards),
    ]
    files.append((folder(language) + "index.json", Array(overview.text().utf8)))
    return files
  }

  /// FNV-1a over UTF-16 units, as `search.js` computes it.
  static func shard(of term: String, _ count: Int) -> Int {
    var hash: UInt32 = 0x811c_9dc5
    for unit in term.utf16 { hash = (hash ^ UInt32(unit)) &* 0x0100_0193 }
    return Int((hash ^ hash >> 15) % UInt32(count))
  }

  private static func encoded(_ postings: [SearchIndex.Posting]) -> String {
    var bytes: [UInt8] = []
    func append(_ value: Int32) {
      var value = UInt32(value)
      while value >= 0x80 {
        bytes.append(UInt8(value & 0x7F) | 0x80)
        value >>= 7
      }
      bytes.append(UInt8(value))
    }
    var before: Int32 = 0
    for posting in postings {
      append((posting.document - before) * 2 + (posting.count > 1 ? 1 : 0))
      if posting.count > 1 { append(posting.count) }
      before = posting.document
    }
    return Base64.text(bytes)
  }

  // MARK: Reading

  /// Reads what `files` wrote. `nil` for files that are missing or not as written.
  static func read(
    _ language: PageLanguage, in folder: String, threads: Int = defaultThreadCount
  ) -> SearchIndex? {
    @Sendable func json(_ path: String) -> JSONValue? {
      (try? ByteSource(path: folder + path).readAll()).flatMap { try? JSONValue(parsing: $0) }
    }
    guard let overview = json(self.folder(language) + "index.json"),
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
    var index = SearchIndex(terms: SearchTerms(words: words.compactMap(\.stringValue)))
    let count = Int32(documents.count)
    let read = try? parallelMap(count: shards, threads: threads) { number in
      json(shardPath(number, language))?.members?.map { member in
        (member.key, member.value.stringValue.flatMap { decoded($0, documents: count) })
      }
    }
    guard let read, read.count == shards else { return nil }
    var lists: [(String, [SearchIndex.Posting])] = []
    for shard in read {
      guard let shard else { return nil }
      for (term, postings) in shard {
        guard let postings else { return nil }
        lists.append((term, postings))
      }
    }
    index.restore(documents, lists)
    return index
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

/// RFC 4648 without Foundation's copies.
enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
    return table
  }()

  static func text(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var place = 0
    while place < bytes.count {
      let rest = bytes.count - place
      let a = bytes[place]
      let b = rest > 1 ? bytes[place + 1] : 0
      let c = rest > 2 ? bytes[place + 2] : 0
      result.append(digits[Int(a >> 2)])
      result.append(digits[Int((a & 3) << 4 | b >> 4)])
      result.append(rest > 1 ? digits[Int((b & 15) << 2 | c >> 6)] : UInt8(ascii: "="))
      result.append(rest > 2 ? digits[Int(c & 63)] : UInt8(ascii: "="))
      place += 3
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `nil` for what is not base64.
  static func bytes(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for digit in text.utf8 {
      if digit == UInt8(ascii: "=") { break }
      let value = values[Int(digit)]
      if value == 255 { return nil }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return result
  }
}
