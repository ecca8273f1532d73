import Messages

/// Sentences of one token and its tag a line, an empty line between sentences (CoNLL): tags in BIO, BIOES or BMES.
enum TaggedLines {
  static func items(_ text: String, path: String) throws -> [TextItem] {
    var items: [TextItem] = []
    var tokens: [(text: String, tag: String)] = []
    func finish() {
      guard !tokens.isEmpty else { return }
      var item = sentence(tokens)
      item.id = String(items.count + 1)
      items.append(item)
      tokens = []
    }
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isLineEnd)
      .enumerated()
    {
      let cells = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
      if cells.isEmpty {
        finish()
        continue
      }
      if cells[0].hasPrefix("-DOCSTART-") { continue }
      guard cells.count >= 2 else {
        throw FileError(
          path: path,
          reason: "line \(number + 1): a token and its tag were expected, received '\(line)'")
      }
      tokens.append((String(cells[0]), String(cells[cells.count - 1])))
    }
    finish()
    return items
  }

  /// Words of several characters stand apart; ideographs do not.
  private static func sentence(_ tokens: [(text: String, tag: String)]) -> TextItem {
    var text = ""
    var length = 0
    var ranges: [Range<Int>] = []
    for (index, token) in tokens.enumerated() {
      let count = token.text.unicodeScalars.count
      if index > 0, count > 1 || tokens[index - 1].text.unicodeScalars.count > 1 {
        text += " "
        length += 1
      }
      text += token.text
      ranges.append(length..<length + count)
      length += count
    }
    var item = TextItem(text: text)
    item.spans = spans(tokens.map(\.tag), ranges)
    return item
  }

  /// The spans that tags in BIO, BIOES or BMES say; one that begins with I or M begins there.
  static func spans(_ tags: [String], _ ranges: [Range<Int>]) -> [TextItem.Span] {
    var spans: [TextItem.Span] = []
    var open: TextItem.Span?
    for (tag, range) in zip(tags, ranges) {
      let parts = tag.split(separator: "-", maxSplits: 1).map(String.init)
      let (place, label) = (parts[0], parts.count > 1 ? parts[1] : "")
      let goesOn = ["I", "M", "E"].contains(place) && open?.label == label
      if !goesOn, let span = open {
        spans.append(span)
        open = nil
      }
      if goesOn, let span = open {
        open = TextItem.Span(label, span.range.lowerBound..<range.upperBound)
      } else if place != "O" {
        open = TextItem.Span(label, range)
      }
      if let span = open, place == "E" || place == "S" {
        spans.append(span)
        open = nil
      }
    }
    if let open { spans.append(open) }
    return spans
  }
}
