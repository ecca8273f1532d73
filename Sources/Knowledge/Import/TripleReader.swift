import Formats
import Foundation
import Memory
import Messages
import Parallel

/// Reads a file of triples in stretches, each parsed on several threads.
final class TripleReader {
  /// What one stretch holds; the texts lie in the reader's buffer until the next one is read.
  struct Stretch: @unchecked Sendable {
    // Nobody writes to the buffer before all threads are done with the stretch.
    let base: UnsafePointer<UInt8>
    let parts: [ParsedTriples]
    var rows: Int { parts.reduce(0) { $0 + $1.count } }
  }

  private static let capacity = 24 << 20
  let path: String
  private let source: ByteSource
  private let parser: TripleParser
  private let threads: Int
  private let buffer = Block<UInt8>(uninitializedCount: capacity)
  private var filled = 0
  private var consumed = 0
  private var isAtEnd = false
  private var isFirst = true
  /// Lines before the buffer.
  private var linesBefore = 0
  private(set) var malformedCount = 0
  /// The first few.
  private(set) var malformed: [MalformedRow] = []

  init(path: String, rules: TripleRules, threads: Int) throws {
    self.path = path
    self.threads = threads
    source = try ByteSource(path: path)
    parser = TripleParser(rules: rules)
  }

  /// The next stretch, or `nil` after the last.
  func next() throws -> Stretch? {
    try fill()
    guard filled > 0 else { return nil }
    let pointer = UnsafePointer(buffer.pointer)
    var cut = filled
    if !isAtEnd {
      while cut > 0, pointer[cut - 1] != 0x0A { cut -= 1 }
    }
    guard cut > 0 else {
      try passOverLine()
      return Stretch(base: pointer, parts: [])
    }
    let start = isFirst ? try beginning(pointer, cut) : 0
    let parts = try parse(pointer, start..<cut)
    consumed = max(start, parts.last?.stop ?? cut)
    isFirst = false
    for part in parts {
      for (line, reason) in part.malformed { report(line, reason) }
    }
    return Stretch(base: pointer, parts: parts)
  }

  /// Names a row that only later turned out to be none: `line` is where it begins in the buffer.
  func report(_ line: Int, _ reason: String) {
    malformedCount += 1
    guard malformed.count < 5 else { return }
    malformed.append(
      MalformedRow(path: path, line: linesBefore + lines(upTo: line) + 1, reason: reason))
  }

  private func lines(upTo end: Int) -> Int {
    var count = 0
    for index in 0..<end where buffer[index] == 0x0A { count &+= 1 }
    return count
  }

  private func fill() throws {
    if consumed > 0 {
      linesBefore += lines(upTo: consumed)
      memmove(buffer.pointer, buffer.pointer + consumed, filled - consumed)
      filled -= consumed
      consumed = 0
    }
    while !isAtEnd, filled < buffer.count {
      let count = try source.read(
        into: UnsafeMutableRawBufferPointer(
          start: buffer.pointer + filled, count: buffer.count - filled))
      if count == 0 { isAtEnd = true }
      filled += count
    }
  }

  /// A line that fills the buffer is no triple.
  private func passOverLine() throws {
    report(0, "a line of more than \(MemorySize.describe(Self.capacity))")
    while true {
      if let newline = memchr(buffer.pointer, 0x0A, filled) {
        consumed = UnsafeRawPointer(newline) - UnsafeRawPointer(buffer.pointer)
        return
      }
      filled = 0
      if isAtEnd { return }
      try fill()
    }
  }

  /// Where the rows begin: after a byte order mark and a line that names the columns.
  private func beginning(_ pointer: UnsafePointer<UInt8>, _ cut: Int) throws -> Int {
    let bytes = UnsafeBufferPointer(start: pointer, count: cut)
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw FileError(path: path, reason: "is in UTF-16; UTF-8 was expected")
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lineEnd = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? cut
    let first = parser.parse(pointer, start..<lineEnd, end: lineEnd, isLast: true)
    guard first.count == 1 else { return start }
    let names = [first.entities[0], first.attributes[0], first.values[0]].map {
      String(decoding: first.text($0, pointer), as: UTF8.self).lowercased()
    }
    return TripleRules.headers.contains(names) ? lineEnd : start
  }

  /// Parses from line ends on, on several threads; what turns out to lie within a quoted value is parsed
  /// again.
  private func parse(
    _ pointer: UnsafePointer<UInt8>, _ range: Range<Int>
  ) throws -> [ParsedTriples] {
    let bounds = cuts(pointer, range)
    let shared = Stretch(base: pointer, parts: [])
    let (parser, end, isLast) = (parser, filled, isAtEnd)
    let parsed = try parallelMap(count: bounds.count, threads: threads) { index in
      parser.parse(shared.base, bounds[index], end: end, isLast: isLast)
    }
    var parts: [ParsedTriples] = []
    var position = range.lowerBound
    for (bound, part) in zip(bounds, parsed) {
      if position >= bound.upperBound { continue }
      let good =
        position == bound.lowerBound
        ? part
        : parser.parse(pointer, position..<bound.upperBound, end: end, isLast: isLast)
      parts.append(good)
      position = good.stop
      if position < bound.upperBound { break }
    }
    return parts
  }

  private func cuts(_ pointer: UnsafePointer<UInt8>, _ range: Range<Int>) -> [Range<Int>] {
    let count = max(1, min(threads * 4, range.count >> 16))
    var bounds: [Range<Int>] = []
    var start = range.lowerBound
    for part in 1...count {
      var end =
        part == count
        ? range.upperBound : max(start, range.lowerBound + range.count * part / count)
      while end < range.upperBound, end > start, pointer[end - 1] != 0x0A { end += 1 }
      if end > start {
        bounds.append(start..<end)
        start = end
      }
    }
    return bounds
  }
}
