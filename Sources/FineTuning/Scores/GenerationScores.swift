import Foundation

/// Generated texts against what was asked: ROUGE-L and BLEU over tokens that are ideographs or words.
///
/// ROUGE-L (Lin 2004): with l the longest common subsequence F1 = 2l / (lengths' sum), the mean over texts. BLEU
/// (Papineni et al. 2002): of the whole set, n-grams to 4, one reference, 0 matches of an n counted as 2⁻ᵏ at the
/// k-th such n (smoothing "exp" of sacreBLEU); 0 if not one token is shared.
public struct GenerationScores: Sendable {
  private var rouge = 0.0
  private var count = 0
  private var matches = [Int](repeating: 0, count: 4)
  private var totals = [Int](repeating: 0, count: 4)
  private var lengths = (found: 0, reference: 0)

  public init() {}

  /// What the numbers mean, to stand beside them.
  public static let signature = "refs:1 case:mixed tokens:ideographs+words smooth:exp"

  public mutating func add(_ text: String, reference: String) {
    add(tokens: TextTokens.of(text), reference: TextTokens.of(reference))
  }

  mutating func add(tokens: [String], reference: [String]) {
    count += 1
    let common = Self.longestCommonSubsequence(tokens, reference)
    rouge +=
      tokens.count + reference.count == 0
      ? 1 : Double(2 * common) / Double(tokens.count + reference.count)
    lengths.found += tokens.count
    lengths.reference += reference.count
    for size in 1...4 {
      let own = Self.grams(tokens, size)
      let other = Self.grams(reference, size)
      totals[size - 1] += max(0, tokens.count - size + 1)
      matches[size - 1] += own.reduce(0) { $0 + min($1.value, other[$1.key] ?? 0) }
    }
  }

  public var rougeL: Double { count == 0 ? 0 : rouge / Double(count) }

  /// From 0 to 100.
  public var bleu: Double {
    guard matches[0] > 0 else { return 0 }
    var logarithm = 0.0
    var smoothing = 1.0
    var orders = 0
    for (hits, total) in zip(matches, totals) where total > 0 {
      orders += 1
      if hits == 0 {
        smoothing *= 2
        logarithm += log(1 / (smoothing * Double(total)))
      } else {
        logarithm += log(Double(hits) / Double(total))
      }
    }
    // Texts shorter than four tokens have no 4-gram: as sacreBLEU, that is a score of 0.
    guard orders == 4 else { return 0 }
    let brevity =
      lengths.found >= lengths.reference
      ? 0 : 1 - Double(lengths.reference) / Double(lengths.found)
    return 100 * exp(brevity + logarithm / 4)
  }

  private static func grams(_ tokens: [String], _ size: Int) -> [[String]: Int] {
    var counts: [[String]: Int] = [:]
    for start in 0..<max(0, tokens.count - size + 1) {
      counts[Array(tokens[start..<start + size]), default: 0] += 1
    }
    return counts
  }

  private static func longestCommonSubsequence(_ one: [String], _ other: [String]) -> Int {
    var row = [Int](repeating: 0, count: other.count + 1)
    for token in one {
      var diagonal = 0
      for (index, candidate) in other.enumerated() {
        let above = row[index + 1]
        row[index + 1] = token == candidate ? diagonal + 1 : max(above, row[index])
        diagonal = above
      }
    }
    return row[other.count]
  }
}
