import Torch

extension Module {
  /// Freezes (or frees again) the weights whose names contain `text`, and returns these names.
  @discardableResult
  public final func freeze(containing text: String, _ isFrozen: Bool = true) -> [String] {
    freeze(isFrozen) { $0.contains(text) }
  }

  /// Freezes (or frees again) the weights in whose names `pattern` is found, and returns these names:
  ///
  ///     model.freeze(matching: /^encoder\.[0-5]\./)
  @discardableResult
  public final func freeze(
    matching pattern: some RegexComponent, _ isFrozen: Bool = true
  ) -> [String] {
    freeze(isFrozen) { $0.firstMatch(of: pattern) != nil }
  }

  /// Freezes (or frees again) all weights.
  public final func freezeAll(_ isFrozen: Bool = true) { freeze(isFrozen) { _ in true } }

  /// A tied weight is met under each of its names, whatever name it is listed by.
  @discardableResult
  private func freeze(_ isFrozen: Bool, where applies: (String) -> Bool) -> [String] {
    var names: [String] = []
    for (name, parameter) in allNames() where parameter.role == .weight && applies(name) {
      parameter.isTrainable = !isFrozen
      names.append(name)
    }
    return names
  }
}
