/// A sentence template: words with placeholders, each standing for one or more words.
public struct SentenceTemplate: Sendable, Hashable {
  public enum Element: Sendable, Hashable {
    case placeholder
    case word(String)
  }

  public let elements: [Element]

  /// No two placeholders stand side by side; they are merged.
  public init(_ elements: [Element]) {
    var merged: [Element] = []
    for element in elements where element != .placeholder || merged.last != .placeholder {
      merged.append(element)
    }
    self.elements = merged
  }

  /// Words separated by spaces, `X` being the placeholder.
  public init(_ text: String) {
    self.init(text.split(separator: " ").map { $0 == "X" ? .placeholder : .word(String($0)) })
  }

  public var words: [String] {
    elements.compactMap { if case .word(let word) = $0 { word } else { nil } }
  }

  /// A placeholder, one word, a placeholder: says only that the word occurs.
  public var isTrivial: Bool {
    elements.count == 3 && words.count == 1 && elements[0] == .placeholder
      && elements[2] == .placeholder
  }

  /// With spaces between elements, `X` for placeholders.
  public var text: String { joined(" ") }

  func joined(_ separator: String) -> String {
    elements.map { if case .word(let word) = $0 { word } else { "X" } }.joined(separator: separator)
  }
}
