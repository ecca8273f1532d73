import Messages
import Torch

extension Module {
  /// Freezes (or frees again) the weights whose names contain `text`, and returns these names. Traps if
  /// there are none.
  @discardableResult
  public final func freeze(containing text: String, _ isFrozen: Bool = true) -> [String] {
    freeze(isFrozen, "whose name contains '\(text)'") { $0.contains(text) }
  }

  /// Freezes (or frees again) the weights in whose names `pattern` is found, and returns these names.
  /// Traps if there are none.
  ///
  ///     model.freeze(matching: /^encoder\.[0-5]\./)
  @discardableResult
  public final func freeze(
    matching pattern: some RegexComponent, _ isFrozen: Bool = true
  ) -> [String] {
    freeze(isFrozen, "whose name matches the pattern") { $0.firstMatch(of: pattern) != nil }
  }

  /// Freezes (or frees again) all weights.
  /// PyTorch: `requires_grad_(False)`; Keras: `trainable = False`.
  public final func freezeAll(_ isFrozen: Bool = true) {
    freeze(isFrozen, "to freeze") { _ in true }
  }

  /// A tied weight is met under each of its names, whatever name it is listed by.
  @discardableResult
  private func freeze(
    _ isFrozen: Bool, _ what: String, where applies: (String) -> Bool
  ) -> [String] {
    var names: [String] = []
    for (name, parameter) in allNames() where parameter.role == .weight && applies(name) {
      parameter.isTrainable = !isFrozen
      names.append(name)
    }
    require(
      !names.isEmpty,
      "\(type(of: self)) has no weight \(what); there are "
        + allNames().filter { $0.parameter.role == .weight }.prefix(20).map(\.name).joined(
          separator: ", "))
    return names
  }
}
