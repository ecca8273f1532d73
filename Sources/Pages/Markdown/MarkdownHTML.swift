import Reports

/// Writes a tree of Markdown as HTML. What the author wrote is escaped wherever it stands; addresses are
/// those that `resolve` lets through.
struct MarkdownHTML {
  /// What an author may do, and where links lead.
  struct Rules: Sendable {
    var language = PageLanguage.chinese
    /// Headings, numbered equations and notes with anchors; a comment has none, as its anchors could
    /// take those of the page.
    var hasAnchors = true
    var hasImages = true
    /// The value of `rel` of links that lead elsewhere.
    var relation = "noreferrer"
    /// What an address that names no scheme becomes; `nil` for one that leads nowhere.
    var resolve: @Sendable (_ address: String) -> String? = { $0 }
  }

  private let rules: Rules
  private let tree: MarkdownTree
  private var result = RenderedText()
  /// Names of elements that are taken, and how often a heading asked for one.
  private var anchors: Set<String>
  private var wishes: [String: Int] = [:]
  private var equations: [EquationSource] = []
  private var labels: [String: String] = [:]
  private var nextEquation = 0
  private var noteNumbers: [String: Int] = [:]
  private var seenNotes: Set<String> = []
  private var seenEquations: Set<String> = []
  private var isInHeading = false

  static func render(_ tree: MarkdownTree, rules: Rules) -> RenderedText {
    var writer = MarkdownHTML(tree, rules: rules)
    return writer.render()
  }

  /// A line of text on another page: no links, no anchors.
  static func html(_ inlines: [MarkdownTree.Inline], language: PageLanguage) -> String {
    var tree = MarkdownTree("")
    tree.blocks = [.paragraph(inlines)]
    var writer = MarkdownHTML(
      tree, rules: Rules(language: language, hasAnchors: false, hasImages: false))
    writer.result.passages = [.init(anchor: "", text: "")]
    writer.isInHeading = true
    return writer.html(inlines)
  }

  private init(_ tree: MarkdownTree, rules: Rules) {
    self.tree = tree
    self.rules = rules
    anchors = PageLayout.anchors.union(ArticlePage.anchors)
    for (index, note) in tree.footnotes.enumerated() { noteNumbers[note.name] = index + 1 }
    // References lead forward, too: all equations get their numbers first.
    var numbers = EquationNumbers()
    func visit(_ block: MarkdownTree.Block) {
      switch block {
      case .formula(let source):
        var equation = EquationSource(source)
        if rules.hasAnchors { numbers.number(&equation) }
        equations.append(equation)
      case .quote(let blocks): blocks.forEach(visit)
      case .list(_, let items, _): items.joined().forEach(visit)
      default: break
      }
    }
    tree.blocks.forEach(visit)
    for note in tree.footnotes { note.blocks.forEach(visit) }
    labels = numbers.byLabel
    // Equations and notes keep their names, headings of the same words get a number.
    anchors.formUnion(labels.keys.map(equationAnchor))
    for number in noteNumbers.values { anchors.formUnion(["note-\(number)", "noted-\(number)"]) }
  }

  private mutating func render() -> RenderedText {
    result.passages = [.init(anchor: "", text: "")]
    for block in tree.blocks { write(block) }
    if !tree.footnotes.isEmpty {
      let title = rules.language("注释", "Notes")
      result.html += "<section class=\"footnotes\" aria-label=\"\(title)\"><ol>"
      for (index, note) in tree.footnotes.enumerated() {
        let name = index + 1
        result.html += rules.hasAnchors ? "<li id=\"note-\(name)\">" : "<li>"
        for block in note.blocks { write(block) }
        if rules.hasAnchors, seenNotes.contains(note.name) {
          result.html +=
            "<a href=\"#noted-\(name)\" aria-label=\"\(rules.language("回到正文", "Back to the text"))\">↩</a>"
        }
        result.html += "</li>"
      }
      result.html += "</ol></section>"
    }
    result.passages.removeAll { $0.text.allSatisfy(\.isWhitespace) }
    return result
  }

  // MARK: Blocks

  private mutating func write(_ block: MarkdownTree.Block, isTight: Bool = false) {
    switch block {
    case .heading(let level, let inlines): heading(level, inlines)
    case .paragraph(let inlines):
      let html = self.html(inlines)
      result.html += isTight ? html : "<p>\(html)</p>\n"
      endText()
    case .code(let language, let text):
      let copy =
        rules.hasAnchors
        ? "<button type=\"button\" class=\"button copy needs-script\" data-action=\"copy\" hidden>"
          + "\(rules.language("复制", "Copy"))</button>" : ""
      result.html +=
        "<div class=\"code\"><pre tabindex=\"0\"><code>\(CodeColors.html(text, language: language))"
        + "</code></pre>\(copy)</div>\n"
      addText(text)
      endText()
    case .quote(let blocks):
      result.html += "<blockquote>"
      for block in blocks { write(block) }
      result.html += "</blockquote>\n"
    case .list(let start, let items, let isTight):
      let name = start == nil ? "ul" : "ol"
      result.html += "<\(name)\(start.map { $0 == 1 ? "" : " start=\"\($0)\"" } ?? "")>"
      for item in items {
        result.html += "<li>"
        for block in item { write(block, isTight: isTight) }
        result.html += "</li>"
      }
      result.html += "</\(name)>\n"
    case .table(let alignments, let header, let rows): table(alignments, header, rows)
    case .formula: equation()
    case .rule: result.html += "<hr>\n"
    }
  }

  private mutating func heading(_ level: Int, _ inlines: [MarkdownTree.Inline]) {
    guard rules.hasAnchors else {
      result.html += "<p><strong>\(html(inlines))</strong></p>\n"
      return endText()
    }
    let level = max(2, min(level, 4))
    let anchor = newAnchor(inlines.plainText)
    // The heading's words open its passage. It is a link itself, which holds no links.
    result.passages.append(.init(anchor: anchor, text: ""))
    isInHeading = true
    let html = self.html(inlines)
    isInHeading = false
    result.html += "<h\(level) id=\"\(anchor)\"><a href=\"#\(anchor)\">\(html)</a></h\(level)>\n"
    result.headings.append(.init(level: level, anchor: anchor, html: html))
    endText()
  }

  private mutating func table(
    _ alignments: [MarkdownTree.Alignment], _ header: [[MarkdownTree.Inline]],
    _ rows: [[[MarkdownTree.Inline]]]
  ) {
    let classes = alignments.map { alignment in
      switch alignment {
      case .right: " class=\"right\""
      case .center: " class=\"center\""
      case .left, .none: ""
      }
    }
    result.html += "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
    for (cell, style) in zip(header, classes) {
      result.html += "<th scope=\"col\"\(style)>\(html(cell))</th>"
      addText(" ")
    }
    result.html += "</tr></thead><tbody>"
    for row in rows {
      endText()
      result.html += "<tr>"
      for (cell, style) in zip(row, classes) {
        result.html += "<td\(style)>\(html(cell))</td>"
        addText(" ")
      }
      result.html += "</tr>"
    }
    result.html += "</tbody></table></div>\n"
    endText()
  }

  private mutating func equation() {
    let equation = equations[nextEquation]
    nextEquation += 1
    result.hasFormulas = true
    let formula = formula(equation.tex, isDisplayed: true)
    let tags = equation.rows.filter { $0.tag != nil }
    guard rules.hasAnchors, !tags.isEmpty else {
      result.html += "<div>\(formula)</div>\n"
      return endText()
    }
    let names = tags.flatMap(\.labels).map(equationAnchor).filter {
      seenEquations.insert($0).inserted
    }
    let id = names.first.map { " id=\"\($0)\"" } ?? ""
    let marks = names.dropFirst().map { "<span id=\"\($0)\"></span>" }.joined()
    // Rows of several equations have their numbers in the formula.
    if equation.rows.count > 1 {
      result.html += "<div class=\"equations\"\(id)>\(marks)\(formula)</div>\n"
    } else {
      let number = "(\(tags[0].tag ?? ""))"
      result.html +=
        "<div class=\"equation\"\(id)>\(formula)"
        + "<span class=\"equation-number\">\(marks)\(HTMLText.escaped(number))</span></div>\n"
    }
    endText()
  }

  private func equationAnchor(_ label: String) -> String {
    anchor("eq-" + (label.hasPrefix("eq:") ? label.dropFirst(3) : label[...]))
  }

  private mutating func formula(_ tex: String, isDisplayed: Bool) -> String {
    let labels = labels
    let markup = MathMLWriter.element(tex, isDisplayed: isDisplayed) { labels[$0] }
    addText(Self.words(of: markup))
    result.hasFormulas = true
    return "<span class=\"\(isDisplayed ? "formula" : "inline-formula")\""
      + "\(isDisplayed ? " tabindex=\"0\"" : "") data-tex=\"\(HTMLText.escaped(tex))\">\(markup)</span>"
  }

  /// What one reads in a formula: its elements' texts.
  private static func words(of markup: String) -> String {
    var words: [UInt8] = []
    var isInside = false
    for byte in markup.utf8 {
      switch byte {
      case UInt8(ascii: "<"): isInside = true
      case UInt8(ascii: ">"): isInside = false
      default: if !isInside { words.append(byte) }
      }
    }
    let text = String(decoding: words, as: UTF8.self)
    guard text.contains("&") else { return text }
    return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
      .reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  // MARK: Inlines

  private mutating func html(_ inlines: [MarkdownTree.Inline]) -> String {
    var html = ""
    for inline in inlines { html += self.html(inline) }
    return html
  }

  private mutating func html(_ inline: MarkdownTree.Inline) -> String {
    switch inline {
    case .text(let text):
      addText(text)
      return HTMLText.escaped(text)
    case .emphasis(let inside): return "<em>\(html(inside))</em>"
    case .strong(let inside): return "<strong>\(html(inside))</strong>"
    case .code(let text):
      addText(text)
      return "<code>\(HTMLText.escaped(text))</code>"
    case .link(let address, let inside): return link(address, html(inside))
    case .image(let address, let description):
      addText(description)
      guard rules.hasImages, let source = safeAddress(address) else {
        return HTMLText.escaped(description)
      }
      return
        "<img src=\"\(HTMLText.escaped(source))\" alt=\"\(HTMLText.escaped(description))\" loading=\"lazy\">"
    case .formula(let tex): return formula(tex, isDisplayed: false)
    case .displayedFormula(let tex): return formula(tex, isDisplayed: true)
    case .footnote(let name): return note(name)
    case .reference(let label, let isInParentheses): return reference(label, isInParentheses)
    case .lineBreak: return "<br>"
    }
  }

  private mutating func link(_ address: String, _ html: String) -> String {
    guard let target = safeAddress(address) else {
      result.problems.append("a link leads nowhere: \(address)")
      return html
    }
    if isInHeading { return html }
    let isElsewhere = Self.scheme(of: address) != nil
    let relation = isElsewhere ? " rel=\"\(rules.relation)\"" : ""
    return "<a href=\"\(HTMLText.escaped(target))\"\(relation)>\(html)</a>"
  }

  /// http, https, mailto, or what `resolve` makes of an address without a scheme.
  private func safeAddress(_ address: String) -> String? {
    // Browsers drop control characters from addresses, and with them what separates a scheme.
    guard
      !address.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F || $0 == "\\" }
      )
    else { return nil }
    if let scheme = Self.scheme(of: address) {
      return ["http", "https", "mailto"].contains(scheme) ? address : nil
    }
    return address.hasPrefix("//") ? nil : rules.resolve(address)
  }

  private static func scheme(of address: String) -> String? {
    let head = address.prefix { !"/?#".contains($0) }
    return head.firstIndex(of: ":").map { head[..<$0].lowercased() }
  }

  private mutating func note(_ name: String) -> String {
    guard let number = noteNumbers[name] else { return HTMLText.escaped("[^\(name)]") }
    guard rules.hasAnchors, !isInHeading else { return "<sup>\(number)</sup>" }
    // The way back leads to the first place.
    let id = seenNotes.insert(name).inserted ? " id=\"noted-\(number)\"" : ""
    return "<sup class=\"footnote-mark\"\(id)><a href=\"#note-\(number)\">\(number)</a></sup>"
  }

  private mutating func reference(_ label: String, _ isInParentheses: Bool) -> String {
    guard let number = labels[label] else {
      result.problems.append("no equation has the label \(label)")
      return "<span class=\"unknown-tex\">\(HTMLText.escaped("\\eqref{\(label)}"))</span>"
    }
    let text = HTMLText.escaped(isInParentheses ? "(\(number))" : number)
    addText(text)
    if isInHeading { return text }
    return "<a class=\"reference\" href=\"#\(equationAnchor(label))\">\(text)</a>"
  }

  // MARK: Anchors and words

  /// A name for an element, which nothing else on the page has: `the-method`.
  private mutating func newAnchor(_ text: String) -> String {
    let plain = anchor(text)
    let base = plain.isEmpty ? "section" : plain
    var number = wishes[base, default: 0] + 1
    while !anchors.insert(number == 1 ? base : "\(base)-\(number)").inserted { number += 1 }
    wishes[base] = number
    return number == 1 ? base : "\(base)-\(number)"
  }

  /// Letters and digits, also Chinese ones, small; everything else is a hyphen.
  private func anchor(_ text: String) -> String {
    var name = ""
    for character in text.lowercased().prefix(60) {
      if character.isLetter || character.isNumber || character == "_" {
        name.append(character)
      } else if !name.isEmpty, name.last != "-" {
        name.append("-")
      }
    }
    if name.last == "-" { name.removeLast() }
    return name
  }

  private mutating func addText(_ text: String) {
    result.passages[result.passages.count - 1].text += text
  }

  private mutating func endText() { addText("\n") }
}
