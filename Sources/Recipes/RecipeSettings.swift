import Formats
import Messages

/// The settings of an article: a struct of `@Knob` properties.
public protocol RecipeSettings: Sendable {
  /// The defaults.
  init()
}

/// The settings of an article that has none.
public struct NoSettings: RecipeSettings {
  public init() {}
}

/// A setting as `danlu recipes` shows it.
public struct SettingDescription: Sendable {
  /// The name on the command line: `generator-weight`.
  public let key: String
  public let value: JSONValue
  public let choices: [String]
  public let help: String
  /// Which values make sense: `an integer of at least 1`.
  public let expectation: String

  /// The default as it would be typed.
  public var valueText: String { value.stringValue ?? value.text() }
}

extension RecipeSettings {
  private var knobs: [(key: String, knob: any AnyKnob)] {
    Mirror(reflecting: self).children.compactMap { child in
      guard let label = child.label, let knob = child.value as? any AnyKnob else { return nil }
      return (Self.key(String(label.drop { $0 == "_" })), knob)
    }
  }

  /// `generatorWeight` as `generator-weight`.
  private static func key(_ name: String) -> String {
    name.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
  }

  public var descriptions: [SettingDescription] {
    knobs.map { key, knob in
      let knob = knob.description
      return SettingDescription(
        key: key, value: knob.value, choices: knob.choices, help: knob.help,
        expectation: knob.expectation)
    }
  }

  /// All values by key, as `config.json` keeps them.
  public var json: JSONValue {
    .object(descriptions.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })
  }

  /// The defaults, changed by pairs of key and value.
  ///
  /// Throws `OptionError` for an unknown key (naming the nearest one) and for a value that does not
  /// make sense.
  public init(_ values: [(key: String, text: String)], of recipe: String) throws(OptionError) {
    self.init()
    let knobs = knobs
    for (key, text) in values {
      guard let knob = knobs.first(where: { $0.key == Self.key(key) })?.knob else {
        let names = knobs.map(\.key)
        let hint =
          nearestName(to: key, among: names).map { "; did you mean '\($0)'?" }
          ?? (names.isEmpty ? "; it has none" : "; it has \(names.joined(separator: ", "))")
        throw OptionError("", "\(recipe) has no setting '\(key)'\(hint)")
      }
      if let expected = knob.assign(text) {
        throw OptionError("", "setting \(key) expects \(expected), received '\(text)'")
      }
    }
  }
}
