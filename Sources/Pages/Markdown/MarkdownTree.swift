/// A text of Markdown as a tree.
struct MarkdownTree: Sendable {
  var blocks: [Block]
  /// The notes in the order in which the text refers to them first.
  var footnotes: [(name: String, blocks: [Block])]

  indirect enum Block: Sendable {
    case heading(level: Int, [Inline])
    case paragraph([Inline])
    case code(language: String, String)
    case quote([Block])
    /// `start` is `nil` for a list without numbers. In a tight list items are not paragraphs.
    case list(start: Int?, items: [[Block]], isTight: Bool)
    case table(alignments: [Alignment], header: [[Inline]], rows: [[[Inline]]])
    /// A displayed formula: its source, with `\begin…\end` where it is an environment.
    case formula(String)
    case rule
  }

  indirect enum Inline: Sendable {
    case text(String)
    case emphasis([Inline])
    case strong([Inline])
    case code(String)
    case link(address: String, [Inline])
    case image(address: String, description: String)
    case formula(String)
    case displayedFormula(String)
    case footnote(String)
    /// `\eqref{label}` (in parentheses) or `\ref{label}`.
    case reference(label: String, isInParentheses: Bool)
    case lineBreak
  }

  enum Alignment: Sendable { case none, left, center, right }

  init(_ text: String) { self.init(ArraySlice(text.utf8)) }

  /// Bytes that are no UTF-8 become `�` in the end.
  init(_ text: ArraySlice<UInt8>) {
    var reader = MarkdownBlockReader()
    blocks = reader.blocks(text, depth: 0)
    var notes = reader.notes
    footnotes = []
    // A note that nothing refers to is not printed; notes may refer to notes.
    func visit(_ name: String) {
      guard let blocks = notes.removeValue(forKey: name) else { return }
      footnotes.append((name, blocks))
      for block in blocks { Self.visitNotes(block, visit) }
    }
    for block in blocks { Self.visitNotes(block, visit) }
  }

  private static func visitNotes(_ block: Block, _ visit: (String) -> Void) {
    switch block {
    case .heading(_, let inlines), .paragraph(let inlines): visitNotes(inlines, visit)
    case .quote(let blocks):
      for block in blocks { visitNotes(block, visit) }
    case .list(_, let items, _):
      for block in items.joined() { visitNotes(block, visit) }
    case .table(_, let header, let rows):
      for cell in header + rows.joined() { visitNotes(cell, visit) }
    case .code, .formula, .rule: break
    }
  }

  private static func visitNotes(_ inlines: [Inline], _ visit: (String) -> Void) {
    for inline in inlines {
      switch inline {
      case .footnote(let name): visit(name)
      case .emphasis(let inside), .strong(let inside), .link(_, let inside):
        visitNotes(inside, visit)
      default: break
      }
    }
  }
}

extension [MarkdownTree.Inline] {
  /// The words alone, formulas as their source.
  var plainText: String {
    var text = ""
    for inline in self {
      switch inline {
      case .text(let words), .code(let words), .formula(let words), .displayedFormula(let words):
        text += words
      case .emphasis(let inside), .strong(let inside), .link(_, let inside):
        text += inside.plainText
      case .image(_, let description): text += description
      case .reference, .footnote: break
      case .lineBreak: text += " "
      }
    }
    return text
  }
}
