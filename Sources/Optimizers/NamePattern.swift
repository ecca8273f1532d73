import Messages

/// Lists of patterns that choose parameters by name, as in `["bias", "norm"]`.
///
/// A pattern is a regular expression that may match any part of the name; text that is not a valid
/// expression is looked for literally.
enum NamePattern {
  static func matches(_ name: String, _ pattern: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return name.contains(pattern) }
    return name.contains(expression)
  }

  /// Traps if a pattern matches no name: what it is to choose would silently be left as it is.
  static func requireMatch(_ patterns: [String], in table: ParameterTable, _ asker: String) {
    for pattern in patterns {
      require(
        table.weights.contains { matches($0.name, pattern) },
        "\(asker): '\(pattern)' matches none of the parameters \(listed(table))")
    }
  }

  /// Traps if no pattern of exclusions matches; of a habitual list, as of biases and norms, some may be
  /// without a match.
  static func requireAnyMatch(_ patterns: [String], in table: ParameterTable, _ asker: String) {
    require(
      patterns.isEmpty || table.weights.contains { matches($0.name, anyOf: patterns) },
      "\(asker): \(patterns.map { "'\($0)'" }.joined(separator: ", ")) match none of the parameters "
        + listed(table))
  }

  private static func listed(_ table: ParameterTable) -> String {
    table.weights.prefix(20).map(\.name).joined(separator: ", ")
      + (table.weights.count > 20 ? ", …" : "")
  }

  static func matches(_ name: String, anyOf patterns: [String]) -> Bool {
    patterns.contains { matches(name, $0) }
  }
}
