import Formats
import Foundation
import Memory
import Messages
import Parallel

/// Makes an index of questions in one mapped file.
public struct QuestionImport: Sendable {
  public var threads = defaultThreadCount

  public init() {}

  public struct Summary: Sendable {
    public var questions = 0
    public var malformedCount = 0
    public var malformed: [String] = []
  }

  /// Reads `paths` (`-` is standard input; gzip is unpacked) and writes the index to `path`, whole or not at
  /// all. Throws `FileError` where there is no question.
  public func run(_ paths: [String], to path: String, work: Work = .silent) throws -> Summary {
    var summary = Summary()
    let builder = QuestionIndexBuilder()
    for file in paths {
      let reader = try QuestionReader(path: file)
      try work.phase("reading \(file)", unit: "questions") { phase in
        while let record = try reader.next() {
          builder.add(record)
          if builder.count % 10_000 == 0 { try phase.advance(10_000) }
        }
      }
      summary.malformedCount += reader.malformedCount
      summary.malformed += reader.malformed
    }
    summary.questions = builder.count
    guard builder.count > 0 else {
      let reason = summary.malformed.first.map { "; \($0)" } ?? ""
      throw FileError(path: paths.joined(separator: ", "), reason: "holds no questions" + reason)
    }
    try work.phase("writing \(path)", unit: "questions") { _ in
      try builder.write(to: path, threads: threads)
    }
    return summary
  }
}

/// Collects questions and turns their terms into postings by a counting sort.
final class QuestionIndexBuilder {
  private let texts = TextTableBuilder()
  private let tags = TextTableBuilder()
  private let ids = GrowingBlock<UInt64>()
  private let textOf = GrowingBlock<UInt32>()
  private let tagStarts = GrowingBlock<UInt32>()
  private let tagOf = GrowingBlock<UInt32>()
  private let lengths = GrowingBlock<UInt8>()
  /// Each question's terms, once each, with how often it has them.
  private let terms = GrowingBlock<UInt32>(capacity: 1 << 16)
  private let frequencies = GrowingBlock<UInt8>(capacity: 1 << 16)
  private let termStarts = GrowingBlock<UInt64>()
  private var termNumbers: [UInt64: UInt32] = [:]
  private var keys: [UInt64] = []
  private var own: [UInt32] = []

  init() {
    tagStarts.append(0)
    termStarts.append(0)
  }

  var count: Int { ids.count }

  func add(_ record: QuestionRecord) {
    ids.append(record.id)
    textOf.append(UInt32(texts.insert(record.text)))
    for tag in record.tags { tagOf.append(UInt32(tags.insert(tag))) }
    tagStarts.append(UInt32(tagOf.count))
    let found = QuestionTerms(record.text)
    lengths.append(UInt8(clamping: found.pairs.count))
    own.removeAll(keepingCapacity: true)
    for key in found.indexed {
      if let number = termNumbers[key] {
        own.append(number)
      } else {
        let number = UInt32(keys.count)
        termNumbers[key] = number
        keys.append(key)
        own.append(number)
      }
    }
    own.sort()
    var start = 0
    while start < own.count {
      var end = start + 1
      while end < own.count, own[end] == own[start] { end += 1 }
      terms.append(own[start])
      frequencies.append(UInt8(clamping: end - start))
      start = end
    }
    termStarts.append(UInt64(terms.count))
  }

  func write(to path: String, threads: Int) throws {
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    var rank = [Int](repeating: 0, count: keys.count)
    for (place, number) in order.enumerated() { rank[number] = place }
    let starts = Block<UInt64>(zeros: keys.count + 1)
    for index in 0..<terms.count { starts[rank[Int(terms[index])] + 1] += 1 }
    for place in 0..<keys.count { starts[place + 1] += starts[place] }
    let cursor = Block<UInt64>(Array(starts.buffer.dropLast()))
    let documents = Block<UInt32>(uninitializedCount: terms.count)
    let counts = Block<UInt8>(uninitializedCount: terms.count)
    for document in 0..<count {
      for index in Int(termStarts[document])..<Int(termStarts[document + 1]) {
        let place = rank[Int(terms[index])]
        documents[Int(cursor[place])] = UInt32(document)
        counts[Int(cursor[place])] = frequencies[index]
        cursor[place] += 1
      }
    }
    let total = (0..<count).reduce(0) { $0 + Int(lengths[$1]) }
    let scoring = BM25(documents: count, averageLength: Double(total) / Double(max(1, count)))
    let best = Block<Float>(zeros: keys.count)
    for place in 0..<keys.count {
      var largest = 0.0
      for index in Int(starts[place])..<Int(starts[place + 1]) {
        largest = max(
          largest,
          scoring.impact(
            frequency: Int(counts[index]), length: Int(lengths[Int(documents[index])])))
      }
      best[place] = Float(largest).nextUp
    }
    let sortedKeys = Block<UInt64>(order.map { keys[$0] })
    let header = Block<UInt64>([UInt64(count), UInt64(total)])
    var writer = SectionFileWriter(kind: QuestionIndex.kind)
    writer.add("header", UnsafeRawBufferPointer(header.buffer), owner: header)
    TextTableBuilder.add("text", [texts], to: &writer)
    TextTableBuilder.add("tag", [tags], to: &writer)
    writer.add("ids", ids.bytes, owner: ids)
    writer.add("text.of", textOf.bytes, owner: textOf)
    writer.add("tag.of.starts", tagStarts.bytes, owner: tagStarts)
    writer.add("tag.of", tagOf.bytes, owner: tagOf)
    writer.add("lengths", lengths.bytes, owner: lengths)
    writer.add("term.keys", UnsafeRawBufferPointer(sortedKeys.buffer), owner: sortedKeys)
    writer.add("term.starts", UnsafeRawBufferPointer(starts.buffer), owner: starts)
    writer.add("term.best", UnsafeRawBufferPointer(best.buffer), owner: best)
    writer.add("documents", UnsafeRawBufferPointer(documents.buffer), owner: documents)
    writer.add("frequencies", UnsafeRawBufferPointer(counts.buffer), owner: counts)
    try writer.write(to: path, threads: threads)
  }
}
