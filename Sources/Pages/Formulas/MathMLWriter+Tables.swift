import Reports

extension MathMLWriter {
  struct TableRow {
    var cells: [String] = []
    /// What its `\tag` says.
    var tag: String?
  }

  /// Rows of cells, until something else ends them.
  mutating func table() -> [TableRow] {
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

  mutating func environment(_ given: String) -> Node {
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

  static func table(
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
