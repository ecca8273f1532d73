import Formats
import Messages

/// What a model's parts are written to: numbers little-endian, arrays and texts with their lengths first.
struct ModelWriter {
  private(set) var bytes: [UInt8] = []

  /// As the one section of a file.
  func write(to path: String, kind: SectionFile.Kind) throws {
    var file = SectionFileWriter(kind: kind)
    try bytes.withUnsafeBytes { bytes in
      file.add("model", bytes, owner: nil)
      try file.write(to: path)
    }
  }

  mutating func write(_ value: Int) {
    withUnsafeBytes(of: Int64(value).littleEndian) { bytes += $0 }
  }

  mutating func write(_ value: Double) {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes += text.utf8
  }

  /// Plain numbers as they lie in memory, which is little-endian on every machine that Danlu runs on.
  mutating func write<Value: BitwiseCopyable>(_ values: [Value]) {
    write(values.count)
    values.withUnsafeBytes { bytes += $0 }
  }

  mutating func write(_ texts: [String]) {
    write(texts.count)
    for text in texts { write(text) }
  }

  mutating func write<Value>(
    each values: [Value], _ body: (inout ModelWriter, Value) -> Void
  ) {
    write(values.count)
    for value in values { body(&self, value) }
  }
}

/// Reads what `ModelWriter` wrote. Throws `FileError` wherever it does not fit.
struct ModelReader {
  let path: String
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// The mapping that `bytes` lie in.
  private var file: SectionFile?

  /// `bytes` must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// Reads a file that `ModelWriter.write(to:kind:)` wrote. Throws `FileError` for one of another kind or version,
  /// cut short or damaged.
  init(path: String, kind: SectionFile.Kind) throws {
    let file = try SectionFile(path: path, kind: kind)
    try file.verify()
    self.init(try file.bytes("model"), path: path)
    self.file = file
  }

  var damage: FileError {
    FileError(path: path, reason: "is damaged: its parts do not fit together")
  }

  /// Throws unless `condition` holds.
  func check(_ condition: Bool) throws { if !condition { throw damage } }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else { throw damage }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func int() throws -> Int {
    Int(Int64(littleEndian: try take(8).loadUnaligned(as: Int64.self)))
  }

  /// A whole number that counts something.
  mutating func count(_ limit: Int = 1 << 40) throws -> Int {
    let value = try int()
    try check(0...limit ~= value)
    return value
  }

  mutating func double() throws -> Double {
    Double(bitPattern: UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self)))
  }

  mutating func bool() throws -> Bool { try take(1)[0] != 0 }

  mutating func string() throws -> String {
    String(decoding: try take(try count()), as: UTF8.self)
  }

  mutating func array<Value: BitwiseCopyable>(_ type: Value.Type = Value.self) throws -> [Value] {
    let count = try count()
    let size = MemoryLayout<Value>.stride
    try check(count <= bytes.count / size)
    let source = try take(count * size)
    return [Value](unsafeUninitializedCapacity: count) { target, filled in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      filled = count
    }
  }

  mutating func strings() throws -> [String] { try each { try $0.string() } }

  mutating func each<Value>(_ body: (inout ModelReader) throws -> Value) throws -> [Value] {
    let count = try count(bytes.count)
    var values: [Value] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }

  /// Throws unless all was read; until here the mapping stays.
  func checkEnd() throws {
    try withExtendedLifetime(file) { try check(position == bytes.count) }
  }
}
