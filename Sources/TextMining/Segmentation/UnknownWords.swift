import Foundation
import Memory
import Text

/// What words look like that the dictionary does not have, learnt from the words it has only once.
///
/// ln p(w) = ln(share of such words) + ln(share of the length) + Σ ln q(character | first, inner, last):
/// the idea of Good and Turing, that unseen words behave like those seen once. It lets rare names and
/// compounds win against a row of unrelated single characters.
struct UnknownWords: Sendable {
  static let longest = 4
  /// Fewer rare words than this say nothing.
  static let leastExamples = 200

  /// ln(share of such words · share of the length) by length.
  let lengthScores: [Double]
  /// Three scores for each of the trie's characters.
  private let characterScores: Block<Float>

  /// `nil` if the dictionary has too few words of count 1.
  init?(_ words: WordList, trie: WordTrie) {
    var lengths = [Double](repeating: 0, count: Self.longest + 1)
    var totals = [0.0, 0, 0]
    var counts = [Double](repeating: 0, count: (trie.characterCount + 1) * 3)
    var examples = 0
    for (word, count) in zip(words.words, words.counts) where count == 1 {
      let scalars = Array(word.unicodeScalars)
      guard (2...Self.longest).contains(scalars.count),
        scalars.allSatisfy({ ScalarClass.of($0.value).isIdeograph })
      else { continue }
      examples += 1
      lengths[scalars.count] += 1
      for (index, scalar) in scalars.enumerated() {
        let position = index == 0 ? 0 : index + 1 == scalars.count ? 2 : 1
        counts[Int(trie.number(of: scalar.value)) * 3 + position] += 1
        totals[position] += 1
      }
    }
    guard examples >= Self.leastExamples else { return nil }
    let share = log(Double(examples) / max(1, words.total))
    lengthScores = lengths.map { share + log(($0 + 1e-3) / Double(examples)) }
    characterScores = Block(uninitializedCount: counts.count)
    for index in counts.indices {
      // A tenth of an occurrence for each of some 5,000 characters.
      characterScores[index] = Float(log((counts[index] + 0.1) / (totals[index % 3] + 500)))
    }
  }

  @inline(__always)
  func score(_ character: UInt16, _ position: Int) -> Double {
    Double(characterScores.pointer[Int(character) &* 3 &+ position])
  }
}
