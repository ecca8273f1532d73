import Memory

/// Attributes that say the same: among the entities that have both, at least half have one value under both.
///
/// Found from the rows alone, as 中文名 and 中文名称, or 出生地 and 籍贯 of people who never left; no list of words.
struct SynonymCounts {
  /// Fewer entities with one value under both are chance.
  static let leastEqual: UInt32 = 3
  static let leastShare: Float = 0.5
  /// Entities with more rows are lists, whose rows have values in common for other reasons.
  private static let longestEntity = 64

  let starts: Block<UInt32>
  let pairs: Block<KnowledgeBase.Pair>
  let attributeCount: Int

  /// Both directions of every pair, by attribute, the strongest first.
  func synonyms() -> Block<KnowledgeBase.Synonym> {
    let equal = counts(ofPairsWith: { $0.value == $1.value }).filter { $0.value >= Self.leastEqual }
    var isCandidate = [Bool](repeating: false, count: attributeCount)
    for pair in equal.keys {
      isCandidate[Int(pair.low)] = true
      isCandidate[Int(pair.high)] = true
    }
    let both = counts { first, second in
      isCandidate[Int(first.attribute)] && isCandidate[Int(second.attribute)]
        && equal[AttributePair(first.attribute, second.attribute)] != nil
    }
    var synonyms: [KnowledgeBase.Synonym] = []
    for (pair, count) in equal {
      let share = Float(count) / Float(max(count, both[pair] ?? count))
      guard share >= Self.leastShare else { continue }
      synonyms.append(.init(attribute: pair.low, other: pair.high, share: share))
      synonyms.append(.init(attribute: pair.high, other: pair.low, share: share))
    }
    return Block(
      synonyms.sorted {
        $0.attribute != $1.attribute
          ? $0.attribute < $1.attribute
          : $0.share != $1.share ? $0.share > $1.share : $0.other < $1.other
      })
  }

  private struct AttributePair: Hashable {
    let low: UInt32
    let high: UInt32

    init(_ first: UInt32, _ second: UInt32) {
      (low, high) = (min(first, second), max(first, second))
    }
  }

  /// For pairs of attributes the number of entities that have two rows of them for which `holds` is true.
  private func counts(
    ofPairsWith holds: (KnowledgeBase.Pair, KnowledgeBase.Pair) -> Bool
  ) -> [AttributePair: UInt32] {
    var counts: [AttributePair: UInt32] = [:]
    var found: [AttributePair] = []
    for entity in 0..<starts.count - 1 {
      let (begin, end) = (Int(starts[entity]), Int(starts[entity + 1]))
      guard end - begin > 1, end - begin <= Self.longestEntity else { continue }
      found.removeAll(keepingCapacity: true)
      for first in begin..<end - 1 {
        for second in first + 1..<end {
          let (one, other) = (pairs[first], pairs[second])
          guard one.attribute != other.attribute, holds(one, other) else { continue }
          let pair = AttributePair(one.attribute, other.attribute)
          // An attribute may have several rows of one entity; the entity counts once.
          if !found.contains(pair) { found.append(pair) }
        }
      }
      for pair in found { counts[pair, default: 0] += 1 }
    }
    return counts
  }
}
