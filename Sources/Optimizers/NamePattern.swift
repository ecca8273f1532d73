/// Lists of patterns that choose parameters by name, as in `["bias", "norm"]`.
///
/// A pattern is a regular expression that may match any part of the name; text that is not a valid
/// expression is looked for literally.
enum NamePattern {
  static func matches(_ name: String, _ pattern: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return name.contains(pattern) }
    return name.contains(expression)
  }

  static func matches(_ name: String, anyOf patterns: [String]) -> Bool {
    patterns.contains { matches(name, $0) }
  }
}
