import Formats
import Messages
import Text

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

extension SentenceTemplate {
  /// Reads lines of a template, a tab and a count. Throws for any other line, and for a file without
  /// templates.
  public static func list(contentsOf path: String) throws -> [(
    template: SentenceTemplate, count: Int
  )] {
    try list(try TextConversion.utf8(ofFile: path), named: path)
  }

  static func list(_ bytes: [UInt8], named name: String) throws -> [(
    template: SentenceTemplate, count: Int
  )] {
    var templates: [(template: SentenceTemplate, count: Int)] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty { continue }
      let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
      guard fields.count == 2, let count = Int(String(decoding: fields[1], as: UTF8.self)),
        count > 0
      else {
        throw FileError(
          path: name, reason: "line \(index + 1): a template, a tab and a count are expected")
      }
      let template = SentenceTemplate(String(decoding: fields[0], as: UTF8.self))
      guard !template.words.isEmpty else {
        throw FileError(
          path: name, reason: "line \(index + 1): a template needs a word that is not X")
      }
      templates.append((template, count))
    }
    guard !templates.isEmpty else { throw FileError(path: name, reason: "holds no templates") }
    return templates
  }
}
