/// The head of an npy file: a Python dictionary of three known keys, read by a parser of just that.
struct NPYHeader {
  var elementType = ElementType.float32
  var isBigEndian = false
  var isFortranOrder = false
  var shape: [Int] = []

  struct Problem: Error { let reason: String }

  private static let types: [(code: String, elementType: ElementType)] = [
    ("b1", .bool), ("u1", .uint8), ("i1", .int8), ("u2", .uint16), ("i2", .int16), ("f2", .float16),
    ("u4", .uint32), ("i4", .int32), ("f4", .float32), ("u8", .uint64), ("i8", .int64),
    ("f8", .float64), ("c8", .complex64),
  ]

  /// NumPy's name of a little-endian element, or `nil` where it has none.
  static func descriptor(of elementType: ElementType) -> String? {
    types.first { $0.elementType == elementType }
      .map { ($0.elementType.size == 1 ? "|" : "<") + $0.code }
  }

  init(parsing text: String) throws {
    var scanner = Scanner(text)
    var seen: Set<String> = []
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.quoted()
      guard seen.insert(key).inserted else {
        throw Problem(reason: "duplicate key \(key.quotedForMessage)")
      }
      try scanner.expect(":")
      switch key {
      case "descr": try setType(try scanner.quoted())
      case "fortran_order": isFortranOrder = try scanner.boolean()
      case "shape": shape = try scanner.tuple()
      default: throw Problem(reason: "unknown key \(key.quotedForMessage)")
      }
      if !scanner.take(",") {
        try scanner.expect("}")
        break
      }
    }
    guard scanner.isAtEnd else { throw Problem(reason: "text after the header's dictionary") }
    for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) {
      throw Problem(reason: "its header lacks \(key)")
    }
  }

  private mutating func setType(_ descriptor: String) throws {
    var code = descriptor[...]
    if let order = code.first, "<>|=".contains(order) {
      code = code.dropFirst()
      isBigEndian = order == ">"
    }
    guard let type = Self.types.first(where: { $0.code == code }) else {
      let known = Self.types.map(\.code).joined(separator: ", ")
      throw Problem(reason: "type \(descriptor.quotedForMessage), expected one of \(known)")
    }
    elementType = type.elementType
  }

  /// Walks over the characters of Python's literals.
  private struct Scanner {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    private mutating func skipSpace() {
      while let scalar = rest.first, scalar == " " || scalar == "\n" || scalar == "\t" {
        rest.removeFirst()
      }
    }

    var isAtEnd: Bool { rest.allSatisfy { $0 == " " || $0 == "\n" || $0 == "\0" } }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      skipSpace()
      guard rest.first == scalar else { return false }
      rest.removeFirst()
      return true
    }

    mutating func expect(_ scalar: Unicode.Scalar) throws {
      guard take(scalar) else {
        let found = rest.first.map { String($0).quotedForMessage } ?? "its end"
        throw Problem(reason: "its header has \(found) where \(scalar) was expected")
      }
    }

    mutating func quoted() throws -> String {
      skipSpace()
      guard let quote = rest.first, quote == "'" || quote == "\"" else {
        throw Problem(reason: "its header has no text in quotes (a structured type?)")
      }
      rest.removeFirst()
      guard let end = rest.firstIndex(of: quote) else {
        throw Problem(reason: "unterminated text in its header")
      }
      let text = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      return text
    }

    mutating func boolean() throws -> Bool {
      skipSpace()
      for (word, value) in [("True", true), ("False", false)]
      where rest.starts(with: word.unicodeScalars) {
        rest.removeFirst(word.count)
        return value
      }
      throw Problem(reason: "fortran_order is neither True nor False")
    }

    mutating func tuple() throws -> [Int] {
      try expect("(")
      var numbers: [Int] = []
      while !take(")") {
        guard numbers.count < 64 else { throw Problem(reason: "more than 64 dimensions") }
        skipSpace()
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard let number = Int(String(digits)) else {
          throw Problem(reason: "its shape is not a tuple of whole numbers below 2^63")
        }
        rest.removeFirst(digits.count)
        // Python 2 wrote long integers with a suffix.
        if rest.first == "L" { rest.removeFirst() }
        numbers.append(number)
        if !take(",") {
          try expect(")")
          break
        }
      }
      return numbers
    }
  }
}
