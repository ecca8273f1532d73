/// Reads the lines of a text of Markdown as blocks, in one pass and time linear in its length for each
/// level of nesting, of which there are at most `deepest`.
struct MarkdownBlockReader {
  typealias Bytes = ArraySlice<UInt8>
  typealias Block = MarkdownTree.Block

  /// Footnotes by name.
  private(set) var notes: [String: [Block]] = [:]

  /// Quotes and lists nested deeper are text.
  private static let deepest = 12

  /// Lines of a displayed formula; its end is looked for no farther.
  private static let longestFormula = 200

  /// Up to which place a formula's end was looked for in vain: what begins before it has none either.
  private var unclosed: [String: Int] = [:]

  mutating func blocks(_ text: Bytes, depth: Int) -> [Block] {
    let outer = unclosed
    unclosed = [:]
    defer { unclosed = outer }
    var lines = MarkdownLines(text)
    var result: [Block] = []
    var paragraph: [Bytes] = []
    func endParagraph() {
      guard !paragraph.isEmpty else { return }
      let text = Array(paragraph.joined(separator: [UInt8(ascii: "\n")]))
      result.append(.paragraph(MarkdownInlineReader.inlines(text[...])))
      paragraph = []
    }
    while let line = lines.next() {
      let content = line.trimmedStart
      guard let first = content.first else {
        endParagraph()
        continue
      }
      if let block = special(first, content, line, &lines, paragraph: paragraph, depth: depth) {
        endParagraph()
        if let block { result.append(block) }
      } else if first == UInt8(ascii: "|"), let table = table(content, &lines) {
        endParagraph()
        result.append(table)
      } else {
        paragraph.append(content)
      }
    }
    endParagraph()
    return result
  }

  /// The block that begins with this line, if it begins one that is no paragraph; `.some(nil)` for one that
  /// prints nothing (a note).
  private mutating func special(
    _ first: UInt8, _ content: Bytes, _ line: Bytes, _ lines: inout MarkdownLines,
    paragraph: [Bytes],
    depth: Int
  ) -> Block?? {
    switch first {
    case UInt8(ascii: "#"):
      let level = content.prefix { $0 == UInt8(ascii: "#") }.count
      guard level <= 6, content.dropFirst(level).first.map(\.isMarkdownSpace) ?? true else {
        return nil
      }
      let words = content.dropFirst(level).trimmed
      return .heading(level: level, MarkdownInlineReader.inlines(words))
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      let length = content.prefix { $0 == first }.count
      let information = content.dropFirst(length).trimmed
      guard length >= 3, !(first == UInt8(ascii: "`") && information.contains(first)) else {
        return nil
      }
      let indentation = line.count - content.count
      var code: [UInt8] = []
      while let next = lines.next() {
        let inner = next.trimmedStart
        if inner.prefix(while: { $0 == first }).count >= length,
          inner.trimmed.allSatisfy({ $0 == first })
        {
          break
        }
        code += next.dropped(upTo: indentation) + [UInt8(ascii: "\n")]
      }
      let language = information.prefix { !$0.isMarkdownSpace }
      return .code(
        language: String(decoding: language, as: UTF8.self), String(decoding: code, as: UTF8.self))
    case UInt8(ascii: "$"):
      guard content.starts(with: "$$".utf8) else { return nil }
      return displayed(content, &lines)
    case UInt8(ascii: "\\"):
      return environment(content, &lines)
    case UInt8(ascii: ">"):
      guard depth < Self.deepest else { return nil }
      var quoted = Self.unquoted(content) + [UInt8(ascii: "\n")]
      while let next = lines.peek(), next.trimmedStart.first == UInt8(ascii: ">") {
        lines.advance()
        quoted += Self.unquoted(next.trimmedStart) + [UInt8(ascii: "\n")]
      }
      return .quote(blocks(quoted[...], depth: depth + 1))
    case UInt8(ascii: "["):
      guard depth == 0, let (name, rest) = Self.note(content) else { return nil }
      var text = rest + [UInt8(ascii: "\n")]
      text += Self.continuation(&lines, indentation: 2)
      let inner = blocks(text[...], depth: depth + 1)
      if notes[name] == nil { notes[name] = inner }
      return .some(nil)
    default:
      if Self.isRule(content) { return .rule }
      guard depth < Self.deepest, let marker = MarkdownListMarker(content) else { return nil }
      // A number in the middle of a paragraph begins no list, unless it is the first.
      if !paragraph.isEmpty, let number = marker.number, number != 1 { return nil }
      return list(marker, line, &lines, depth: depth)
    }
  }

  // MARK: Lists, quotes, notes

  private mutating func list(
    _ first: MarkdownListMarker, _ line: Bytes, _ lines: inout MarkdownLines, depth: Int
  ) -> Block {
    var items: [[Block]] = []
    var isTight = true
    var marker = first
    var line = line
    while true {
      let indentation = line.count - line.trimmedStart.count + marker.width
      var text = Array(line.trimmedStart.dropFirst(marker.width)) + [UInt8(ascii: "\n")]
      let rest = Self.continuation(&lines, indentation: indentation)
      text += rest
      if rest.starts(with: "\n".utf8) && !rest.trimmedArray.isEmpty { isTight = false }
      items.append(blocks(text[...], depth: depth + 1))
      // The next item, if the list goes on: perhaps after empty lines.
      var ahead = lines
      var hasGap = false
      while let next = ahead.peek(), next.trimmedStart.isEmpty {
        ahead.advance()
        hasGap = true
      }
      guard let next = ahead.peek(), let following = MarkdownListMarker(next.trimmedStart),
        following.bullet == first.bullet, !Self.isRule(next.trimmedStart)
      else { return .list(start: first.number, items: items, isTight: isTight) }
      if hasGap { isTight = false }
      ahead.advance()
      lines = ahead
      line = next
      marker = following
    }
  }

  /// The lines that go on with an item or a note: indented ones, empty ones between them, and lines that
  /// follow a line of a paragraph at once.
  private static func continuation(_ lines: inout MarkdownLines, indentation: Int) -> [UInt8] {
    var text: [UInt8] = []
    var emptyLines = 0
    while let line = lines.peek() {
      let content = line.trimmedStart
      if content.isEmpty {
        // Only what comes after says whether it belongs.
        emptyLines += 1
        lines.advance()
        continue
      }
      let isIndented = line.count - content.count >= min(indentation, 2)
      let isLazy = emptyLines == 0 && !beginsBlock(content)
      guard isIndented || isLazy else { break }
      for _ in 0..<emptyLines { text.append(UInt8(ascii: "\n")) }
      emptyLines = 0
      text += line.dropped(upTo: indentation) + [UInt8(ascii: "\n")]
      lines.advance()
    }
    if emptyLines > 0 { lines.giveBack() }
    return text
  }

  private static func beginsBlock(_ content: Bytes) -> Bool {
    switch content.first {
    case UInt8(ascii: "#"), UInt8(ascii: ">"), UInt8(ascii: "|"): true
    case UInt8(ascii: "`"), UInt8(ascii: "~"):
      content.dropFirst().prefix(2).allSatisfy { $0 == content.first }
    case UInt8(ascii: "$"): content.starts(with: "$$".utf8)
    case UInt8(ascii: "\\"): content.starts(with: "\\begin{".utf8)
    case UInt8(ascii: "["): note(content) != nil
    default: isRule(content) || MarkdownListMarker(content) != nil
    }
  }

  private static func unquoted(_ content: Bytes) -> [UInt8] {
    let rest = content.dropFirst()
    return Array(rest.first == UInt8(ascii: " ") ? rest.dropFirst() : rest)
  }

  /// `[^name]: text`.
  private static func note(_ content: Bytes) -> (name: String, rest: [UInt8])? {
    guard content.starts(with: "[^".utf8), let end = content.firstIndex(of: UInt8(ascii: "]")),
      content.dropFirst(end - content.startIndex + 1).first == UInt8(ascii: ":")
    else { return nil }
    let name = content[(content.startIndex + 2)..<end]
    guard (1...40).contains(name.count), !name.contains(where: \.isMarkdownSpace) else {
      return nil
    }
    return (String(decoding: name, as: UTF8.self), Array(content[(end + 2)...].trimmedStart))
  }

  private static func isRule(_ content: Bytes) -> Bool {
    guard let mark = content.first, "-*_".utf8.contains(mark) else { return false }
    let marks = content.filter { !$0.isMarkdownSpace }
    return marks.count >= 3 && marks.allSatisfy { $0 == mark }
  }

  // MARK: Formulas

  /// `$$ … $$`, on one line or on several; nothing after the end on its line.
  private mutating func displayed(_ content: Bytes, _ lines: inout MarkdownLines) -> Block?? {
    let mark = Array("$$".utf8)
    if lines.place < unclosed["$$", default: 0] { return nil }
    var text = Array(content.dropFirst(2).trimmed)
    var ahead = lines
    for _ in 0..<Self.longestFormula {
      if text.count >= 2, text.suffix(2) == mark[...] {
        let tex = text.dropLast(2)
        // Another pair inside: not one formula but a paragraph with several.
        if tex.windowContains(mark) { return nil }
        lines = ahead
        return .formula(String(decoding: tex, as: UTF8.self))
      }
      guard let next = ahead.next(), !next.trimmedStart.isEmpty else { break }
      text += [UInt8(ascii: "\n")] + next.trimmed
    }
    unclosed["$$"] = ahead.place
    return nil
  }

  private static let environments: Set<String> = [
    "equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign", "displaymath",
    "aligned", "split", "gathered", "cases", "matrix", "pmatrix", "bmatrix", "vmatrix", "array",
  ]

  /// `\begin{equation} … \end{equation}`.
  private mutating func environment(_ content: Bytes, _ lines: inout MarkdownLines) -> Block?? {
    guard content.starts(with: "\\begin{".utf8), let end = content.firstIndex(of: UInt8(ascii: "}"))
    else { return nil }
    let name = String(decoding: content[(content.startIndex + 7)..<end], as: UTF8.self)
    let plain = name.hasSuffix("*") ? String(name.dropLast()) : name
    guard Self.environments.contains(plain) else { return nil }
    let closing = Array("\\end{\(name)}".utf8)
    if lines.place < unclosed[name, default: 0] { return nil }
    var text = Array(content.trimmed)
    var ahead = lines
    for _ in 0..<Self.longestFormula {
      if text.count >= closing.count, text.suffix(closing.count) == closing[...] {
        lines = ahead
        return .formula(String(decoding: text, as: UTF8.self))
      }
      guard let next = ahead.next(), !next.trimmedStart.isEmpty else { break }
      text += [UInt8(ascii: "\n")] + next.trimmed
    }
    unclosed[name] = ahead.place
    return nil
  }

  // MARK: Tables

  /// A line of cells, a line of dashes, and lines of cells.
  private func table(_ header: Bytes, _ lines: inout MarkdownLines) -> Block? {
    guard let second = lines.peek()?.trimmed, second.first == UInt8(ascii: "|"),
      second.allSatisfy({ $0.isMarkdownSpace || "|-:".utf8.contains($0) }),
      second.contains(UInt8(ascii: "-"))
    else { return nil }
    lines.advance()
    let alignments = Self.cells(second).map { cell -> MarkdownTree.Alignment in
      switch (cell.first == UInt8(ascii: ":"), cell.last == UInt8(ascii: ":")) {
      case (true, true): .center
      case (true, false): .left
      case (false, true): .right
      case (false, false): .none
      }
    }
    func row(_ line: Bytes) -> [[MarkdownTree.Inline]] {
      var cells = Self.cells(line).prefix(alignments.count).map(MarkdownInlineReader.inlines)
      while cells.count < alignments.count { cells.append([]) }
      return cells
    }
    let header = row(header)
    var rows: [[[MarkdownTree.Inline]]] = []
    while let line = lines.peek()?.trimmedStart, line.first == UInt8(ascii: "|") {
      lines.advance()
      rows.append(row(line))
    }
    return .table(alignments: alignments, header: header, rows: rows)
  }

  /// What stands between the bars; not those in code, in formulas, or after a backslash.
  private static func cells(_ line: Bytes) -> [Bytes] {
    var cells: [Bytes] = []
    let line = line.trimmed
    var start = line.startIndex + 1
    var place = start
    var inside: UInt8?
    while place < line.endIndex {
      switch line[place] {
      case UInt8(ascii: "\\"): place += 1
      case UInt8(ascii: "`"), UInt8(ascii: "$"):
        if inside == nil {
          // Only where it is closed on this line.
          if line[(place + 1)...].contains(line[place]) { inside = line[place] }
        } else if inside == line[place] {
          inside = nil
        }
      case UInt8(ascii: "|") where inside == nil:
        cells.append(line[start..<place].trimmed)
        start = place + 1
      default: break
      }
      place += 1
    }
    if start < line.endIndex { cells.append(line[start...].trimmed) }
    return cells
  }
}

/// `- `, `* `, `+ `, `1. ` or `1) ` at the beginning of a line.
struct MarkdownListMarker {
  /// The bullet, or what follows the number: items of one list have the same.
  let bullet: UInt8
  let number: Int?
  /// Bytes up to the text.
  let width: Int

  init?(_ content: ArraySlice<UInt8>) {
    guard let first = content.first else { return nil }
    if "-*+".utf8.contains(first) {
      guard content.dropFirst().first?.isMarkdownSpace == true else { return nil }
      (bullet, number, width) = (first, nil, 2)
      return
    }
    let digits = content.prefix(10).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let rest = content.dropFirst(digits.count)
    guard (1...9).contains(digits.count), let mark = rest.first, ".)".utf8.contains(mark),
      rest.dropFirst().first?.isMarkdownSpace == true
    else { return nil }
    bullet = mark
    number = Int(String(decoding: digits, as: UTF8.self))
    width = digits.count + 2
  }
}

/// The lines of a text, without their ends.
struct MarkdownLines {
  private let text: ArraySlice<UInt8>
  private(set) var place: Int
  private var before: Int

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    place = text.startIndex
    before = place
  }

  func peek() -> ArraySlice<UInt8>? {
    guard place < text.endIndex else { return nil }
    let line = text[place..<end]
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  mutating func advance() {
    before = place
    place = min(end + 1, text.endIndex)
  }

  /// What was not read yet.
  var rest: ArraySlice<UInt8> { text[place...] }

  mutating func next() -> ArraySlice<UInt8>? {
    guard let line = peek() else { return nil }
    advance()
    return line
  }

  /// Makes the last line next again.
  mutating func giveBack() { place = before }

  private var end: Int { text[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex }
}

extension UInt8 {
  var isMarkdownSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

extension ArraySlice<UInt8> {
  var trimmedStart: ArraySlice<UInt8> { drop(while: \.isMarkdownSpace) }

  var trimmed: ArraySlice<UInt8> {
    var slice = trimmedStart
    while slice.last?.isMarkdownSpace == true { slice.removeLast() }
    return slice
  }

  /// Without its first spaces, at most `count` of them.
  func dropped(upTo count: Int) -> ArraySlice<UInt8> {
    dropFirst(Swift.min(count, prefix(while: \.isMarkdownSpace).count))
  }

  func windowContains(_ pattern: [UInt8]) -> Bool {
    guard count >= pattern.count else { return false }
    return (startIndex...(endIndex - pattern.count)).contains { self[$0...].starts(with: pattern) }
  }
}

extension [UInt8] {
  /// Without the line ends at both ends.
  fileprivate var trimmedArray: ArraySlice<UInt8> {
    var slice = self[...]
    while slice.last == UInt8(ascii: "\n") { slice.removeLast() }
    return slice.drop { $0 == UInt8(ascii: "\n") }
  }
}
