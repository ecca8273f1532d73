import Reports

extension MathMLWriter {
  /// Fractions, roots, stacks, boxes, environments.
  mutating func structure(_ name: String) -> Node? {
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
      // The frame's colour comes first.
      if name == "fcolorbox" { _ = tokens.rawArgument() }
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
  mutating func delimited(_ name: String) -> Node? {
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

  static func fenced(_ opening: String, _ inside: String, _ closing: String) -> String {
    func fence(_ text: String, _ form: String) -> String {
      text.isEmpty ? "" : "<mo stretchy=\"true\" fence=\"true\" form=\"\(form)\">\(text)</mo>"
    }
    return
      "<mrow>\(fence(opening, "prefix"))<mrow>\(inside)</mrow>\(fence(closing, "postfix"))</mrow>"
  }
}
