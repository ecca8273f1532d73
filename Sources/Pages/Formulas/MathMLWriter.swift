import Reports

/// Reads a formula of TeX and writes it as MathML.
///
/// Covers what AMS-LaTeX papers use: fractions, roots, scripts and limits, `\left…\right`, matrices,
/// cases, aligned equations, arrays, accents, braces, text, operator names, spacing, colour. A command that
/// is not known is printed as its source in a marked span; nothing that can be written traps or throws.
/// Alignment of cells and boxes are left to the style sheet (classes), as browsers ignore `columnalign`.
struct MathMLWriter {
  private var tokens: TeXTokens
  private var font = TeXFont.italic
  private var isFontGiven = false
  private var depth = 0
  /// The `\tag` of the row of a table that is being read.
  private var rowTag: String?
  /// What `\ref` and `\eqref` print for a label.
  private let reference: (String) -> String?

  /// Deeper nesting is printed as source: a stack has an end.
  private static let deepest = 80

  init(_ tex: String, reference: @escaping (String) -> String? = { _ in nil }) {
    tokens = TeXTokens(tex)
    self.reference = reference
  }

  /// A `<math>` element.
  static func element(
    _ tex: String, isDisplayed: Bool, reference: @escaping (String) -> String? = { _ in nil }
  ) -> String {
    var writer = MathMLWriter(tex, reference: reference)
    return "<math\(isDisplayed ? " display=\"block\"" : "")>\(writer.whole())</math>"
  }

  /// The whole formula as one row.
  mutating func whole() -> String {
    var nodes: [Node] = []
    while true {
      nodes += row()
      // What ends a row and has no beginning is shown as it is.
      let start = tokens.place
      guard tokens.next() != nil else { break }
      nodes.append(unknown(tokens.source(from: start)))
    }
    let tag = rowTag.map { "<mtext>\u{2003}(\(HTMLText.escaped($0)))</mtext>" } ?? ""
    return Node.joined(nodes) + tag
  }

  // MARK: Rows

  /// What ends a row besides its parent's end.
  private enum Stop { case group, bracket }

  private mutating func row(until stop: Stop = .group) -> [Node] {
    guard depth < Self.deepest else { return [unknown(tokens.rest())] }
    depth += 1
    let outer = (font, isFontGiven)
    defer {
      depth -= 1
      (font, isFontGiven) = outer
    }
    var nodes: [Node] = []
    while let token = tokens.peek() {
      switch token {
      case .close, .cell, .row, .command("end"), .command("right"), .command("cr"):
        return nodes
      case .character("]") where stop == .bracket: return nodes
      case .command("over"), .command("atop"), .command("choose"):
        _ = tokens.next()
        let below = Node.joined(row(until: stop))
        let above = Node.joined(nodes)
        let line = token == .command("over") ? "" : " linethickness=\"0\""
        let fraction = "<mfrac\(line)><mrow>\(above)</mrow><mrow>\(below)</mrow></mfrac>"
        return [
          Node(token == .command("choose") ? Self.fenced("(", fraction, ")") : fraction, .inner)
        ]
      case .command(let name) where Self.switches[name] != nil:
        _ = tokens.next()
        let style = Self.switches[name] ?? ""
        nodes.append(Node("<mstyle \(style)>\(Node.joined(row(until: stop)))</mstyle>"))
      case .command("color"):
        _ = tokens.next()
        let color = Self.color(tokens.rawArgument())
        // `\color{red}{x}` colours its second argument, `\color{red} x` the rest.
        if tokens.peek() == .open {
          nodes.append(Node("<mstyle\(color)>\(argument())</mstyle>"))
        } else {
          nodes.append(Node("<mstyle\(color)>\(Node.joined(row(until: stop)))</mstyle>"))
        }
      default:
        nodes.append(scripted())
      }
    }
    return nodes
  }

  private static let switches = [
    "displaystyle": "displaystyle=\"true\" scriptlevel=\"0\"",
    "textstyle": "displaystyle=\"false\" scriptlevel=\"0\"",
    "scriptstyle": "displaystyle=\"false\" scriptlevel=\"1\"",
    "scriptscriptstyle": "displaystyle=\"false\" scriptlevel=\"2\"",
  ]

  /// What a command's braces hold, or the one token after it.
  private mutating func argument() -> String {
    guard let token = tokens.peek() else { return "<mrow></mrow>" }
    switch token {
    case .open:
      _ = tokens.next()
      let nodes = row()
      if tokens.peek() == .close { _ = tokens.next() }
      return "<mrow>\(Node.joined(nodes))</mrow>"
    case .close, .cell, .row: return "<mrow></mrow>"
    default:
      guard depth < Self.deepest else { return unknown(tokens.rest()).markup }
      depth += 1
      defer { depth -= 1 }
      return atom(isArgument: true).markup
    }
  }

  private mutating func option() -> String? {
    guard tokens.peek() == .character("[") else { return nil }
    _ = tokens.next()
    let nodes = row(until: .bracket)
    if tokens.peek() == .character("]") { _ = tokens.next() }
    return "<mrow>\(Node.joined(nodes))</mrow>"
  }

  // MARK: Scripts

  /// An atom with what stands above and below it.
  private mutating func scripted() -> Node {
    // A script without a base hangs on nothing.
    let hasBase = tokens.peek() != .upper && tokens.peek() != .lower
    var base = hasBase ? atom() : Node("<mrow></mrow>")
    loop: while let token = tokens.peek() {
      switch token {
      case .command("limits"): base.scripts = .stacked
      case .command("nolimits"): base.scripts = .side
      case .command("displaylimits"): base.scripts = .movable
      default: break loop
      }
      _ = tokens.next()
    }
    var above: String?
    var below: String?
    var primes = 0
    loop: while let token = tokens.peek() {
      switch token {
      case .upper where above == nil:
        _ = tokens.next()
        above = argument()
      case .lower where below == nil:
        _ = tokens.next()
        below = argument()
      case .character("'"):
        _ = tokens.next()
        primes += 1
      default: break loop
      }
    }
    if primes > 0 {
      let marks = "<mo lspace=\"0\" rspace=\"0\">\(Self.primes[min(primes, 4) - 1])</mo>"
      above = above.map { "<mrow>\(marks)\($0)</mrow>" } ?? marks
    }
    guard above != nil || below != nil else { return base }
    let isStacked = base.scripts != .side
    let name =
      switch (below != nil, above != nil) {
      case (true, true): isStacked ? "munderover" : "msubsup"
      case (true, false): isStacked ? "munder" : "msub"
      default: isStacked ? "mover" : "msup"
      }
    var result = base
    result.markup = "<\(name)>\(base.markup)\(below ?? "")\(above ?? "")</\(name)>"
    result.scripts = .side
    return result
  }

  private static let primes = ["′", "″", "‴", "⁗"]

  // MARK: Atoms

  /// One symbol or one command with its arguments.
  private mutating func atom(isArgument: Bool = false) -> Node {
    let start = tokens.place
    guard let token = tokens.next() else { return Node("<mrow></mrow>") }
    switch token {
    case .open:
      let nodes = row()
      if tokens.peek() == .close { _ = tokens.next() }
      return nodes.count == 1 ? nodes[0] : Node("<mrow>\(Node.joined(nodes))</mrow>")
    case .character(let scalar): return character(scalar, isArgument: isArgument)
    case .command(let name): return command(name, start: start)
    case .close, .cell, .row, .upper, .lower: return unknown(tokens.source(from: start))
    }
  }

  private mutating func character(_ scalar: Unicode.Scalar, isArgument: Bool) -> Node {
    switch scalar {
    case "0"..."9":
      let rest = isArgument ? "" : tokens.restOfNumber()
      let digits = (String(scalar) + rest).unicodeScalars.map { font.letter($0) }
      return Node("<mn>\(String(String.UnicodeScalarView(digits)))</mn>")
    case "a"..."z", "A"..."Z": return letter(scalar)
    case "(", "[": return Node("<mo stretchy=\"false\">\(scalar)</mo>", .open)
    case ")", "]": return Node("<mo stretchy=\"false\">\(scalar)</mo>", .close)
    case "|": return Node("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">|</mo>")
    case "/": return Node("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">/</mo>")
    case "-": return Node("<mo>−</mo>", .operation)
    case "*": return Node("<mo>∗</mo>", .operation)
    case "+": return Node("<mo>+</mo>", .operation)
    case "<": return Node("<mo>&lt;</mo>", .operation)
    case ">": return Node("<mo>&gt;</mo>", .operation)
    case "=", ":": return Node("<mo>\(scalar)</mo>", .operation)
    case ",", ";": return Node("<mo separator=\"true\">\(scalar)</mo>", .operation)
    case ".": return Node("<mo lspace=\"0\" rspace=\"0\">.</mo>")
    case "!": return Node("<mo lspace=\"0\" rspace=\"0\">!</mo>", .close)
    case "?": return Node("<mo lspace=\"0\" rspace=\"0\">?</mo>", .close)
    case "~": return Node("<mspace width=\"0.25em\"/>")
    default:
      let text = HTMLText.escaped(String(scalar))
      let isLetter = scalar.properties.isAlphabetic
      // Characters outside formulas' fonts, Chinese ones above all, are text.
      if isLetter, scalar.value >= 0x2E80, scalar.value < 0x1D000 {
        return Node("<mtext>\(text)</mtext>")
      }
      if isLetter { return letter(scalar) }
      return scalar.properties.isMath
        ? Node("<mo>\(text)</mo>", .operation) : Node("<mtext>\(text)</mtext>")
    }
  }

  private func letter(_ scalar: Unicode.Scalar) -> Node {
    if font == .upright { return Node("<mi mathvariant=\"normal\">\(scalar)</mi>") }
    return Node("<mi>\(font.letter(scalar))</mi>")
  }

  private func unknown(_ source: String) -> Node {
    source.isEmpty
      ? Node("") : Node("<mtext class=\"unknown-tex\">\(HTMLText.escaped(source))</mtext>")
  }

  // MARK: Commands

  private mutating func command(_ name: String, start: Int) -> Node {
    if let symbol = TeXSymbols.byName[name] { return self.symbol(symbol) }
    if let takesLimits = TeXSymbols.functions[name] {
      let text = Self.functionNames[name] ?? name
      return takesLimits
        ? Node(
          "<mo movablelimits=\"true\" lspace=\"0\" rspace=\"0\">\(text)</mo>", .function, .movable)
        : Node("<mi>\(text)</mi>", .function)
    }
    if let width = TeXSymbols.spaces[name] { return space(width) }
    if let accent = TeXSymbols.accents[name] {
      return accented(accent, isLine: name.hasSuffix("line"))
    }
    if let font = TeXFont.commands[name] { return fonted(font) }
    if let words = words(name) { return words }
    if let structure = structure(name) { return structure }
    if let delimited = delimited(name) { return delimited }
    if let ignored = ignored(name) { return ignored }
    return unknown(tokens.source(from: start))
  }

  private static let functionNames = [
    "liminf": "lim inf", "limsup": "lim sup", "argmax": "arg max", "argmin": "arg min",
  ]

  private func symbol(_ symbol: TeXSymbols.Symbol) -> Node {
    let text = HTMLText.escaped(symbol.text)
    switch symbol.kind {
    case .identifier:
      let isCapital =
        symbol.text.unicodeScalars.first.map { (0x391...0x3A9).contains($0.value) } ?? false
      if isFontGiven, let scalar = symbol.text.unicodeScalars.first, font.letter(scalar) != scalar {
        return Node("<mi>\(font.letter(scalar))</mi>")
      }
      return Node(
        isCapital || "∞∅∇".contains(symbol.text)
          ? "<mi mathvariant=\"normal\">\(text)</mi>" : "<mi>\(text)</mi>")
    case .plain: return Node("<mi mathvariant=\"normal\">\(text)</mi>")
    case .binary: return Node("<mo>\(text)</mo>", .operation)
    case .relation:
      // Relations that dictionaries of operators take for fences or letters.
      let space =
        "∣∥:⊥⊢⊣⊨".contains(symbol.text)
        ? " lspace=\"0.2778em\" rspace=\"0.2778em\" stretchy=\"false\"" : ""
      return Node("<mo\(space)>\(text)</mo>", .operation)
    case .arrow: return Node("<mo stretchy=\"false\">\(text)</mo>", .operation)
    case .punctuation: return Node("<mo separator=\"true\">\(text)</mo>", .operation)
    case .open: return Node("<mo stretchy=\"false\" form=\"prefix\">\(text)</mo>", .open)
    case .close: return Node("<mo stretchy=\"false\" form=\"postfix\">\(text)</mo>", .close)
    case .largeOperator:
      return Node("<mo movablelimits=\"true\">\(text)</mo>", .operation, .movable)
    case .integral: return Node("<mo>\(text)</mo>", .operation)
    }
  }

  private func space(_ width: Double) -> Node { Node("<mspace width=\"\(width)em\"/>", .space) }

  private mutating func accented(
    _ accent: (character: String, stretches: Bool, isBelow: Bool), isLine: Bool
  ) -> Node {
    let base = argument()
    if isLine {
      // A border meets the whole width; a stretched character does not in every font.
      return Node("<mrow class=\"\(accent.isBelow ? "underlined" : "overlined")\">\(base)</mrow>")
    }
    let mark = "<mo stretchy=\"\(accent.stretches)\">\(accent.character)</mo>"
    let isBrace = "⏞⏟⎴⎵⏜⏝".contains(accent.character)
    return accent.isBelow
      ? Node(
        "<munder accentunder=\"true\">\(base)\(mark)</munder>", .ordinary,
        isBrace ? .stacked : .side)
      : Node("<mover accent=\"true\">\(base)\(mark)</mover>", .ordinary, isBrace ? .stacked : .side)
  }

  private mutating func fonted(_ new: TeXFont) -> Node {
    let outer = (font, isFontGiven)
    (font, isFontGiven) = (new, true)
    defer { (font, isFontGiven) = outer }
    // A word of upright letters is one name, not letters side by side.
    if new == .upright, tokens.peek() == .open {
      var ahead = tokens
      let text = ahead.rawArgument()
      if text.count > 1, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
        tokens = ahead
        return Node("<mi>\(text)</mi>")
      }
    }
    return Node(argument())
  }

  /// Commands whose argument is words.
  private mutating func words(_ name: String) -> Node? {
    switch name {
    case "text", "textrm", "textnormal", "mbox", "hbox", "textsf", "textup":
      return Node(text(tokens.rawArgument()))
    case "textbf": return Node(text(tokens.rawArgument(), style: "font-weight:bold"))
    case "textit", "emph": return Node(text(tokens.rawArgument(), style: "font-style:italic"))
    case "texttt": return Node(text(tokens.rawArgument(), style: "font-family:var(--mono)"))
    case "operatorname", "operatornamewithlimits":
      var hasLimits = name != "operatorname"
      if tokens.peek() == .character("*") {
        _ = tokens.next()
        hasLimits = true
      }
      let words = HTMLText.escaped(Self.plain(tokens.rawArgument()))
      return hasLimits
        ? Node(
          "<mo movablelimits=\"true\" lspace=\"0\" rspace=\"0\">\(words)</mo>", .function, .movable)
        : Node("<mi>\(words)</mi>", .function)
    case "ref", "eqref":
      let label = tokens.rawArgument()
      guard let number = reference(label) else { return unknown("\\\(name){\(label)}") }
      return Node("<mtext>\(HTMLText.escaped(name == "ref" ? number : "(\(number))"))</mtext>")
    case "tag":
      if tokens.peek() == .character("*") { _ = tokens.next() }
      rowTag = Self.plain(tokens.rawArgument())
      return Node("")
    default: return nil
    }
  }

  /// `\text`: words as they are, formulas between dollars.
  private mutating func text(_ source: String, style: String? = nil) -> String {
    let attribute = style.map { " style=\"\($0)\"" } ?? ""
    guard depth < Self.deepest else { return unknown(source).markup }
    var result = ""
    for (index, part) in source.split(separator: "$", omittingEmptySubsequences: false).enumerated()
    {
      if part.isEmpty { continue }
      if index % 2 == 1 {
        var inner = MathMLWriter(String(part), reference: reference)
        inner.depth = depth + 1
        result += "<mrow>\(inner.whole())</mrow>"
      } else {
        // Spaces at an end of an element would be dropped.
        let words = HTMLText.escaped(Self.plain(String(part))).replacing(" ", with: "\u{a0}")
        result += "<mtext\(attribute)>\(words)</mtext>"
      }
    }
    return "<mrow>\(result)</mrow>"
  }

  /// The source of a text without the backslashes of `\_`, `\ ` and braces.
  private static func plain(_ source: String) -> String {
    var result = ""
    var isEscaped = false
    for character in source {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else if isEscaped || !"{}".contains(character) {
        if isEscaped, ",;:!".contains(character) {
          result += character == "!" ? "" : " "
        } else {
          result.append(character)
        }
        isEscaped = false
      }
    }
    return result
  }

  /// Fractions, roots, stacks, boxes, environments.
  private mutating func structure(_ name: String) -> Node? {
    switch name {
    case "frac": return Node("<mfrac>\(argument())\(argument())</mfrac>", .inner)
    case "dfrac", "cfrac":
      if name == "cfrac" { _ = tokens.rawOption() }
      return Node(
        "<mstyle displaystyle=\"true\" scriptlevel=\"0\"><mfrac>\(argument())\(argument())</mfrac></mstyle>",
        .inner)
    case "tfrac":
      return Node(
        "<mstyle displaystyle=\"false\" scriptlevel=\"0\"><mfrac>\(argument())\(argument())</mfrac></mstyle>",
        .inner)
    case "binom", "dbinom", "tbinom":
      return Node(
        Self.fenced("(", "<mfrac linethickness=\"0\">\(argument())\(argument())</mfrac>", ")"),
        .inner)
    case "sqrt":
      if let degree = option() { return Node("<mroot>\(argument())\(degree)</mroot>") }
      return Node("<msqrt>\(argument())</msqrt>")
    case "overset", "stackrel":
      let above = argument()
      return Node("<mover>\(argument())\(above)</mover>", .operation)
    case "underset":
      let below = argument()
      return Node("<munder>\(argument())\(below)</munder>", .operation)
    case "xrightarrow", "xleftarrow", "xleftrightarrow", "xRightarrow", "xLeftarrow", "xmapsto":
      let below = option()
      let above = argument()
      let arrow = [
        "xrightarrow": "→", "xleftarrow": "←", "xleftrightarrow": "↔", "xRightarrow": "⇒",
        "xLeftarrow": "⇐", "xmapsto": "↦",
      ][name, default: "→"]
      let base = "<mo stretchy=\"true\" minsize=\"1.8em\">\(arrow)</mo>"
      func padded(_ markup: String) -> String {
        "<mpadded width=\"+0.8em\" lspace=\"0.4em\">\(markup)</mpadded>"
      }
      if let below {
        return Node("<munderover>\(base)\(padded(below))\(padded(above))</munderover>", .operation)
      }
      return Node("<mover>\(base)\(padded(above))</mover>", .operation)
    case "substack":
      guard tokens.peek() == .open else { return Node(argument()) }
      _ = tokens.next()
      let rows = table()
      if tokens.peek() == .close { _ = tokens.next() }
      return Node(Self.table(rows, style: "small") { _ in "" })
    case "boxed", "fbox":
      return Node(
        "<mrow class=\"boxed\">\(name == "fbox" ? text(tokens.rawArgument()) : argument())</mrow>")
    case "cancel", "bcancel", "xcancel":
      return Node("<mrow class=\"cancelled\">\(argument())</mrow>")
    case "phantom", "hphantom", "vphantom": return Node("<mphantom>\(argument())</mphantom>")
    case "smash", "mathstrut": return name == "smash" ? Node(argument()) : Node("")
    case "textcolor":
      let color = Self.color(tokens.rawArgument())
      return Node("<mstyle\(color)>\(argument())</mstyle>")
    case "colorbox", "fcolorbox":
      let color = Self.color(tokens.rawArgument(), attribute: "mathbackground")
      return Node("<mrow><mstyle\(color)>\(text(tokens.rawArgument()))</mstyle></mrow>")
    case "mathop":
      return Node(argument(), .function, .movable)
    case "mathrel", "mathbin":
      return Node("<mspace width=\"0.25em\"/>\(argument())<mspace width=\"0.25em\"/>").wrapped
    case "mathord", "mathopen", "mathclose", "mathpunct", "mathinner":
      return Node(argument())
    case "not":
      let base = argument()
      // The stroke goes into the element, after its character.
      guard let end = base.range(of: "</", options: .backwards) else {
        return Node(base, .operation)
      }
      return Node(base[..<end.lowerBound] + "\u{338}" + base[end.lowerBound...], .operation)
    case "bmod": return Node("<mo lspace=\"0.2222em\" rspace=\"0.2222em\">mod</mo>", .operation)
    case "pmod", "pod":
      let words = name == "pmod" ? "<mi>mod</mi><mspace width=\"0.333em\"/>" : ""
      return Node(
        "<mrow><mspace width=\"0.444em\"/><mo stretchy=\"false\">(</mo>\(words)\(argument())<mo stretchy=\"false\">)</mo></mrow>"
      )
    case "mod":
      return Node("<mspace width=\"0.444em\"/><mi>mod</mi><mspace width=\"0.333em\"/>\(argument())")
        .wrapped
    case "begin": return environment(tokens.rawArgument())
    default: return nil
    }
  }

  /// Fences: `\left…\right`, `\big` and its kin.
  private mutating func delimited(_ name: String) -> Node? {
    switch name {
    case "left":
      let opening = delimiter()
      var inside: [Node] = row()
      while tokens.peek() == .cell || tokens.peek() == .row {
        // A break inside fences is no TeX; it is shown, and what follows still is inside.
        let start = tokens.place
        _ = tokens.next()
        inside.append(unknown(tokens.source(from: start)))
        inside += row()
      }
      var closing = ""
      if tokens.peek() == .command("right") {
        _ = tokens.next()
        closing = delimiter()
      }
      return Node(Self.fenced(opening, Node.joined(inside), closing), .inner)
    case "middle":
      return Node(
        "<mo stretchy=\"true\" fence=\"true\" lspace=\"0.15em\" rspace=\"0.15em\">\(delimiter())</mo>"
      )
    case "|": return Node("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">‖</mo>")
    case "Vert": return Node("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">‖</mo>")
    case "vert": return Node("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">|</mo>")
    case "backslash": return Node("<mo lspace=\"0\" rspace=\"0\">\\</mo>")
    default:
      let size = name.last.map { "lrm".contains($0) } == true ? String(name.dropLast()) : name
      guard let height = ["big": 1.2, "Big": 1.8, "bigg": 2.4, "Bigg": 3.0][size] else {
        return nil
      }
      let kind: Node.Kind = name.hasSuffix("l") ? .open : name.hasSuffix("r") ? .close : .ordinary
      return Node(
        "<mo stretchy=\"true\" symmetric=\"true\" minsize=\"\(height)em\" maxsize=\"\(height)em\" "
          + "lspace=\"0\" rspace=\"0\">\(delimiter())</mo>", kind)
    }
  }

  private mutating func delimiter() -> String {
    let start = tokens.place
    guard tokens.next() != nil else { return "" }
    let source = tokens.source(from: start).filter { !$0.isWhitespace }
    return HTMLText.escaped(TeXSymbols.delimiter(source) ?? source)
  }

  private static func fenced(_ opening: String, _ inside: String, _ closing: String) -> String {
    func fence(_ text: String, _ form: String) -> String {
      text.isEmpty ? "" : "<mo stretchy=\"true\" fence=\"true\" form=\"\(form)\">\(text)</mo>"
    }
    return
      "<mrow>\(fence(opening, "prefix"))<mrow>\(inside)</mrow>\(fence(closing, "postfix"))</mrow>"
  }

  /// Commands that print nothing here.
  private mutating func ignored(_ name: String) -> Node? {
    switch name {
    case "label": _ = tokens.rawArgument()
    case "hspace", "kern", "mspace", "mkern", "hskip":
      if tokens.peek() == .character("*") { _ = tokens.next() }
      return space(Self.length(tokens.rawArgument()))
    case "nonumber", "notag", "hline", "strut", "relax", "noindent", "rm", "limits", "nolimits",
      "displaylimits", "tiny", "small", "normalsize", "large", "Large", "allowbreak", "nobreak",
      "centering":
      break
    case "require", "vspace", "cline": _ = tokens.rawArgument()
    case "{", "}", "#", "$", "%", "&", "_":
      return Node("<mi mathvariant=\"normal\">\(HTMLText.escaped(name))</mi>")
    default: return nil
    }
    return Node("")
  }

  /// A length in em: `3pt`, `1em`, `18mu`.
  private static func length(_ source: String) -> Double {
    let number = Double(source.prefix { $0.isNumber || ".-+".contains($0) }) ?? 0
    let unit = source.drop { $0.isNumber || ".-+ ".contains($0) }
    let factor =
      switch unit.prefix(2) {
      case "mu": 1.0 / 18
      case "pt": 0.1
      case "ex": 0.43
      case "px": 1.0 / 16
      case "cm": 2.8
      case "mm": 0.28
      default: 1.0
      }
    return max(-4, min(20, number * factor))
  }

  /// An attribute for a colour of HTML or `#rgb`; nothing for what is none.
  private static func color(_ source: String, attribute: String = "mathcolor") -> String {
    let name = source.filter { !$0.isWhitespace }
    let isName = (3...20).contains(name.count) && name.allSatisfy { $0.isASCII && $0.isLetter }
    let isCode =
      name.hasPrefix("#") && [4, 7].contains(name.count)
      && name.dropFirst().allSatisfy { $0.isASCII && $0.isHexDigit }
    return isName || isCode ? " \(attribute)=\"\(name.lowercased())\"" : ""
  }

  // MARK: Tables

  private struct TableRow {
    var cells: [String] = []
    /// What its `\tag` says.
    var tag: String?
  }

  /// Rows of cells, until something else ends them.
  private mutating func table() -> [TableRow] {
    var rows = [TableRow()]
    let outerTag = rowTag
    defer { rowTag = outerTag }
    while true {
      rowTag = nil
      rows[rows.count - 1].cells.append(Node.joined(row()))
      if let rowTag { rows[rows.count - 1].tag = rowTag }
      switch tokens.peek() {
      case .cell: _ = tokens.next()
      case .row, .command("cr"):
        _ = tokens.next()
        _ = tokens.rawOption()
        rows.append(TableRow())
      default:
        if rows.count > 1, let last = rows.last, last.cells == [""], last.tag == nil {
          rows.removeLast()
        }
        return rows
      }
    }
  }

  private mutating func environment(_ given: String) -> Node {
    let name = given.hasSuffix("*") ? String(given.dropLast()) : given
    var columns: [String] = []
    if name == "array" || name == "subarray" || name == "alignat" || name == "alignedat" {
      _ = tokens.rawOption()
      columns = tokens.rawArgument().compactMap { ["l": "left", "c": "", "r": "right"][$0] }
    } else if name != "gathered", name != "matrix" {
      if tokens.peek() == .character("["), name == "aligned" { _ = tokens.rawOption() }
    }
    guard depth < Self.deepest else { return unknown(tokens.rest()) }
    let rows = table()
    if tokens.peek() == .command("end") {
      _ = tokens.next()
      _ = tokens.rawArgument()
    }
    let plain = { (column: Int) in "" }
    switch name {
    case "matrix": return Node(Self.table(rows, class: plain), .inner)
    case "smallmatrix": return Node(Self.table(rows, style: "small", class: plain), .inner)
    case "pmatrix": return Node(Self.fenced("(", Self.table(rows, class: plain), ")"), .inner)
    case "bmatrix": return Node(Self.fenced("[", Self.table(rows, class: plain), "]"), .inner)
    case "Bmatrix": return Node(Self.fenced("{", Self.table(rows, class: plain), "}"), .inner)
    case "vmatrix": return Node(Self.fenced("|", Self.table(rows, class: plain), "|"), .inner)
    case "Vmatrix": return Node(Self.fenced("‖", Self.table(rows, class: plain), "‖"), .inner)
    case "cases", "dcases":
      return Node(Self.fenced("{", Self.table(rows, style: "cases") { _ in "left" }, ""), .inner)
    case "rcases":
      return Node(Self.fenced("", Self.table(rows, style: "cases") { _ in "left" }, "}"), .inner)
    case "array", "subarray":
      return Node(
        Self.table(rows) { columns.indices.contains($0) ? columns[$0] : "" }, .inner)
    case "aligned", "align", "alignat", "alignedat", "split", "eqnarray", "flalign":
      // Each second column begins a new pair.
      return Node(
        Self.table(rows, style: "aligned", isDisplayed: true) { column in
          name == "eqnarray"
            ? ["right", "", "left"][min(column, 2)]
            : column % 2 == 1 ? "left" : column == 0 ? "right" : "right gap"
        }, .inner)
    case "gathered", "gather", "multline", "equation", "displaymath":
      if rows.count == 1, rows[0].cells.count == 1, rows[0].tag == nil {
        return Node("<mrow>\(rows[0].cells[0])</mrow>")
      }
      return Node(Self.table(rows, style: "aligned", isDisplayed: true, class: plain), .inner)
    default:
      let inside = rows.map { $0.cells.joined() }.joined()
      return Node(
        "<mrow>\(unknown("\\begin{\(given)}").markup)\(inside)\(unknown("\\end{\(given)}").markup)</mrow>"
      )
    }
  }

  private static func table(
    _ rows: [TableRow], style: String = "", isDisplayed: Bool = false,
    class name: (_ column: Int) -> String
  ) -> String {
    let columns = rows.map(\.cells.count).max() ?? 0
    let hasTags = rows.contains { $0.tag != nil }
    let body = rows.map { row in
      var cells = row.cells.enumerated().map { column, cell in
        let name = name(column)
        return "<mtd\(name.isEmpty ? "" : " class=\"\(name)\"")>\(cell)</mtd>"
      }
      if hasTags {
        cells += [String](repeating: "<mtd></mtd>", count: columns - row.cells.count)
        let tag = row.tag.map { "<mtext>(\(HTMLText.escaped($0)))</mtext>" } ?? ""
        cells.append("<mtd class=\"tag\">\(tag)</mtd>")
      }
      return "<mtr>\(cells.joined())</mtr>"
    }
    let attributes =
      (style.isEmpty ? "" : " class=\"\(style)\"") + (isDisplayed ? " displaystyle=\"true\"" : "")
    return "<mtable\(attributes)>\(body.joined())</mtable>"
  }
}
