/// A displayed formula's source taken apart: its environment, and of each row its labels and its tag.
struct EquationSource {
  struct Row {
    /// Without `\label`, `\tag` and `\nonumber`.
    var tex: String
    var labels: [String] = []
    var tag: String?
    var isNumbered: Bool
  }

  /// `align`, without a star; `nil` for `$$…$$`.
  let environment: String?
  /// What stands after `\begin{alignat}`: `{2}`.
  private let argument: String
  var rows: [Row]

  /// `$$…$$` has a number only if it has a label or a tag, environments of AMS-LaTeX unless they are
  /// starred.
  init(_ source: String) {
    var tokens = TeXTokens(source)
    var name: String?
    var argument = ""
    if tokens.peek() == .command("begin") {
      _ = tokens.next()
      name = tokens.rawArgument()
      if name?.hasPrefix("alignat") == true { argument = "{\(tokens.rawArgument())}" }
    }
    let plain = name.map { $0.hasSuffix("*") ? String($0.dropLast()) : $0 }
    let ownsNumbers = plain.map(Self.numbered.contains) ?? false
    let isByRow = plain.map(Self.numberedByRow.contains) ?? false
    let isNumbered = ownsNumbers && name?.hasSuffix("*") == false
    rows = [Row(tex: "", isNumbered: isNumbered)]
    var depth = 0
    while true {
      // Before the spaces, which separate a command from a letter.
      let start = tokens.place
      guard let token = tokens.next() else { break }
      let end = rows.count - 1
      switch token {
      case .command("label"): rows[end].labels.append(tokens.rawArgument())
      case .command("tag"):
        if tokens.peek() == .character("*") { _ = tokens.next() }
        rows[end].tag = tokens.rawArgument()
      case .command("nonumber"), .command("notag"): rows[end].isNumbered = false
      case .command("end") where depth == 0 && ownsNumbers: _ = tokens.rawArgument()
      case .row where depth == 0 && isByRow:
        _ = tokens.rawOption()
        rows.append(Row(tex: "", isNumbered: isNumbered))
      default:
        switch token {
        case .command("begin"), .open: depth += 1
        case .command("end"), .close: depth -= 1
        default: break
        }
        rows[end].tex += tokens.source(from: start)
      }
    }
    if rows.count > 1, rows[rows.count - 1].tex.allSatisfy(\.isWhitespace) { rows.removeLast() }
    for index in rows.indices where !rows[index].labels.isEmpty || rows[index].tag != nil {
      rows[index].isNumbered = true
    }
    if ownsNumbers {
      environment = plain
    } else {
      environment = nil
      // Not one that has numbers: it is part of the formula.
      if let name { rows[0].tex = "\\begin{\(name)}\(argument)\(rows[0].tex)" }
    }
    self.argument = ownsNumbers ? argument : ""
  }

  private static let numberedByRow: Set<String> = [
    "align", "gather", "eqnarray", "alignat", "flalign",
  ]
  private static let numbered: Set<String> = numberedByRow.union(["equation", "multline"])

  /// What is set, the number of a single equation left out: it stands beside the formula. The rows of
  /// several have their tags.
  var tex: String {
    guard let environment, environment != "equation" else { return rows[0].tex }
    if rows.count == 1 {
      let inner = environment == "gather" || environment == "multline" ? "gathered" : "aligned"
      return "\\begin{\(inner)}\(rows[0].tex)\\end{\(inner)}"
    }
    let body = rows.map { $0.tex + ($0.tag.map { "\\tag{\($0)}" } ?? "") }
    return
      "\\begin{\(environment)*}\(argument)\(body.joined(separator: " \\\\ "))\\end{\(environment)*}"
  }
}

/// The numbers of a page's equations, and which label has which.
struct EquationNumbers {
  private(set) var byLabel: [String: String] = [:]
  private var last = 0

  /// Gives the rows that are numbered their tags.
  mutating func number(_ equation: inout EquationSource) {
    for index in equation.rows.indices where equation.rows[index].isNumbered {
      if equation.rows[index].tag == nil {
        last += 1
        equation.rows[index].tag = String(last)
      }
      for label in equation.rows[index].labels { byLabel[label] = equation.rows[index].tag }
    }
  }
}
