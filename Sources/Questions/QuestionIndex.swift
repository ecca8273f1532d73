import Formats
import Messages

/// Questions in one mapped file: their texts, tags, and the postings of their terms.
public final class QuestionIndex: Sendable {
  static let kind = SectionFile.Kind(code: "que", version: 1, name: "an index of questions")

  public let path: String
  public let texts: TextTable
  public let tags: TextTable
  private let file: SectionFile
  let scoring: BM25
  let tables: Tables

  /// `@unchecked Sendable`: the memory is a mapping that nobody writes to.
  struct Tables: @unchecked Sendable {
    let ids: UnsafeBufferPointer<UInt64>
    let textOf: UnsafeBufferPointer<UInt32>
    let tagStarts: UnsafeBufferPointer<UInt32>
    let tagOf: UnsafeBufferPointer<UInt32>
    let lengths: UnsafeBufferPointer<UInt8>
    let keys: UnsafeBufferPointer<UInt64>
    let starts: UnsafeBufferPointer<UInt64>
    let best: UnsafeBufferPointer<Float>
    let documents: UnsafeBufferPointer<UInt32>
    let frequencies: UnsafeBufferPointer<UInt8>
  }

  /// Throws `FileError` if `path` is missing, of another kind or version, or cut short.
  public init(path: String) throws {
    self.path = path
    file = try SectionFile(path: path, kind: Self.kind)
    let header = try file.values("header", as: UInt64.self, count: 2)
    let count = Int(truncatingIfNeeded: header[0])
    scoring = BM25(
      documents: count, averageLength: Double(header[1]) / Double(max(1, count)))
    texts = try TextTable("text", in: file)
    tags = try TextTable("tag", in: file)
    let keys = try file.values("term.keys", as: UInt64.self)
    let documents = try file.values("documents", as: UInt32.self)
    tables = Tables(
      ids: try file.values("ids", as: UInt64.self, count: count),
      textOf: try file.values("text.of", as: UInt32.self, count: count),
      tagStarts: try file.values("tag.of.starts", as: UInt32.self, count: count + 1),
      tagOf: try file.values("tag.of", as: UInt32.self),
      lengths: try file.values("lengths", as: UInt8.self, count: count), keys: keys,
      starts: try file.values("term.starts", as: UInt64.self, count: keys.count + 1),
      best: try file.values("term.best", as: Float.self, count: keys.count), documents: documents,
      frequencies: try file.values("frequencies", as: UInt8.self, count: documents.count))
  }

  public func verify() throws { try file.verify() }

  public var count: Int { tables.ids.count }
  public var byteCount: Int { file.byteCount }

  public func text(_ question: Int) -> String { texts[Int(tables.textOf[question])] }

  public subscript(question: Int) -> QuestionRecord {
    QuestionRecord(
      id: tables.ids[question], text: text(question), tags: tagNumbers(question).map { tags[$0] })
  }

  func tagNumbers(_ question: Int) -> [Int] {
    let start = Int(tables.tagStarts[question])
    let end = Int(tables.tagStarts[question + 1])
    guard start <= end, end <= tables.tagOf.count else { return [] }
    return tables.tagOf[start..<end].map { Int($0) }
  }

  /// The postings of a term; `nil` if no question has it.
  func postings(of key: UInt64) -> (number: Int, range: Range<Int>)? {
    var low = 0
    var high = tables.keys.count
    while low < high {
      let middle = (low + high) / 2
      if tables.keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    guard low < tables.keys.count, tables.keys[low] == key else { return nil }
    let start = Int(truncatingIfNeeded: tables.starts[low])
    let end = Int(truncatingIfNeeded: tables.starts[low + 1])
    guard start >= 0, start < end, end <= tables.documents.count else { return nil }
    return (low, start..<end)
  }

  func documentFrequency(_ key: UInt64) -> Int { postings(of: key)?.range.count ?? 0 }
}
