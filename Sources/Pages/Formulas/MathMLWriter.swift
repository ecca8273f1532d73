import Reports

/// Reads a formula of TeX and writes it as MathML.
///
/// Covers what AMS-LaTeX papers use: fractions, roots, scripts and limits, `\left…\right`, matrices,
/// cases, aligned equations, arrays, accents, braces, text, operator names, spacing, colour. A command that
/// is not known is printed as its source in a marked span; nothing that can be written traps or throws.
/// Alignment of cells and boxes are left to the style sheet (classes), as browsers ignore `columnalign`.
struct MathMLWriter {
  var tokens: TeXTokens
  private var font = TeXFont.italic
  private var isFontGiven = false
  var depth = 0
  /// The `\tag` of the row of a table that is being read.
  var rowTag: String?
  /// What `\ref` and `\eqref` print for a label.
  private let reference: (String) -> String?

  /// Deeper nesting is printed as source: a stack has an end.
  static let deepest = 80

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
  enum Stop { case group, bracket }

  mutating func row(until stop: Stop = .group) -> [Node] {
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
      case .command(let name) where TeXFont.switches[name] != nil:
        _ = tokens.next()
        (font, isFontGiven) = (TeXFont.switches[name] ?? font, true)
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
  mutating func argument() -> String {
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

  mutating func option() -> String? {
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

  mutating func character(_ scalar: Unicode.Scalar, isArgument: Bool) -> Node {
    switch scalar {
    case "0"..."9":
      let rest = isArgument ? "" : tokens.restOfNumber()
      let digits = (String(scalar) + rest).unicodeScalars.map { font.letter($0) }
      return Node("<mn>\(String(scalars: digits))</mn>")
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

  func unknown(_ source: String) -> Node {
    source.isEmpty
      ? Node("") : Node("<mtext class=\"unknown-tex\">\(HTMLText.escaped(source))</mtext>")
  }

  // MARK: Commands

  mutating func command(_ name: String, start: Int) -> Node {
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
  mutating func words(_ name: String) -> Node? {
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
  mutating func text(_ source: String, style: String? = nil) -> String {
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
  static func plain(_ source: String) -> String {
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

  /// Commands that print nothing here.
  private mutating func ignored(_ name: String) -> Node? {
    switch name {
    case "label": _ = tokens.rawArgument()
    case "hspace", "kern", "mspace", "mkern", "hskip":
      if tokens.peek() == .character("*") { _ = tokens.next() }
      return space(Self.length(tokens.rawArgument()))
    case "nonumber", "notag", "hline", "strut", "relax", "noindent", "limits", "nolimits",
      "displaylimits", "tiny", "small", "normalsize", "large", "Large", "allowbreak", "nobreak",
      "centering":
      break
    case "require", "vspace", "cline": _ = tokens.rawArgument()
    case "#", "$", "%", "&", "_":
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
  static func color(_ source: String, attribute: String = "mathcolor") -> String {
    let name = source.filter { !$0.isWhitespace }
    let isName = (3...20).contains(name.count) && name.allSatisfy { $0.isASCII && $0.isLetter }
    let isCode =
      name.hasPrefix("#") && [4, 7].contains(name.count)
      && name.dropFirst().allSatisfy { $0.isASCII && $0.isHexDigit }
    return isName || isCode ? " \(attribute)=\"\(name.lowercased())\"" : ""
  }
}
