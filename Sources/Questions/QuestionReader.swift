import Formats
import Foundation
import Messages

/// A question of a corpus.
public struct QuestionRecord: Sendable, Equatable {
  /// The digits of its address, or its `id`; 0 where it has neither.
  public let id: UInt64
  public let text: String
  public let tags: [String]

  public init(id: UInt64 = 0, text: String, tags: [String] = []) {
    self.id = id
    self.text = text
    self.tags = tags
  }
}

/// Reads questions one by one: a JSON array of objects, objects one after the other, or plain lines.
///
/// An object has `question` (or `text`), and may have `url` or `id`, and `tags`. A plain line is a question
/// and, after tabs, its tags. Only one record is in memory at a time.
public final class QuestionReader {
  public let path: String
  private let source: ByteSource
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var position = 0
  private var filled = 0
  private var isJSON: Bool?
  private var record: [UInt8] = []
  private var recordNumber = 0
  public private(set) var malformedCount = 0
  /// The first few records that are no questions, named.
  public private(set) var malformed: [String] = []
  /// Records larger than this are refused.
  static let longestRecord = 1 << 20

  public init(path: String) throws {
    self.path = path
    source = try ByteSource(path: path)
  }

  /// The next question, or `nil` after the last; records that are none are counted. Throws `FileError` for
  /// damaged gzip data.
  public func next() throws -> QuestionRecord? {
    while try nextRecord() {
      recordNumber += 1
      do {
        return try isJSON == true ? Self.question(record) : Self.line(record)
      } catch let error as InputError {
        report(error.problem)
      } catch let error as JSONError {
        report("\(error)")
      }
    }
    return nil
  }

  private func report(_ reason: String) {
    malformedCount += 1
    if malformed.count < 5 { malformed.append("\(path): record \(recordNumber): \(reason)") }
  }

  private func byte() throws -> UInt8? {
    if position == filled {
      position = 0
      filled = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      if filled == 0 { return nil }
    }
    defer { position += 1 }
    return buffer[position]
  }

  /// Puts the next object's or line's bytes into `record`; false at the end.
  private func nextRecord() throws -> Bool {
    record.removeAll(keepingCapacity: true)
    while let first = try byte() {
      if isJSON == nil {
        if [0xEF, 0xBB, 0xBF, 0x20, 0x09, 0x0A, 0x0D].contains(first) { continue }
        isJSON = first == 0x7B || first == 0x5B
      }
      if isJSON == true {
        // Brackets and commas of the array, and whatever else stands between objects.
        if first != 0x7B { continue }
        return try takeObject()
      }
      if first == 0x0A || first == 0x0D { continue }
      record.append(first)
      while let next = try byte(), next != 0x0A {
        if record.count <= Self.longestRecord { record.append(next) }
      }
      return true
    }
    return false
  }

  private func takeObject() throws -> Bool {
    record.append(0x7B)
    var depth = 1
    var isText = false
    var isEscaped = false
    while depth > 0, let next = try byte() {
      if record.count <= Self.longestRecord { record.append(next) }
      if isText {
        if isEscaped {
          isEscaped = false
        } else if next == 0x5C {
          isEscaped = true
        } else if next == 0x22 {
          isText = false
        } else if next == 0x0A {
          // A line end cannot stand in a text: one bad record must not swallow those after it.
          return true
        }
      } else if next == 0x22 {
        isText = true
      } else if next == 0x7B {
        depth += 1
      } else if next == 0x7D {
        depth -= 1
      }
    }
    return true
  }

  static func question(_ bytes: [UInt8]) throws -> QuestionRecord {
    guard bytes.count <= longestRecord else {
      throw InputError("is larger than \(longestRecord) bytes")
    }
    let value = try bytes.withUnsafeBytes { try JSONValue(parsing: $0, maximumDepth: 16) }
    guard let text = (value["question"] ?? value["text"])?.stringValue, !text.isEmpty else {
      throw InputError("has no text under 'question'")
    }
    let address = value["url"]?.stringValue ?? value["id"]?.stringValue ?? ""
    let number = value["id"]?.integerValue.map { UInt64(clamping: $0) }
    let tags = (value["tags"]?.arrayValue ?? []).compactMap(\.stringValue)
    return QuestionRecord(
      id: number ?? identifier(address), text: text, tags: tags.filter { !$0.isEmpty })
  }

  static func line(_ bytes: [UInt8]) throws -> QuestionRecord {
    guard bytes.count <= longestRecord else {
      throw InputError("is longer than \(longestRecord) bytes")
    }
    let parts = String(decoding: bytes, as: UTF8.self).split(
      separator: "\t", omittingEmptySubsequences: false
    ).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard let text = parts.first, !text.isEmpty else { throw InputError("has no text") }
    return QuestionRecord(text: text, tags: parts.dropFirst().filter { !$0.isEmpty })
  }

  /// The last run of digits of an address; 0 if it has none or too many.
  static func identifier(_ address: String) -> UInt64 {
    let runs = address.split { !($0.isASCII && $0.isNumber) }
    return runs.last.flatMap { UInt64($0) } ?? 0
  }
}
