import Messages

extension ModelSpecification {
  /// Reads what `text` writes: `svm`, `logistic(C=10)`, `stacking(svm(C=0.5), forest(trees=200))`.
  ///
  /// Throws `OptionError`, naming the nearest model, for what is none.
  public init(parsing text: String) throws(OptionError) {
    var parser = SpecificationParser(text)
    self = try parser.specification()
    guard parser.isAtEnd else { throw parser.failure("ends before '\(parser.rest)'") }
  }
}

private struct SpecificationParser {
  private let text: String
  private var position: String.Index

  init(_ text: String) {
    self.text = text
    position = text.startIndex
  }

  var rest: String { String(text[position...].prefix(20)) }
  var isAtEnd: Bool { position == text.endIndex }

  func failure(_ problem: String) -> OptionError {
    OptionError(
      "model",
      "'\(text)' \(problem); one such as svm, logistic(C=10) or stacking(svm, forest) was expected")
  }

  private mutating func skipSpaces() {
    while position < text.endIndex, text[position] == " " { position = text.index(after: position) }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpaces()
    guard position < text.endIndex, text[position] == character else { return false }
    position = text.index(after: position)
    skipSpaces()
    return true
  }

  private mutating func word() -> String {
    skipSpaces()
    let start = position
    while position < text.endIndex, !"(),= ".contains(text[position]) {
      position = text.index(after: position)
    }
    let word = String(text[start..<position])
    skipSpaces()
    return word
  }

  mutating func specification() throws(OptionError) -> ModelSpecification {
    try specification(named: word())
  }

  private mutating func specification(named name: String) throws(OptionError) -> ModelSpecification
  {
    guard let kind = ModelKind(rawValue: name) else {
      let names = ModelKind.allCases.map(\.rawValue)
      let hint = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw OptionError(
        "model", "'\(name)' is no model; there are \(names.joined(separator: ", "))\(hint)")
    }
    var settings: [String: Double] = [:]
    var members: [ModelSpecification] = []
    if take("(") {
      while !take(")") {
        guard !isAtEnd else { throw failure("lacks a closing parenthesis") }
        let name = word()
        if take("=") {
          let value = word()
          guard let number = Double(value) else {
            throw failure("has '\(value)' where a number was expected")
          }
          settings[name] = number
        } else {
          members.append(try specification(named: name))
        }
        if !take(","), !text[position...].hasPrefix(")") {
          throw failure(
            isAtEnd ? "lacks a closing parenthesis" : "has '\(rest)' in place of a comma")
        }
      }
    }
    return try ModelSpecification(kind, settings, members: members)
  }
}
