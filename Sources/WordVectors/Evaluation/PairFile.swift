import Foundation
import Messages

/// The lines of a file of word pairs. What separates the fields, which field is the judgment and whether
/// the first line is a heading is what most lines agree on, not what the first one looks like.
struct PairFile {
  private struct Line {
    let number: Int
    let fields: [String]
  }

  private let path: String
  private let separator: Character
  private var lines: [Line]
  /// The field that most lines have a number in, the third or a later one.
  private let judgment: Int

  private static let separators: [Character] = ["\t", ",", ";", " "]

  /// Lines that begin with `#` before the first pair, and empty ones, are nothing. Throws `FileError`
  /// where no separator gives two words and a number.
  init(_ text: String, path: String) throws {
    self.path = path
    var given: [(number: Int, text: Substring)] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let blank = line.allSatisfy(\.isWhitespace)
      if !blank, !line.hasPrefix("#") { given.append((index + 1, line)) }
    }
    guard let first = given.first else { throw FileError(path: path, reason: "has no word pairs") }
    // Of separators that fit equally many lines the one that comes first here.
    var best: (separator: Character, lines: [Line], judgment: Int, fits: Int)?
    for separator in Self.separators {
      let lines = given.map { line in
        Line(number: line.number, fields: Self.fields(of: line.text, by: separator))
      }
      let start = Self.startsWithRowNumbers(lines) ? 1 : 0
      let shifted = lines.map { Line(number: $0.number, fields: Array($0.fields.dropFirst(start))) }
      var counts: [Int: Int] = [:]
      for line in shifted {
        let place = line.fields.indices.dropFirst(2).first {
          Self.number(line.fields[$0], separator) != nil
        }
        if let place { counts[place, default: 0] += 1 }
      }
      // The heading of a table may hold numbers in later columns only.
      guard let most = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) else {
        continue
      }
      if most.value > best?.fits ?? 0 { best = (separator, shifted, most.key, most.value) }
    }
    guard let best else {
      throw FileError(
        path: path,
        reason:
          "line \(first.number): two words and a number were expected, separated by tabs, commas, "
          + "semicolons or blanks, received '\(first.text.prefix(60))'")
    }
    separator = best.separator
    lines = best.lines
    judgment = best.judgment
  }

  /// The pairs, the heading left out. Throws `FileError` naming the line.
  func pairs() throws -> [WordSimilarity.Pair] {
    var pairs: [WordSimilarity.Pair] = []
    for (index, line) in lines.enumerated() {
      let score = line.fields.count > judgment ? Self.number(line.fields[judgment], separator) : nil
      if let score, score.isFinite, !line.fields[0].isEmpty, !line.fields[1].isEmpty {
        pairs.append(
          WordSimilarity.Pair(first: line.fields[0], second: line.fields[1], score: score))
      } else if index > 0 || !isHeading(line) {
        throw FileError(
          path: path,
          reason: "line \(line.number): two words and a number were expected, separated by "
            + "\(separatorName), received '\(line.fields.joined(separator: " | ").prefix(60))'")
      }
    }
    guard !pairs.isEmpty else { throw FileError(path: path, reason: "has no word pairs") }
    return pairs
  }

  /// A heading says in words what the column holds: no digit begins it, and it is not left empty.
  private func isHeading(_ line: Line) -> Bool {
    guard line.fields.count > judgment, let first = line.fields[judgment].first else {
      // A title, or a comment that lacks its mark.
      return line.fields.count < 3
    }
    return first.isLetter
      && !["na", "nan", "null", "none"].contains(line.fields[judgment].lowercased())
  }

  private var separatorName: String {
    switch separator {
    case "\t": "tabs"
    case ",": "commas"
    case ";": "semicolons"
    default: "blanks"
    }
  }

  /// Fields without the double quotes around them; a separator between quotes is a part of the field.
  private static func fields(of line: Substring, by separator: Character) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == separator, !isQuoted {
        fields.append(field)
        field = ""
      } else {
        field.append(character)
      }
    }
    fields.append(field)
    let trimmed = fields.map { $0.trimmingCharacters(in: .whitespaces) }
    // Blanks in a row separate once.
    return separator == " " ? trimmed.filter { !$0.isEmpty } : trimmed
  }

  /// Row numbers 1, 2, … before the words, as R writes them; the heading has nothing there.
  private static func startsWithRowNumbers(_ lines: [Line]) -> Bool {
    let rows = lines.first?.fields.first?.isEmpty == true ? lines.dropFirst() : lines[...]
    guard rows.count > 1 else { return false }
    return rows.enumerated().allSatisfy { index, line in
      line.fields.count > 3 && line.fields[0] == String(index + 1)
    }
  }

  /// A number; where commas separate nothing they may stand for the decimal point.
  private static func number(_ field: String, _ separator: Character) -> Double? {
    if let value = Double(field) { return value }
    guard separator != ",", field.count(where: { $0 == "," }) == 1 else { return nil }
    return Double(field.replacing(",", with: "."))
  }
}
