import Foundation

/// How right an answer is, as the collections' own scripts count.
enum AnswerMetrics {
  /// Sogou's: full width to half, lower case, punctuation and white space gone.
  static func normalized(_ text: String) -> [Unicode.Scalar] {
    halfWidth(text).lowercased().unicodeScalars.filter {
      !$0.properties.isWhitespace && !isPunctuation($0)
    }
  }

  static func halfWidth(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x3000: scalars.append(" ")
      case 0xFF01...0xFF5E: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .modifierSymbol,
      .currencySymbol:
      true
    default: false
    }
  }

  /// F1 of characters, as multisets; 0 for nothing.
  static func f1(_ predicted: String, _ reference: String) -> Double {
    let (found, wanted) = (normalized(predicted), normalized(reference))
    var counts: [Unicode.Scalar: Int] = [:]
    for scalar in wanted { counts[scalar, default: 0] += 1 }
    var common = 0
    for scalar in found where counts[scalar, default: 0] > 0 {
      counts[scalar, default: 0] -= 1
      common += 1
    }
    return common == 0 ? 0 : 2 * Double(common) / Double(found.count + wanted.count)
  }

  /// Sogou's: 1 if the answer is one of `accepted`, or has the same parts as the first in another order.
  static func isExact(_ predicted: String, accepted: [String]) -> Bool {
    let found = normalized(predicted)
    if found.isEmpty { return false }
    if accepted.contains(where: { normalized($0) == found }) { return true }
    func parts(_ text: String) -> Set<[Unicode.Scalar]> {
      let spaced = halfWidth(text).unicodeScalars.split {
        $0.properties.isWhitespace || isPunctuation($0)
      }
      return Set(spaced.map { normalized(String(String.UnicodeScalarView($0))) })
    }
    return accepted.first.map { parts($0) == parts(predicted) } ?? false
  }

  /// Exact match and F1, the best over `accepted`; an empty answer has neither.
  static func score(_ predicted: String, accepted: [String]) -> (exact: Bool, f1: Double) {
    guard !normalized(predicted).isEmpty else { return (false, 0) }
    return (isExact(predicted, accepted: accepted), accepted.map { f1(predicted, $0) }.max() ?? 0)
  }

  /// CMRC 2018's F1: by the longest common substring of characters, after its own normalization.
  static func substringF1(_ predicted: String, _ reference: String) -> Double {
    let (found, wanted) = (normalized(predicted), normalized(reference))
    let common = longestCommon(found, wanted)
    return common == 0 ? 0 : 2 * Double(common) / Double(found.count + wanted.count)
  }

  private static func longestCommon(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    var row = [Int](repeating: 0, count: other.count + 1)
    var longest = 0
    for scalar in one {
      var diagonal = 0
      for (index, candidate) in other.enumerated() {
        let above = row[index + 1]
        row[index + 1] = scalar == candidate ? diagonal + 1 : 0
        longest = max(longest, row[index + 1])
        diagonal = above
      }
    }
    return longest
  }
}

/// Figures over many questions.
struct AnswerFigures {
  private(set) var answerable = 0
  private(set) var exact = 0
  private(set) var f1Sum = 0.0
  private(set) var substringF1Sum = 0.0
  private(set) var unanswerable = 0
  /// Questions without an answer that got none; answers withheld in all.
  private(set) var rightlyEmpty = 0
  private(set) var empty = 0

  mutating func add(_ predicted: String, accepted: [String]) {
    let isEmpty = AnswerMetrics.normalized(predicted).isEmpty
    empty += isEmpty ? 1 : 0
    guard !accepted.isEmpty else {
      unanswerable += 1
      rightlyEmpty += isEmpty ? 1 : 0
      return
    }
    answerable += 1
    let score = AnswerMetrics.score(predicted, accepted: accepted)
    exact += score.exact ? 1 : 0
    f1Sum += score.f1
    substringF1Sum += accepted.map { AnswerMetrics.substringF1(predicted, $0) }.max() ?? 0
  }

  private func share(_ part: Double, _ whole: Int) -> Double {
    whole > 0 ? part / Double(whole) : 0
  }

  var exactMatch: Double { share(Double(exact), answerable) }
  var f1: Double { share(f1Sum, answerable) }
  var substringF1: Double { share(substringF1Sum, answerable) }
  var noAnswerPrecision: Double { share(Double(rightlyEmpty), empty) }
  var noAnswerRecall: Double { share(Double(rightlyEmpty), unanswerable) }
  var noAnswerF1: Double {
    let sum = noAnswerPrecision + noAnswerRecall
    return sum > 0 ? 2 * noAnswerPrecision * noAnswerRecall / sum : 0
  }
}
