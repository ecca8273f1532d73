import Foundation

/// TensorBoard's event files: written by appending, read back as far as they are whole.
public enum EventFile {
  /// What a file held.
  public struct Contents: Sendable {
    public var events: [Event]
    /// Bytes up to the end of the last whole record.
    public var wholeLength: Int
    /// Why reading stopped early (a torn or damaged record); `nil` if it did not.
    public var problem: String?
  }

  /// Reads the events of `bytes`, a file's contents, up to the first torn or damaged record.
  public static func parse(_ bytes: UnsafeRawBufferPointer) -> Contents {
    let framed = TFRecord.parse(bytes)
    var contents = Contents(events: [], wholeLength: 0, problem: framed.problem)
    for range in framed.records {
      guard let event = Event(protobuf: UnsafeRawBufferPointer(rebasing: bytes[range])) else {
        contents.problem = "record at byte \(range.lowerBound - 12) is no event"
        break
      }
      contents.events.append(event)
      contents.wholeLength = range.upperBound + 4
    }
    return contents
  }

  public static func read(path: String) throws -> Contents {
    let file = try MappedFile(path: path)
    return parse(file.bytes)
  }

  /// The name TensorBoard looks for: it must contain `tfevents`.
  public static func name(createdAt date: Date = Date()) -> String {
    let seconds = String(Int(date.timeIntervalSince1970))
    let padded = String(repeating: "0", count: max(0, 10 - seconds.count)) + seconds
    return "events.out.tfevents.\(padded).danlu"
  }

  /// Drops all but the first `count` records.
  public static func truncate(path: String, keepingFirst count: Int) throws {
    let file = try MappedFile(path: path)
    let length = TFRecord.parse(file.bytes).records.prefix(count).last
    _ = try AppendFile(path: path, keepingFirst: length.map { $0.upperBound + 4 } ?? 0)
  }

  /// Appends events. A new file starts with its version; an existing one continues after its last
  /// whole record.
  public final class Writer {
    private let file: AppendFile

    public init(path: String, wallTime: Double = Date().timeIntervalSince1970) throws {
      var whole: Int?
      if access(path, F_OK) == 0 { whole = try EventFile.read(path: path).wholeLength }
      file = try AppendFile(path: path, keepingFirst: whole)
      if whole ?? 0 == 0 {
        try append(Event(wallTime: wallTime, step: 0, content: .fileVersion("brain.Event:2")))
        try file.flush()
      }
    }

    /// Appends an event; it reaches the file on `flush()` or when 64 KiB are waiting.
    public func append(_ event: Event) throws {
      try file.append(TFRecord.framed(event.protobuf))
    }

    public func append(
      _ values: [SummaryValue], step: Int, wallTime: Double = Date().timeIntervalSince1970
    ) throws {
      try append(Event(wallTime: wallTime, step: step, content: .summary(values)))
    }

    public func flush() throws { try file.flush() }

    public func synchronize() throws { try file.synchronize() }
  }
}
