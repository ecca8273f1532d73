import Messages

/// A file of named sections of plain values, mapped into memory: opened in microseconds, whatever its
/// size.
///
/// Layout, little-endian: the magic `danlu` and three bytes of the kind; format version `UInt32`; number
/// of sections `UInt32`; file length `UInt64`; CRC-32C of what follows, `UInt32`, then 4 zero bytes; a
/// table of sections (name of 16 bytes, offset and length `UInt64`, CRC-32C `UInt32`, 4 zero bytes); the
/// sections, each at a multiple of 64 bytes.
///
/// Opening checks kind, version, length and the table. `verify()` reads every section.
public final class SectionFile: Sendable {
  /// What the file is: three characters and the version of its layout.
  public struct Kind: Sendable, Equatable {
    public let code: String
    public let version: UInt32
    /// For messages: `a knowledge base`.
    public let name: String

    /// Traps unless `code` has three ASCII characters.
    public init(code: String, version: UInt32, name: String) {
      require(
        code.utf8.count == 3 && code.utf8.allSatisfy { $0 < 0x80 },
        "SectionFile.Kind expected a code of three ASCII characters, received '\(code)'")
      self.code = code
      self.version = version
      self.name = name
    }

    var magic: [UInt8] { Array("danlu".utf8) + Array(code.utf8) }
  }

  static let headerSize = 32
  static let entrySize = 40
  static let alignment = 64
  static let nameSize = 16

  private struct Entry: Sendable {
    let offset: Int
    let count: Int
    let checksum: UInt32
  }

  public let path: String
  private let file: MappedFile
  private let entries: [String: Entry]

  /// Throws `FileError` for a missing file, one of another kind or version, and one cut short.
  public init(path: String, kind: Kind) throws {
    self.path = path
    file = try MappedFile(path: path)
    let bytes = file.bytes
    guard bytes.count >= Self.headerSize, bytes.prefix(8).elementsEqual(kind.magic) else {
      throw FileError(path: path, reason: "is not \(kind.name)")
    }
    let version = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian
    guard version == kind.version else {
      throw FileError(
        path: path,
        reason: "has version \(version) of \(kind.name); this program reads \(kind.version)")
    }
    let count = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self).littleEndian)
    let length = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian
    guard length == UInt64(bytes.count) else {
      throw FileError(
        path: path, reason: "has \(bytes.count) bytes, its header says \(length): cut short?")
    }
    let tableEnd = Self.headerSize + count * Self.entrySize
    let checksum = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self).littleEndian
    guard count < 1000, tableEnd <= bytes.count,
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[Self.headerSize..<tableEnd]))
        == checksum
    else { throw FileError(path: path, reason: "is damaged: its table of sections is wrong") }
    var entries: [String: Entry] = [:]
    for index in 0..<count {
      let start = Self.headerSize + index * Self.entrySize
      let name = String(
        decoding: bytes[start..<start + Self.nameSize].prefix { $0 != 0 }, as: UTF8.self)
      let offset = bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self).littleEndian
      let size = bytes.loadUnaligned(fromByteOffset: start + 24, as: UInt64.self).littleEndian
      guard offset <= length, size <= length - offset, offset % UInt64(Self.alignment) == 0 else {
        throw FileError(path: path, reason: "is damaged: section '\(name)' lies outside the file")
      }
      entries[name] = Entry(
        offset: Int(offset), count: Int(size),
        checksum: bytes.loadUnaligned(fromByteOffset: start + 32, as: UInt32.self).littleEndian)
    }
    self.entries = entries
  }

  public var byteCount: Int { file.bytes.count }

  /// The sections' names and lengths in bytes, by name.
  public var sizes: [(name: String, bytes: Int)] {
    entries.map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
  }

  public func has(_ name: String) -> Bool { entries[name] != nil }

  /// The bytes of a section, valid while this object lives. Throws `FileError` if there is none.
  public func bytes(_ name: String) throws -> UnsafeRawBufferPointer {
    guard let entry = entries[name] else {
      throw FileError(path: path, reason: "is damaged: section '\(name)' is missing")
    }
    return UnsafeRawBufferPointer(
      rebasing: file.bytes[entry.offset..<entry.offset + entry.count])
  }

  /// A section as values of `type`. Throws `FileError` if it is missing, is no whole number of values, or
  /// has not `count` of them.
  public func values<Value: BitwiseCopyable>(
    _ name: String, as type: Value.Type, count: Int? = nil
  ) throws -> UnsafeBufferPointer<Value> {
    let bytes = try bytes(name)
    let values = bytes.bindMemory(to: type)
    guard bytes.count % MemoryLayout<Value>.stride == 0, count.map({ $0 == values.count }) ?? true
    else { throw FileError(path: path, reason: "is damaged: section '\(name)' has a wrong length") }
    return values
  }

  /// Reads everything and compares the checksums. Throws `FileError`, naming the section that differs.
  public func verify() throws {
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      guard try CRC32C.checksum(bytes(name)) == entry.checksum else {
        throw FileError(path: path, reason: "is damaged: the checksum of section '\(name)' differs")
      }
    }
  }
}
