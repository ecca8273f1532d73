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

  /// Path and bytes of all files but the texts; of the terms' lists those of the shards `due`, all if `nil`.
  static func files(
    _ index: SearchIndex, _ language: PageLanguage, shards: Int, due: Set<Int>? = nil, threads: Int
  ) throws -> [(path: String, bytes: [UInt8])] {
    var contents = [[(term: String, key: SearchTerms.Key)]](repeating: [], count: shards)
    for key in index.postings.keys {
      let term = index.name(of: key)
      contents[shard(of: term, shards)].append((term, key))
    }
    let terms = contents
    let numbers = (due ?? Set(0..<shards)).sorted()
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
}
