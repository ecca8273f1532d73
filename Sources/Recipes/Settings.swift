import Formats
import Messages

/// A knob of a recipe: its name, its default, what it does.
public struct Setting: Sendable {
  public let key: String
  public let value: SettingValue
  public let help: String
  /// The values that make sense, where they can be listed.
  public let choices: [String]

  public init(_ key: String, _ value: SettingValue, choices: [String] = [], help: String) {
    self.key = key
    self.value = value
    self.choices = choices
    self.help = help
  }
}

public enum SettingValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case text(String)
  case flag(Bool)

  public var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .flag(let value): "\(value)"
    }
  }

  var kind: String {
    switch self {
    case .integer: "an integer"
    case .number: "a number"
    case .text: "a word"
    case .flag: "true or false"
    }
  }

  var json: JSONValue {
    switch self {
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .flag(let value): .bool(value)
    }
  }

  /// The value that `text` stands for, of the same kind as this one.
  func parsing(_ text: String) -> SettingValue? {
    switch self {
    case .integer: Int(text).map { .integer($0) }
    case .number: Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    case .text: .text(text)
    case .flag: Bool(text).map { .flag($0) }
    }
  }
}

/// The values of a recipe's knobs.
public struct Settings: Sendable {
  private let recipe: String
  private var values: [String: SettingValue]

  /// The defaults of `card`, changed by `assignments` of the form `key=value`.
  ///
  /// Throws `RecipeError` for an unknown key (naming the nearest one) and for a value of the wrong
  /// kind.
  public init(_ card: RecipeCard, assignments: [String] = []) throws {
    recipe = card.name
    values = Dictionary(uniqueKeysWithValues: card.settings.map { ($0.key, $0.value) })
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw RecipeError("--set expects key=value, received '\(assignment)'")
      }
      try set(String(parts[0]), to: String(parts[1]), card)
    }
  }

  private mutating func set(_ key: String, to text: String, _ card: RecipeCard) throws {
    guard let setting = card.settings.first(where: { $0.key == key }) else {
      let names = card.settings.map(\.key)
      let hint =
        nearestName(to: key, among: names).map { "; did you mean '\($0)'?" }
        ?? (names.isEmpty ? "; it has none" : "; it has \(names.joined(separator: ", "))")
      throw RecipeError("\(card.name) has no setting '\(key)'\(hint)")
    }
    guard let value = setting.value.parsing(text) else {
      throw RecipeError("setting \(key) expects \(setting.value.kind), received '\(text)'")
    }
    if !setting.choices.isEmpty, !setting.choices.contains(text) {
      throw RecipeError(
        "setting \(key) is one of \(setting.choices.joined(separator: ", ")), received '\(text)'")
    }
    values[key] = value
  }

  public func integer(_ key: String) -> Int {
    guard case .integer(let value)? = values[key] else { undeclared(key) }
    return value
  }

  public func number(_ key: String) -> Double {
    guard case .number(let value)? = values[key] else { undeclared(key) }
    return value
  }

  public func text(_ key: String) -> String {
    guard case .text(let value)? = values[key] else { undeclared(key) }
    return value
  }

  public func flag(_ key: String) -> Bool {
    guard case .flag(let value)? = values[key] else { undeclared(key) }
    return value
  }

  /// All values by key, as `config.json` keeps them.
  public var json: JSONValue {
    .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.json) })
  }

  /// All values as `key=value`, from which `init` makes the same settings.
  public var assignments: [String] {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
  }

  private func undeclared(_ key: String) -> Never {
    fatalError("the card of \(recipe) does not declare a setting '\(key)' of this kind")
  }
}

/// What is wrong with a recipe's options or data, in one line.
public struct RecipeError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
