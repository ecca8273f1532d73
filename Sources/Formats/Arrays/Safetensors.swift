import Messages

/// One tensor of a safetensors file: what it is called, what it holds, where its bytes are.
public struct SafetensorsEntry: Sendable, Equatable {
  public let name: String
  /// The type of its elements as the file says it.
  public let typeName: String
  /// The type of its elements; `nil` for one that is not known here, such as the four-bit `F4`. Such a
  /// tensor is listed, and an error when it is read.
  public let elementType: ElementType?
  public let shape: [Int]
  /// Position in the file, from its first byte.
  public let byteRange: Range<Int>
}

/// What the head of a safetensors file says.
///
/// The format: eight bytes of length (little endian), that many bytes of JSON, then the tensors'
/// bytes. Every rule of the format is checked, because files come from anywhere: the header within
/// the file and at most 100 MB, no duplicate names, `shape × size = bytes` for types of known size, and
/// the tensors covering the data exactly, without overlap or hole.
public struct SafetensorsHeader: Sendable, Equatable {
  /// In the order of the data.
  public let entries: [SafetensorsEntry]
  /// The free text that the file carries.
  public let metadata: [String: String]

  static let maximumLength = 100_000_000

  /// Parses the head of `bytes`, which are a whole file. Throws `FileError` naming `path`.
  public init(parsing bytes: UnsafeRawBufferPointer, path: String) throws {
    func invalid(_ reason: String) -> FileError {
      FileError(path: path, reason: "not a valid safetensors file: \(reason)")
    }
    var cursor = ByteCursor(bytes, path: path)
    let declared = try cursor.littleEndian(UInt64.self, "safetensors header length")
    guard declared <= Self.maximumLength, let length = Int(exactly: declared),
      length <= cursor.remaining
    else {
      throw invalid(
        "it declares a header of \(declared) bytes, \(cursor.remaining) bytes follow "
          + "(truncated, or of another format)")
    }
    let text = try cursor.take(length, "safetensors header")
    guard text.first == UInt8(ascii: "{") else { throw invalid("its header is not a JSON object") }
    let header: JSONValue
    do { header = try JSONValue(parsing: text, maximumDepth: 8) } catch {
      throw invalid("its header is \(error)")
    }
    let dataStart = cursor.offset
    let dataLength = cursor.remaining
    var entries: [SafetensorsEntry] = []
    var metadata: [String: String] = [:]
    for member in header.members ?? [] {
      if member.key == "__metadata__" {
        if member.value == .null { continue }
        guard let pairs = member.value.members else { throw invalid("__metadata__ is no object") }
        for pair in pairs where pair.value != .null {
          guard let value = pair.value.stringValue else {
            throw invalid("metadata \(pair.key.quotedForMessage) is no string")
          }
          metadata[pair.key] = value
        }
        continue
      }
      do {
        entries.append(
          try Self.entry(
            named: member.key, member.value, dataStart: dataStart, dataLength: dataLength))
      } catch let problem as EntryProblem {
        throw invalid("tensor \(member.key.quotedForMessage): \(problem.reason)")
      }
    }
    entries.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = dataStart
    for entry in entries {
      guard entry.byteRange.lowerBound == end else {
        let what = entry.byteRange.lowerBound < end ? "overlaps the one before" : "leaves a hole"
        throw invalid("tensor \(entry.name.quotedForMessage) \(what)")
      }
      end = entry.byteRange.upperBound
    }
    guard end == bytes.count else {
      throw invalid("\(bytes.count - end) bytes at its end belong to no tensor")
    }
    self.entries = entries
    self.metadata = metadata
  }

  /// Bits of an element, of types that are packed within bytes.
  private static let subByteSizes = ["F4": 4, "F6_E2M3": 6, "F6_E3M2": 6]

  private struct EntryProblem: Error { let reason: String }

  private static func entry(
    named name: String, _ value: JSONValue, dataStart: Int, dataLength: Int
  ) throws -> SafetensorsEntry {
    guard let members = value.members else { throw EntryProblem(reason: "not a JSON object") }
    for member in members where !["dtype", "shape", "data_offsets"].contains(member.key) {
      throw EntryProblem(reason: "unknown key \(member.key.quotedForMessage)")
    }
    guard let typeName = value["dtype"]?.stringValue else {
      throw EntryProblem(reason: "no dtype")
    }
    guard typeName.wholeMatch(of: /[A-Z][A-Z0-9_]{0,30}/) != nil else {
      throw EntryProblem(reason: "dtype \(typeName.quotedForMessage) is no name of a type")
    }
    let elementType = ElementType(rawValue: typeName)
    let bits = elementType.map { $0.size * 8 } ?? subByteSizes[typeName]
    guard let dimensions = value["shape"]?.arrayValue else {
      throw EntryProblem(reason: "no shape")
    }
    let shape = dimensions.compactMap(\.integerValue)
    guard shape.count == dimensions.count, let count = elementCount(of: shape),
      case (let size, false) = count.multipliedReportingOverflow(by: bits ?? 0)
    else { throw EntryProblem(reason: "its shape is negative, not whole, or too large") }
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
      let start = offsets[0].integerValue, let end = offsets[1].integerValue,
      start >= 0, start <= end, end <= dataLength
    else {
      throw EntryProblem(reason: "its data_offsets are outside the file's \(dataLength) bytes")
    }
    guard bits == nil || (size % 8 == 0 && end - start == size / 8) else {
      throw EntryProblem(
        reason:
          "shape \(shape) of \(typeName) takes \((size + 7) / 8) bytes, its data_offsets give "
          + "\(end - start)")
    }
    return SafetensorsEntry(
      name: name, typeName: typeName, elementType: elementType, shape: shape,
      byteRange: dataStart + start..<dataStart + end)
  }
}

/// A safetensors file, mapped into memory: opening reads only the header, and tensors' bytes are
/// used where they are.
public final class SafetensorsFile: Sendable {
  public let header: SafetensorsHeader
  private let file: MappedFile
  private let indexByName: [String: Int]

  /// Maps and checks `path`. Throws `FileError` where it is missing or breaks the format.
  ///
  /// - Parameter copyOnWrite: Allow writes to the tensors' memory, which never reach the file.
  public init(path: String, copyOnWrite: Bool = false) throws {
    file = try MappedFile(path: path, copyOnWrite: copyOnWrite)
    let header = try SafetensorsHeader(parsing: file.bytes, path: path)
    self.header = header
    indexByName = Dictionary(
      header.entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public var path: String { file.path }
  public var entries: [SafetensorsEntry] { header.entries }
  public var metadata: [String: String] { header.metadata }

  /// The tensor called `name`, or `nil`.
  public subscript(name: String) -> SafetensorsEntry? {
    indexByName[name].map { header.entries[$0] }
  }

  /// The bytes of `entry` in the mapping, without a copy; valid while this object lives.
  ///
  /// They are aligned to the element where the writer kept the format's advice (this package's does).
  public func bytes(of entry: SafetensorsEntry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.byteRange])
  }

  /// A copy of the tensor as a value. Throws `FileError` if its element type is not known.
  public func array(_ entry: SafetensorsEntry) throws -> NumericArray {
    guard let elementType = entry.elementType else {
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw FileError(
        path: path,
        reason: "tensor \(entry.name.quotedForMessage) holds \(entry.typeName), known are \(known)")
    }
    return NumericArray(
      elementType: elementType, shape: entry.shape, bytes: Array(bytes(of: entry)))
  }
}
