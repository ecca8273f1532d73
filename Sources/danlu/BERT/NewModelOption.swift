import ArgumentParser

/// The options that describe a new model, which `--model` has no use for.
enum NewModelOption {
  /// Throws `ValidationError` for those that were given.
  static func refuse(_ options: [(name: String, isGiven: Bool)]) throws {
    let given = options.filter(\.isGiven).map(\.name)
    guard given.isEmpty else {
      throw ValidationError(
        "\(given.joined(separator: ", ")) describe a new model; --model starts from one that is there"
      )
    }
  }
}
