import Reports

/// Source code with its keywords, strings, numbers, types and comments marked: a lexer for Swift, shell,
/// JSON and Python. Other languages are printed as they are.
enum CodeColors {
  private struct Grammar {
    var keywords: Set<String>
    /// What begins a comment that ends with its line.
    var comment: String?
    var hasBlockComments = false
    var quotes = "\""
    /// Three quotes begin a string of several lines.
    var hasLongStrings = false
    /// Names that begin with a capital letter are types.
    var marksTypes = false
    /// Lines that begin with `$ ` are commands, others what they printed.
    var hasPrompts = false
  }

  private static let grammars: [String: Grammar] = {
    let swift = Grammar(
      keywords: words(
        """
        actor any as associatedtype async await break case catch class continue default defer deinit do else
        enum extension fallthrough false fileprivate final for func guard if import in init inout internal is
        lazy let mutating nil nonisolated open operator override package private protocol public repeat
        rethrows return self Self some static struct subscript super switch throw throws true try typealias
        var weak where while @main
        """), comment: "//", hasBlockComments: true, hasLongStrings: true, marksTypes: true)
    let python = Grammar(
      keywords: words(
        """
        and as assert async await break class continue def del elif else except False finally for from global
        if import in is lambda None nonlocal not or pass raise return True try while with yield self
        """), comment: "#", quotes: "\"'", hasLongStrings: true, marksTypes: true)
    let shell = Grammar(
      keywords: words(
        """
        case cd do done echo elif else esac exit export fi for function if in local return set shift
        source then unset until while
        """), comment: "#", quotes: "\"'", hasPrompts: true)
    let json = Grammar(keywords: ["true", "false", "null"])
    return [
      "swift": swift, "python": python, "py": python, "sh": shell, "bash": shell, "shell": shell,
      "console": shell, "json": json, "jsonl": json,
    ]
  }()

  private static func words(_ text: String) -> Set<String> {
    Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
  }

  /// The code escaped, tokens in `<span class="t-…">`.
  static func html(_ code: String, language: String) -> String {
    guard let grammar = grammars[language.lowercased()] else { return HTMLText.escaped(code) }
    if grammar.hasPrompts, code.hasPrefix("$ ") || code.contains("\n$ ") {
      return session(code, grammar)
    }
    return marked(code, grammar)
  }

  /// Commands after `$ `, and what they printed, which is not coloured.
  private static func session(_ code: String, _ grammar: Grammar) -> String {
    code.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("$ ")
        ? "<span class=\"t-p\">$ </span>\(marked(String(line.dropFirst(2)), grammar))"
        : HTMLText.escaped(String(line))
    }.joined(separator: "\n")
  }

  private static func marked(_ code: String, _ grammar: Grammar) -> String {
    let bytes = Array(code.utf8)
    var html = ""
    var place = 0
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    func starts(_ mark: String, _ index: Int) -> Bool { bytes[index...].starts(with: mark.utf8) }
    func mark(_ kind: String, to end: Int) {
      html += "<span class=\"t-\(kind)\">\(HTMLText.escaped(text(place..<end)))</span>"
      place = end
    }
    func end(of mark: String, from start: Int) -> Int {
      var index = start
      while index < bytes.count, !starts(mark, index) { index += 1 }
      return min(bytes.count, index + mark.utf8.count)
    }
    while place < bytes.count {
      let byte = bytes[place]
      let isAtWord = place == 0 || !isWordByte(bytes[place - 1])
      if let comment = grammar.comment, starts(comment, place),
        comment == "//" || place == 0 || bytes[place - 1] <= 0x20
      {
        mark("c", to: bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count)
      } else if grammar.hasBlockComments, starts("/*", place) {
        mark("c", to: end(of: "*/", from: place + 2))
      } else if grammar.quotes.utf8.contains(byte) {
        let quote = String(UnicodeScalar(byte))
        if grammar.hasLongStrings, starts(quote + quote + quote, place) {
          mark("s", to: end(of: quote + quote + quote, from: place + 3))
        } else {
          mark("s", to: stringEnd(bytes, place))
        }
      } else if isAtWord, isDigit(byte) {
        var stop = place + 1
        while stop < bytes.count,
          isWordByte(bytes[stop])
            || bytes[stop] == UInt8(ascii: ".") && stop + 1 < bytes.count
              && isDigit(bytes[stop + 1])
            || (bytes[stop] == UInt8(ascii: "-") && bytes[stop - 1] | 0x20 == UInt8(ascii: "e"))
        { stop += 1 }
        mark("n", to: stop)
      } else if isAtWord, isWordByte(byte) || byte == UInt8(ascii: "@") {
        var stop = place + 1
        while stop < bytes.count, isWordByte(bytes[stop]) { stop += 1 }
        let word = text(place..<stop)
        if grammar.keywords.contains(word) {
          mark("k", to: stop)
        } else if grammar.marksTypes, (0x41...0x5A).contains(byte) {
          mark("t", to: stop)
        } else {
          html += HTMLText.escaped(word)
          place = stop
        }
      } else {
        var stop = place + 1
        while stop < bytes.count, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
        html += HTMLText.escaped(text(place..<stop))
        place = stop
      }
    }
    return html
  }

  /// Behind the string's closing quote, or at the line's end.
  private static func stringEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
      if bytes[index] == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      if bytes[index] == bytes[start] { return index + 1 }
      index += 1
    }
    return min(index, bytes.count)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "_") || byte >= 0x80
  }
}
