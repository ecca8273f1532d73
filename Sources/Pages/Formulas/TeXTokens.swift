/// A formula's source as TeX reads it: commands, characters, braces. Spaces between tokens mean nothing
/// but in `\text`, whose argument is read raw.
struct TeXTokens {
  enum Token: Equatable {
    case command(String)
    case character(Unicode.Scalar)
    /// `{`, `}`, `^`, `_`, `&`, `\\`.
    case open, close, upper, lower, cell, row
  }

  private let source: [Unicode.Scalar]
  private(set) var place = 0

  init(_ text: String) { source = Array(text.unicodeScalars) }

  /// The next token, which stays next.
  mutating func peek() -> Token? {
    let start = place
    let token = next()
    place = start
    return token
  }

  mutating func next() -> Token? {
    skipSpace()
    guard place < source.count else { return nil }
    let scalar = source[place]
    place += 1
    switch scalar {
    case "{": return .open
    case "}": return .close
    case "^": return .upper
    case "_": return .lower
    case "&": return .cell
    case "\\": return command()
    default: return .character(scalar)
    }
  }

  private mutating func command() -> Token {
    guard place < source.count else { return .command("") }
    let start = place
    while place < source.count, isLetter(source[place]) { place += 1 }
    if place > start { return .command(string(start..<place)) }
    place += 1
    return source[start] == "\\" ? .row : .command(string(start..<place))
  }

  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    (0x41...0x5A).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x20 || scalar.value >= 0x80 && scalar.properties.isWhitespace
  }

  private mutating func skipSpace() {
    while place < source.count {
      if Self.isSpace(source[place]) {
        place += 1
      } else if source[place] == "%" {
        while place < source.count, source[place] != "\n" { place += 1 }
      } else {
        return
      }
    }
  }

  /// The source between the braces that follow, which may nest; without braces the next token's.
  mutating func rawArgument() -> String {
    skipSpace()
    guard place < source.count, source[place] == "{" else {
      let start = place
      _ = next()
      return string(start..<place)
    }
    return raw(from: "{", to: "}")
  }

  /// The source between brackets, where a bracket follows at once.
  mutating func rawOption() -> String? {
    skipSpace()
    guard place < source.count, source[place] == "[" else { return nil }
    return raw(from: "[", to: "]")
  }

  private mutating func raw(from opening: Unicode.Scalar, to closing: Unicode.Scalar) -> String {
    place += 1
    let start = place
    var depth = 0
    while place < source.count {
      let scalar = source[place]
      if scalar == "\\" {
        place += 2
        continue
      }
      if scalar == closing, depth == 0 { break }
      if scalar == "{" || scalar == opening { depth += 1 }
      if scalar == "}" || scalar == closing { depth -= 1 }
      place += 1
    }
    place = min(place, source.count)
    let text = string(start..<place)
    if place < source.count { place += 1 }
    return text
  }

  /// The digits and the decimal point that follow, so that `12.5` is one number.
  mutating func restOfNumber() -> String {
    let start = place
    while place < source.count {
      let isDigit = (0x30...0x39).contains(source[place].value)
      let isPoint =
        source[place] == "." && place + 1 < source.count
        && (0x30...0x39).contains(source[place + 1].value)
      guard isDigit || isPoint else { break }
      place += 1
    }
    return string(start..<place)
  }

  /// The source from `start` to here.
  func source(from start: Int) -> String { string(start..<min(place, source.count)) }

  /// What is left, which is then read.
  mutating func rest() -> String {
    let start = min(place, source.count)
    place = source.count
    return string(start..<source.count)
  }

  private func string(_ range: Range<Int>) -> String { String(scalars: source[range]) }
}
