/// Why and where bytes are not a JSON document.
public struct JSONError: Error, CustomStringConvertible, Equatable {
  public let offset: Int
  public let reason: String
  public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

extension JSONValue {
  /// Parses one document (RFC 8259), nothing before or after it but white space.
  ///
  /// Stricter than most parsers, because files come from anywhere: duplicate keys, invalid UTF-8,
  /// lone surrogates, numbers outside `Double` and nesting deeper than `maximumDepth` are errors.
  /// Throws `JSONError`.
  ///
  /// - Parameter maximumCount: Values in all; a value takes more memory than the two bytes that write it.
  public init(
    parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128, maximumCount: Int = .max
  ) throws {
    var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth, maximumCount: maximumCount)
    self = try parser.parseDocument()
  }

  public init(parsing bytes: [UInt8], maximumCount: Int = .max) throws {
    self = try bytes.withUnsafeBytes { try JSONValue(parsing: $0, maximumCount: maximumCount) }
  }

  public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let maximumDepth: Int
  let maximumCount: Int
  var offset = 0
  var count = 0

  init(bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumCount: Int) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
    self.maximumCount = maximumCount
  }

  mutating func parseDocument() throws -> JSONValue {
    let value = try parseValue(depth: 0)
    skipSpace()
    if offset < bytes.count { throw error("unexpected bytes after the document") }
    return value
  }

  private func error(_ reason: String) -> JSONError { JSONError(offset: offset, reason: reason) }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      offset += 1
    }
  }

  /// Consumes `byte` if it comes next.
  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  private mutating func parseValue(depth: Int) throws -> JSONValue {
    guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
    guard count < maximumCount else { throw error("more than \(maximumCount) values") }
    count += 1
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object(try parseMembers(depth: depth))
    case UInt8(ascii: "["): return .array(try parseElements(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", as: .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", as: .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", as: .null)
    case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try parseNumber()
    case nil: throw error("unexpected end")
    default: throw error("unexpected byte")
    }
  }

  private mutating func parseWord(_ word: StaticString, as value: JSONValue) throws -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw error("expected \(word)") }
      offset += 1
    }
    return value
  }

  private mutating func parseElements(depth: Int) throws -> [JSONValue] {
    offset += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return values }
    while true {
      values.append(try parseValue(depth: depth + 1))
      skipSpace()
      if take("]") { return values }
      guard take(",") else { throw error("expected , or ]") }
    }
  }

  private mutating func parseMembers(depth: Int) throws -> [JSONMember] {
    offset += 1
    var members: [JSONMember] = []
    var keys: Set<[UInt8]> = []
    skipSpace()
    if take("}") { return members }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let key = try parseString()
      // By bytes: Swift's string equality would join keys that differ only in normalization.
      guard keys.insert(Array(key.utf8)).inserted else {
        throw error("duplicate key \(key.quotedForMessage)")
      }
      skipSpace()
      guard take(":") else { throw error("expected :") }
      members.append(JSONMember(key, try parseValue(depth: depth + 1)))
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw error("expected , or }") }
    }
  }

  private mutating func parseNumber() throws -> JSONValue {
    let start = offset
    _ = take("-")
    if take("0") {
      if let byte = next, isDigit(byte) { throw error("a number with a leading zero") }
    } else {
      try skipDigits()
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      try skipDigits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try skipDigits()
    }
    // Far more digits than any Double needs; the limit keeps hostile input from costing time.
    guard offset - start <= 1100 else { throw error("a number of \(offset - start) characters") }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw error("the number \(text.quotedForMessage) is out of range")
    }
    return .number(value)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private mutating func skipDigits() throws {
    let start = offset
    while let byte = next, isDigit(byte) { offset += 1 }
    if offset == start { throw error("expected a digit") }
  }

  private mutating func parseString() throws -> String {
    offset += 1
    var characters: [UInt8] = []
    var start = offset
    while true {
      guard let byte = next else { throw error("unterminated string") }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        characters.append(contentsOf: bytes[start..<offset])
        offset += 1
        if byte == UInt8(ascii: "\"") { break }
        characters.append(contentsOf: Array(String(try parseEscape()).utf8))
        start = offset
      } else if byte < 0x20 {
        throw error("a control character in a string")
      } else {
        offset += 1
      }
    }
    guard let string = String(validating: characters, as: UTF8.self) else {
      throw error("invalid UTF-8 in a string")
    }
    return string
  }

  private mutating func parseEscape() throws -> Unicode.Scalar {
    do {
      return try JSONText.unescape(bytes, at: &offset)
    } catch {
      throw self.error(error.rawValue)
    }
  }
}
