import Foundation
import Tracking

/// What is appended to a run's `metrics.jsonl`, read from a place on: each reader has its own place, a byte.
struct MetricsTail: Sendable {
  let path: String
  /// Where the next record begins.
  private(set) var offset: Int

  /// From the beginning, or after the record that ends at `offset`, if one does.
  init(_ run: RunFolder, after offset: Int = 0) {
    path = run.metricsPath
    self.offset = 0
    guard offset > 0, let file = FileHandle(forReadingAtPath: path) else { return }
    defer { try? file.close() }
    try? file.seek(toOffset: UInt64(offset - 1))
    if (try? file.read(upToCount: 1)) == Data([0x0A]) { self.offset = offset }
  }

  /// The same file from its beginning.
  init(_ other: MetricsTail) {
    path = other.path
    offset = 0
  }

  private static let piece = 64 << 10
  /// Bytes of a line; a longer one is no record.
  private static let longest = 4 << 20

  /// The whole records that have come since, up to some hundred, each with the place where it ends.
  mutating func next() -> [(end: Int, line: String)] {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? file.close() }
    guard (try? file.seek(toOffset: UInt64(offset))) != nil,
      var data = try? file.read(upToCount: Self.piece)
    else { return [] }
    while !data.contains(0x0A), data.count < Self.longest,
      let more = try? file.read(upToCount: Self.piece), !more.isEmpty
    {
      data += more
    }
    var records: [(end: Int, line: String)] = []
    var begin = data.startIndex
    while let end = data[begin...].firstIndex(of: 0x0A) {
      offset += end - begin + 1
      records.append((offset, String(decoding: data[begin..<end], as: UTF8.self)))
      begin = end + 1
    }
    return records
  }
}
