import Formats
import Foundation
import Memory

/// Finds the triples in a part of a buffer, without copying them.
struct TripleParser {
  /// Where a text lies: in the buffer, or, with a start below zero, in `ParsedTriples.rewritten` from the
  /// bitwise complement of the start on.
  struct Span: BitwiseCopyable {
    var start: Int32
    var count: Int32
  }

  let rules: TripleRules

  /// Parses the lines that begin in `range`, whose end is a line's end or the data's.
  ///
  /// - Parameters:
  ///   - end: Where the buffer ends: a quoted value may run beyond `range`, up to here.
  ///   - isLast: Nothing follows `end`.
  func parse(
    _ base: UnsafePointer<UInt8>, _ range: Range<Int>, end: Int, isLast: Bool
  ) -> ParsedTriples {
    let parsed = ParsedTriples()
    var start = range.lowerBound
    while start < range.upperBound {
      let newline = find(0x0A, base, start, end)
      var lineEnd = newline ?? end
      var next = newline.map { $0 + 1 } ?? end
      defer { start = next }
      let first = separator(base, start, lineEnd)
      guard let first else {
        if !isBlank(base, start, lineEnd) {
          parsed.malformed.append((start, "three columns are needed, found one"))
        }
        continue
      }
      let second = separator(base, first + rules.separator.count, lineEnd)
      guard let second else {
        parsed.malformed.append((start, "three columns are needed, found two"))
        continue
      }
      let entity = trimmed(base, start, first)
      let attribute = trimmed(base, first + rules.separator.count, second)
      var value = trimmed(base, second + rules.separator.count, lineEnd)
      if value.count > 0, base[Int(value.start)] == 0x22 {
        switch quoted(base, Int(value.start), end, isLast: isLast) {
        case .closed(let close, let after):
          value = unquoted(base, Int(value.start) + 1, close, parsed)
          lineEnd = max(lineEnd, close)
          next = after
        case .open:
          // The value may go on in bytes that are still to come.
          parsed.stop = start
          return parsed
        case .plain: break
        case .endless:
          parsed.malformed.append((start, "a quote that does not close"))
          continue
        }
      }
      guard entity.count > 0, attribute.count > 0, value.count > 0 else {
        parsed.malformed.append((start, "an empty column"))
        continue
      }
      let longest = Int32(TripleRules.longestText)
      guard entity.count <= longest, attribute.count <= longest, value.count <= longest else {
        parsed.malformed.append((start, "a text of more than \(longest) bytes"))
        continue
      }
      if memchr(base + start, 0, lineEnd - start) != nil {
        parsed.malformed.append((start, "a NUL character"))
        continue
      }
      parsed.append(
        base, line: start, normalized(base, entity, parsed), normalized(base, attribute, parsed),
        value)
    }
    parsed.stop = start
    return parsed
  }

  @inline(__always)
  private func find(_ byte: UInt8, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard start < end, let found = memchr(base + start, Int32(byte), end - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  @inline(__always)
  private func separator(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var start = start
    while let place = find(rules.separator[0], base, start, end) {
      let count = rules.separator.count
      if count == 1 { return place }
      if place + count <= end,
        rules.separator.withUnsafeBufferPointer({ separator in
          separator.elementsEqual(UnsafeBufferPointer(start: base + place, count: count))
        })
      {
        return place
      }
      start = place + 1
    }
    return nil
  }

  private func isBlank(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    trimmed(base, start, end).count == 0
  }

  @inline(__always)
  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

  @inline(__always)
  private func trimmed(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Span {
    var start = start
    var end = end
    while start < end, isSpace(base[start]) { start &+= 1 }
    while end > start, isSpace(base[end &- 1]) { end &-= 1 }
    return Span(start: Int32(start), count: Int32(end &- start))
  }

  private enum Quoted {
    /// The closing quote, and where the next line begins.
    case closed(Int, next: Int)
    /// What looks like a quoted value is none: `"东方"影院`.
    case plain
    case open
    case endless
  }

  /// Reads from the opening quote at `start`.
  private func quoted(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isLast: Bool
  ) -> Quoted {
    let limit = min(end, start + TripleRules.longestText * 2 + 2)
    var place = start + 1
    var seesLineEnd = false
    while place < limit {
      if base[place] == 0x0A { seesLineEnd = true }
      guard base[place] == 0x22 else {
        place += 1
        continue
      }
      if place + 1 < end, base[place + 1] == 0x22 {
        place += 2
        continue
      }
      if place + 1 == end, !isLast { return .open }
      var after = place + 1
      while after < end, isSpace(base[after]) { after += 1 }
      if after == end { return isLast ? .closed(place, next: end) : .open }
      if base[after] == 0x0A { return .closed(place, next: after + 1) }
      return seesLineEnd ? .endless : .plain
    }
    return limit < end || isLast ? .endless : .open
  }

  private func unquoted(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ parsed: ParsedTriples
  ) -> Span {
    guard find(0x22, base, start, end) != nil else { return trimmed(base, start, end) }
    let place = parsed.rewritten.count
    var index = start
    while index < end {
      parsed.rewritten.append(base[index])
      index += base[index] == 0x22 ? 2 : 1
    }
    return Span(start: ~Int32(place), count: Int32(parsed.rewritten.count - place))
  }

  /// Names in NFC. Only text with a combining mark or a conjoining letter can be in another form.
  @inline(__always)
  private func normalized(
    _ base: UnsafePointer<UInt8>, _ span: Span, _ parsed: ParsedTriples
  ) -> Span {
    let bytes = UnsafeBufferPointer(start: base + Int(span.start), count: Int(span.count))
    guard NormalForm.mayDiffer(bytes) else { return span }
    let text = NormalForm.composed(String(decoding: bytes, as: UTF8.self))
    let place = parsed.rewritten.count
    for byte in text.utf8 { parsed.rewritten.append(byte) }
    return Span(start: ~Int32(place), count: Int32(parsed.rewritten.count - place))
  }
}

/// The rows of one part of a buffer, column by column.
///
/// `@unchecked Sendable`: one thread fills it; after that threads read.
final class ParsedTriples: @unchecked Sendable {
  typealias Span = TripleParser.Span

  let entities = GrowingBlock<Span>(capacity: 1 << 10)
  let attributes = GrowingBlock<Span>(capacity: 1 << 10)
  let values = GrowingBlock<Span>(capacity: 1 << 10)
  let entityHashes = GrowingBlock<UInt64>(capacity: 1 << 10)
  let attributeHashes = GrowingBlock<UInt64>(capacity: 1 << 10)
  let valueHashes = GrowingBlock<UInt64>(capacity: 1 << 10)
  /// Where each row's line begins.
  let lines = GrowingBlock<Int32>(capacity: 1 << 10)
  /// Texts that stand differently in the buffer.
  let rewritten = GrowingBlock<UInt8>()
  var malformed: [(line: Int, reason: String)] = []
  /// Where the next line begins that was not read.
  var stop = 0

  var count: Int { entities.count }

  @inline(__always)
  func text(_ span: Span, _ base: UnsafePointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    let start =
      span.start >= 0
      ? base + Int(span.start) : UnsafePointer(rewritten.pointer) + Int(~span.start)
    return UnsafeBufferPointer(start: start, count: Int(span.count))
  }

  @inline(__always)
  func append(
    _ base: UnsafePointer<UInt8>, line: Int, _ entity: Span, _ attribute: Span, _ value: Span
  ) {
    // Rows of one entity mostly stand together.
    if let last = entities.buffer.last, last.count == entity.count,
      TextHash.areEqual(text(last, base), text(entity, base))
    {
      entityHashes.append(entityHashes[count &- 1])
    } else {
      entityHashes.append(TextHash.hash(text(entity, base)))
    }
    entities.append(entity)
    attributes.append(attribute)
    values.append(value)
    attributeHashes.append(TextHash.hash(text(attribute, base)))
    valueHashes.append(TextHash.hash(text(value, base)))
    lines.append(Int32(line))
  }
}
