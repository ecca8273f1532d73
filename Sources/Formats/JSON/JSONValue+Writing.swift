extension JSONValue {
  /// The document as text: on one line, or over several with two spaces of indentation.
  ///
  /// Numbers are written with the fewest digits that read back to the same `Double`.
  public func text(pretty: Bool = false) -> String {
    var text = ""
    write(to: &text, indentation: pretty ? 0 : nil)
    return text
  }

  static func name(ofNonFinite value: Double) -> String? {
    if value.isFinite { return nil }
    return value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
  }

  private func write(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += value.description
    case .number(let value):
      if let name = Self.name(ofNonFinite: value) {
        text += JSONText.quoted(name)
      } else {
        text += value.description
      }
    case .string(let value): text += JSONText.quoted(value)
    case .array(let values):
      Self.writeList(values, in: ("[", "]"), to: &text, indentation) { value, text, inner in
        value.write(to: &text, indentation: inner)
      }
    case .object(let members):
      Self.writeList(members, in: ("{", "}"), to: &text, indentation) { member, text, inner in
        text += JSONText.quoted(member.key)
        text += inner == nil ? ":" : ": "
        member.value.write(to: &text, indentation: inner)
      }
    }
  }

  private static func writeList<Item>(
    _ items: [Item], in brackets: (String, String), to text: inout String, _ indentation: Int?,
    _ writeItem: (Item, inout String, Int?) -> Void
  ) {
    text += brackets.0
    let inner = indentation.map { $0 + 2 }
    for (index, item) in items.enumerated() {
      if index > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      writeItem(item, &text, inner)
    }
    if let indentation, !items.isEmpty {
      text += "\n" + String(repeating: " ", count: indentation)
    }
    text += brackets.1
  }
}
