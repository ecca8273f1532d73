import Foundation
import Messages

/// Files of one JSON document per line, appended to by a process that may be killed at any moment.
public enum JSONLines {
  /// What a file held.
  public struct Contents: Sendable {
    public var values: [JSONValue]
    /// Bytes up to the end of the last whole line.
    public var wholeLength: Int
    /// Whether bytes follow that are not a whole line: a record torn by a kill.
    public var isTorn: Bool
  }

  /// Parses lines; empty ones are skipped, a last line without its newline is dropped as torn.
  ///
  /// Throws `FileError` with the line number if a whole line is not JSON.
  public static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Contents {
    var values: [JSONValue] = []
    var start = 0
    var line = 1
    while let length = bytes[start...].firstIndex(of: 0x0a).map({ $0 - start }) {
      let text = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
      if text.contains(where: { $0 > 0x20 }) {
        do {
          values.append(try JSONValue(parsing: text))
        } catch {
          throw FileError(path: path, reason: "line \(line): \(error)")
        }
      }
      start += length + 1
      line += 1
    }
    return Contents(values: values, wholeLength: start, isTorn: start < bytes.count)
  }

  public static func read(path: String) throws -> Contents {
    let file = try MappedFile(path: path)
    return try parse(file.bytes, path: path)
  }

  /// Appends documents to a file. Opening one that ends in a torn line drops that line.
  public final class Writer {
    private let file: AppendFile

    public init(path: String) throws {
      var whole: Int?
      if access(path, F_OK) == 0 { whole = try JSONLines.wholeLength(path: path) }
      file = try AppendFile(path: path, keepingFirst: whole)
    }

    /// Appends one line and hands it to the system, so that a kill cannot lose it.
    public func append(_ value: JSONValue) throws {
      try file.append(Array((value.text() + "\n").utf8))
      try file.flush()
    }

    /// Waits until the disk has everything appended.
    public func synchronize() throws { try file.synchronize() }
  }

  private static func wholeLength(path: String) throws -> Int {
    let file = try MappedFile(path: path)
    return file.bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
  }
}
