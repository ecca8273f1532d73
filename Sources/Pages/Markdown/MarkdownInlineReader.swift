/// Reads the text of a paragraph, a heading or a cell: emphasis, code, links, formulas, notes.
///
/// One pass from left to right with a stack of what is open (emphasis, links), of at most `deepest`
/// levels, so that no text takes more than time linear in its length.
struct MarkdownInlineReader {
  typealias Inline = MarkdownTree.Inline

  private enum Opening { case emphasis, strong, link }

  /// Something open, what stands inside so far.
  private struct Frame {
    var opening: Opening
    var inlines: [Inline] = []
  }

  private let text: ArraySlice<UInt8>
  private var place: Int
  private var inlines: [Inline] = []
  private var frames: [Frame] = []
  /// Where the text that is not yet an inline begins.
  private var textStart: Int
  /// Marks that were looked for and found nowhere after here: not looked for again.
  private var missing: Set<[UInt8]> = []

  private static let deepest = 24

  static func inlines(_ text: ArraySlice<UInt8>) -> [Inline] {
    var reader = MarkdownInlineReader(text)
    return reader.read()
  }

  private init(_ text: ArraySlice<UInt8>) {
    self.text = text
    place = text.startIndex
    textStart = place
  }

  private mutating func read() -> [Inline] {
    while place < text.endIndex {
      switch text[place] {
      case UInt8(ascii: "\\"): backslash()
      case UInt8(ascii: "`"): code()
      case UInt8(ascii: "$"): formula()
      case UInt8(ascii: "*"): star()
      case UInt8(ascii: "!") where byte(1) == UInt8(ascii: "["): image()
      case UInt8(ascii: "["): bracket()
      case UInt8(ascii: "]"): closeBracket()
      case UInt8(ascii: "<"): angle()
      case UInt8(ascii: "h"): bareAddress()
      case UInt8(ascii: "\n"):
        // A space between two Chinese lines would be seen; two spaces before the end break the line.
        if place - textStart >= 2, text[place - 1] == 0x20, text[place - 2] == 0x20 {
          endText()
          append(.lineBreak)
          skip(1)
        } else if isWide(before: place), isWide(at: place + 1) {
          endText()
          skip(1)
        } else {
          place += 1
        }
      default: place += 1
      }
    }
    endText()
    while let frame = frames.popLast() { abandon(frame) }
    return inlines
  }

  // MARK: The stack

  private func byte(_ offset: Int) -> UInt8? {
    place + offset < text.endIndex && place + offset >= text.startIndex ? text[place + offset] : nil
  }

  private mutating func skip(_ count: Int) {
    place += count
    textStart = place
  }

  private mutating func endText() {
    if textStart < place {
      append(.text(String(decoding: text[textStart..<place], as: UTF8.self)))
    }
    textStart = place
  }

  private mutating func append(_ inline: Inline) {
    if frames.isEmpty {
      inlines.append(inline)
    } else {
      frames[frames.count - 1].inlines.append(inline)
    }
  }

  /// What was opened and never closed is text.
  private mutating func abandon(_ frame: Frame) {
    let mark =
      switch frame.opening {
      case .emphasis: "*"
      case .strong: "**"
      case .link: "["
      }
    append(.text(mark))
    for inline in frame.inlines { append(inline) }
  }

  /// Takes what is inside the innermost `opening`; what was opened inside it and not closed is text.
  private mutating func close(_ opening: Opening) -> [Inline]? {
    guard let index = frames.lastIndex(where: { $0.opening == opening }) else { return nil }
    while frames.count > index + 1, let frame = frames.popLast() { abandon(frame) }
    return frames.popLast()?.inlines
  }

  // MARK: Marks

  private mutating func star() {
    // Of three, the one that ends what began last comes first.
    let endsEmphasis = byte(2) == UInt8(ascii: "*") && frames.last?.opening == .emphasis
    let isDouble = byte(1) == UInt8(ascii: "*") && !endsEmphasis
    let length = isDouble ? 2 : 1
    let opening: Opening = isDouble ? .strong : .emphasis
    let hasTextBefore = byte(-1).map { !$0.isMarkdownSpace && $0 != UInt8(ascii: "\n") } ?? false
    let hasTextAfter = byte(length).map { !$0.isMarkdownSpace && $0 != UInt8(ascii: "\n") } ?? false
    if hasTextBefore, frames.contains(where: { $0.opening == opening }) {
      endText()
      if let inside = close(opening), !inside.isEmpty {
        append(isDouble ? .strong(inside) : .emphasis(inside))
      } else {
        append(.text(isDouble ? "****" : "**"))
      }
      skip(length)
    } else if hasTextAfter, frames.count < Self.deepest {
      endText()
      frames.append(Frame(opening: opening))
      skip(length)
    } else {
      place += length
    }
  }

  private mutating func backslash() {
    if let (name, label, length) = command(), name == "eqref" || name == "ref" {
      endText()
      append(.reference(label: label, isInParentheses: name == "eqref"))
      skip(length)
    } else if let next = byte(1), next < 0x80, !next.isMarkdownSpace, !isLetterOrDigit(next) {
      endText()
      if next == UInt8(ascii: "\n") {
        append(.lineBreak)
        skip(2)
      } else {
        // The escaped character begins the next text.
        skip(1)
        place += 1
      }
    } else {
      place += 1
    }
  }

  /// `\name{label}`.
  private func command() -> (name: String, label: String, length: Int)? {
    let rest = text[(place + 1)...].prefix(90)
    let name = rest.prefix { isLetterOrDigit($0) }
    guard !name.isEmpty, rest.dropFirst(name.count).first == UInt8(ascii: "{") else { return nil }
    let label = rest.dropFirst(name.count + 1).prefix {
      $0 != UInt8(ascii: "}") && $0 != UInt8(ascii: "\n")
    }
    guard rest.dropFirst(name.count + 1 + label.count).first == UInt8(ascii: "}") else {
      return nil
    }
    return (
      String(decoding: name, as: UTF8.self), String(decoding: label, as: UTF8.self),
      name.count + label.count + 3
    )
  }

  private mutating func code() {
    let length = text[place...].prefix { $0 == UInt8(ascii: "`") }.count
    let mark = [UInt8](repeating: UInt8(ascii: "`"), count: length)
    guard let end = find(mark, from: place + length, isRun: true) else {
      place += length
      return
    }
    endText()
    var code = text[(place + length)..<end]
    // One space at each end belongs to the marks: `` ` ``.
    if code.count > 2, code.first == 0x20, code.last == 0x20 { code = code.dropFirst().dropLast() }
    append(
      .code(String(decoding: code.map { $0 == UInt8(ascii: "\n") ? 0x20 : $0 }, as: UTF8.self)))
    skip(end + length - place)
  }

  /// `$x$` and, within a paragraph, `$$x$$`. `$5 and $6` is no formula: the first must touch its text,
  /// and the second not be followed by a digit.
  private mutating func formula() {
    let isDisplayed = byte(1) == UInt8(ascii: "$")
    let length = isDisplayed ? 2 : 1
    let mark = [UInt8](repeating: UInt8(ascii: "$"), count: length)
    guard let next = byte(length),
      isDisplayed || !(next.isMarkdownSpace || next == UInt8(ascii: "\n")),
      let end = find(mark, from: place + length, isRun: false), end > place + length,
      isDisplayed || !text[end - 1].isMarkdownSpace,
      isDisplayed || !(end + 1 < text.endIndex && isDigit(text[end + 1]))
    else {
      place += length
      return
    }
    endText()
    let tex = String(decoding: text[(place + length)..<end], as: UTF8.self)
    append(isDisplayed ? .displayedFormula(tex) : .formula(tex))
    skip(end + length - place)
  }

  /// The next place of `mark`; a run of exactly its length if `isRun`, one not after a backslash otherwise.
  private mutating func find(_ mark: [UInt8], from start: Int, isRun: Bool) -> Int? {
    guard !missing.contains(mark) else { return nil }
    var index = start
    while index + mark.count <= text.endIndex {
      if text[index] == UInt8(ascii: "\\"), !isRun {
        index += 2
        continue
      }
      guard text[index] == mark[0] else {
        index += 1
        continue
      }
      let run = text[index...].prefix { $0 == mark[0] }.count
      if isRun ? run == mark.count : run >= mark.count { return index }
      index += run
    }
    missing.insert(mark)
    return nil
  }

  // MARK: Links

  private mutating func image() {
    // The description is plain, so that it is read here and now.
    let description = text[(place + 2)...].prefix(400).prefix {
      $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "[")
    }
    let after = place + 2 + description.count
    guard after < text.endIndex, text[after] == UInt8(ascii: "]"),
      let (address, end) = destination(after + 1)
    else {
      place += 1
      return
    }
    endText()
    append(.image(address: address, description: String(decoding: description, as: UTF8.self)))
    skip(end - place)
  }

  private mutating func bracket() {
    if byte(1) == UInt8(ascii: "^") {
      let name = text[(place + 2)...].prefix(41).prefix {
        $0 != UInt8(ascii: "]") && !$0.isMarkdownSpace
      }
      let end = place + 2 + name.count
      if (1...40).contains(name.count), end < text.endIndex, text[end] == UInt8(ascii: "]") {
        endText()
        append(.footnote(String(decoding: name, as: UTF8.self)))
        skip(end + 1 - place)
        return
      }
    }
    guard frames.count < Self.deepest else {
      place += 1
      return
    }
    endText()
    frames.append(Frame(opening: .link))
    skip(1)
  }

  private mutating func closeBracket() {
    guard frames.contains(where: { $0.opening == .link }) else {
      place += 1
      return
    }
    endText()
    if let (address, end) = destination(place + 1), let inside = close(.link) {
      append(.link(address: address, Self.withoutLinks(inside)))
      skip(end - place)
    } else if let inside = close(.link) {
      append(.text("["))
      for inline in inside { append(inline) }
      append(.text("]"))
      skip(1)
    }
  }

  /// A link holds no links.
  private static func withoutLinks(_ inlines: [Inline]) -> [Inline] {
    inlines.flatMap { inline -> [Inline] in
      switch inline {
      case .link(_, let inside): withoutLinks(inside)
      case .emphasis(let inside): [.emphasis(withoutLinks(inside))]
      case .strong(let inside): [.strong(withoutLinks(inside))]
      default: [inline]
      }
    }
  }

  /// `(address)` or `(address "title")`, the title unused; where it ends.
  private func destination(_ start: Int) -> (address: String, end: Int)? {
    guard start < text.endIndex, text[start] == UInt8(ascii: "(") else { return nil }
    var depth = 0
    var index = start + 1
    let limit = min(text.endIndex, start + 2000)
    while index < limit {
      switch text[index] {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        if depth == 0 {
          let inside = text[(start + 1)..<index].trimmed
          let address = inside.prefix { !$0.isMarkdownSpace && $0 != UInt8(ascii: "\n") }
          return address.isEmpty ? nil : (String(decoding: address, as: UTF8.self), index + 1)
        }
        depth -= 1
      default: break
      }
      index += 1
    }
    return nil
  }

  /// `<https://example.org>`.
  private mutating func angle() {
    let inside = text[(place + 1)...].prefix(2000).prefix {
      $0 != UInt8(ascii: ">") && !$0.isMarkdownSpace && $0 != UInt8(ascii: "\n")
        && $0 != UInt8(ascii: "<")
    }
    let end = place + 1 + inside.count
    guard end < text.endIndex, text[end] == UInt8(ascii: ">"),
      inside.starts(with: "http://".utf8) || inside.starts(with: "https://".utf8)
        || inside.starts(with: "mailto:".utf8)
    else {
      place += 1
      return
    }
    let address = String(decoding: inside, as: UTF8.self)
    endText()
    append(.link(address: address, [.text(address)]))
    skip(end + 1 - place)
  }

  /// `https://example.org` as it is; what ends a sentence does not belong to it.
  private mutating func bareAddress() {
    let rest = text[place...]
    guard rest.starts(with: "http://".utf8) || rest.starts(with: "https://".utf8),
      !(byte(-1).map(isLetterOrDigit) ?? false),
      !frames.contains(where: { $0.opening == .link })
    else {
      place += 1
      return
    }
    var address = rest.prefix(2000).prefix {
      $0 > 0x20 && $0 < 0x7F && !"<>\"`*|\\^{}[]".utf8.contains($0)
    }
    while let last = address.last, ".,;:!?'".utf8.contains(last) { address.removeLast() }
    if address.last == UInt8(ascii: ")"), !address.contains(UInt8(ascii: "(")) {
      address.removeLast()
    }
    let link = String(decoding: address, as: UTF8.self)
    guard !link.hasSuffix("://") else {
      place += 1
      return
    }
    endText()
    append(.link(address: link, [.text(link)]))
    skip(address.count)
  }

  // MARK: Characters

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Whether a character of three or four bytes, as Chinese ones are, begins at `index`.
  private func isWide(at index: Int) -> Bool { index < text.endIndex && text[index] >= 0xE3 }

  private func isWide(before index: Int) -> Bool {
    index - 3 >= text.startIndex && text[index - 1] >= 0x80
      && (text[index - 3] >= 0xE3 && text[index - 3] < 0xF0
        || index - 4 >= text.startIndex && text[index - 4] >= 0xF0)
  }
}
