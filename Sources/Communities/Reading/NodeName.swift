import Messages

/// How names of nodes stand in files.
///
/// Between double quotes a name may hold anything, double quotes too: it ends at the last one of the
/// line, or before what can follow a name. Without quotes it ends at a blank, and a comma or a `#` is a
/// part of it: `C#`, `Smith,J.`, `#tag`.
enum NodeName {
  /// A name begins here. A `#` with a blank behind it is a comment.
  static func isAt(_ scanner: ByteScanner) -> Bool {
    scanner.byte != ByteScanner.newline
      && !(scanner.byte == UInt8(ascii: "#") && scanner.isBlank(at: scanner.position + 1))
  }

  /// Reads the name of a vertex or a state; shapes and coordinates may follow. Throws `InputError`.
  static func read(_ scanner: inout ByteScanner) throws -> (name: String, isQuoted: Bool) {
    guard scanner.byte == UInt8(ascii: "\"") else {
      let first = scanner.position
      while !scanner.isBlank(at: scanner.position), scanner.byte != ByteScanner.newline {
        scanner.position += 1
      }
      return (try scanner.name(first, scanner.position), false)
    }
    let quotes = scanner.quotes
    for (place, quote) in quotes.enumerated().dropFirst() {
      var rest = scanner
      rest.position = quote + 1
      let later = quotes.count - place - 1
      guard isEnd(rest), later == 0 || later.isMultiple(of: 2) && isAttribute(&rest) else {
        continue
      }
      let name = try scanner.name(quotes[0] + 1, quote)
      scanner.position = quote + 1
      return (name, true)
    }
    throw InputError("the name has no closing double quote")
  }

  /// Reads the name of a leaf in a tree file, which ids follow: the last double quote of the line ends
  /// it. `nil` where there is none.
  static func readLeaf(_ scanner: inout ByteScanner) throws -> String? {
    guard scanner.byte == UInt8(ascii: "\"") else { return try read(&scanner).name }
    let quotes = scanner.quotes
    guard quotes.count > 1, let last = quotes.last else { return nil }
    let name = try scanner.name(quotes[0] + 1, last)
    scanner.position = last + 1
    return name
  }

  private static func isEnd(_ scanner: ByteScanner) -> Bool {
    scanner.isBlank(at: scanner.position) || scanner.byte == ByteScanner.newline
      || scanner.byte == UInt8(ascii: ",")
  }

  /// Whether a number or a word of Pajek's for drawing a vertex comes next.
  static func isAttribute(_ scanner: inout ByteScanner) -> Bool {
    scanner.skipBlanks()
    if scanner.isAtNumber { return true }
    return scanner.word().map { drawing.contains($0.lowercased()) } ?? false
  }

  private static let drawing: Set<String> = [
    "ellipse", "box", "diamond", "triangle", "cross", "empty", "house", "man", "woman", "s_size",
    "x_fact", "y_fact", "phi", "r", "q", "ic", "bc", "bw", "lc", "la", "lr", "lphi", "fos", "font",
    "hooks", "url", "shape",
  ]
}
