extension MathMLWriter {
  /// A piece of a row: its markup, how it is spaced, where its scripts go.
  struct Node {
    enum Kind { case ordinary, function, operation, open, close, inner, space }

    /// Where scripts go: beside, below in displayed formulas only, below always.
    enum Scripts { case side, movable, stacked }

    var markup: String
    var kind: Kind
    var scripts: Scripts

    init(_ markup: some StringProtocol, _ kind: Kind = .ordinary, _ scripts: Scripts = .side) {
      self.markup = String(markup)
      self.kind = kind
      self.scripts = scripts
    }

    /// As one element.
    var wrapped: Node { Node("<mrow>\(markup)</mrow>", kind, scripts) }

    private static let signs: Set<String> = [
      "<mo>−</mo>", "<mo>+</mo>", "<mo>±</mo>", "<mo>∓</mo>",
    ]

    /// The pieces one after another. MathML spaces operators by itself, but not names of functions:
    /// TeX sets a thin space between them and what is no fence.
    static func joined(_ nodes: [Node]) -> String {
      var result = ""
      var before = Kind.space
      for (place, node) in nodes.enumerated() where !node.markup.isEmpty {
        let isThin =
          switch (before, node.kind) {
          case (.function, .ordinary), (.function, .function), (.function, .inner): true
          case (.ordinary, .function), (.close, .function), (.inner, .function): true
          default: false
          }
        if isThin { result += "<mspace width=\"0.1667em\"/>" }
        // A sign after another operator or a fence is no sum.
        let isSign =
          node.kind == .operation && (before == .open || before == .operation)
          && Self.signs.contains(node.markup)
        if isSign {
          result += "<mo form=\"prefix\" lspace=\"0\" rspace=\"0\">" + node.markup.dropFirst(4)
          before = node.kind
          continue
        }
        // An operator with nothing behind it, as in "10 ×", is no operator.
        let isAlone = place == nodes.count - 1 && node.kind == .operation && place > 0
        result +=
          isAlone && node.markup.hasPrefix("<mo>")
          ? "<mo lspace=\"0.1667em\" rspace=\"0\">" + node.markup.dropFirst(4) : node.markup
        before = node.kind
      }
      return result
    }
  }
}
