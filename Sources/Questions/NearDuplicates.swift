import Foundation

/// Finds all pairs of questions whose sets of terms have a Jaccard coefficient of at least `threshold`: a
/// join by prefixes, exact, none missed.
///
/// Terms in order of rarity; sets that share ⌈t·|x|⌉ terms or more share one among their first
/// |x| − ⌈t·|x|⌉ + 1 (Chaudhuri, Ganti and Kaushik, 2006). Only sets of lengths between t·|x| and |x| are
/// compared.
public struct NearDuplicates: Sendable {
  public struct Pair: Sendable, Equatable {
    public let first: Int
    public let second: Int
    public let similarity: Double
  }

  public var threshold = 0.7

  public init() {}

  /// The pairs among `texts`, by their numbers. Texts without a term have no duplicates here.
  public func pairs(_ texts: [String]) -> [Pair] {
    var numbers: [UInt64: Int] = [:]
    var frequency: [Int] = []
    var sets: [[Int]] = texts.map { text in
      let terms = QuestionTerms(text)
      let keys = Set(terms.pairs.isEmpty ? terms.characters.map(UInt64.init) : terms.pairs)
      return keys.map { key in
        if let number = numbers[key] {
          frequency[number] += 1
          return number
        }
        numbers[key] = frequency.count
        frequency.append(1)
        return frequency.count - 1
      }
    }
    // Numbers by rarity: a term's rank is its new number.
    var rank = [Int](repeating: 0, count: frequency.count)
    for (place, number) in frequency.indices.sorted(by: {
      (frequency[$0], $0) < (frequency[$1], $1)
    }).enumerated() {
      rank[number] = place
    }
    for index in sets.indices { sets[index] = sets[index].map { rank[$0] }.sorted() }
    let order = sets.indices.filter { !sets[$0].isEmpty }.sorted {
      (sets[$0].count, $0) < (sets[$1].count, $1)
    }
    var lists = [[Int32]](repeating: [], count: frequency.count)
    var checked = [Int32](repeating: -1, count: texts.count)
    var found: [Pair] = []
    for x in order {
      let set = sets[x]
      let prefix = set.count - Int((threshold * Double(set.count)).rounded(.up)) + 1
      let shortest = threshold * Double(set.count)
      for term in set.prefix(prefix) {
        for candidate in lists[term] {
          let y = Int(candidate)
          guard checked[y] != x, Double(sets[y].count) >= shortest - 1e-9 else { continue }
          checked[y] = Int32(x)
          let similarity = Self.similarity(set, sets[y])
          if similarity >= threshold {
            found.append(Pair(first: min(x, y), second: max(x, y), similarity: similarity))
          }
        }
        lists[term].append(Int32(x))
      }
    }
    return found.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
  }

  /// |a ∩ b| / |a ∪ b| of sorted sets.
  static func similarity(_ a: [Int], _ b: [Int]) -> Double {
    var i = 0
    var j = 0
    var common = 0
    while i < a.count, j < b.count {
      if a[i] == b[j] {
        common += 1
        i += 1
        j += 1
      } else if a[i] < b[j] {
        i += 1
      } else {
        j += 1
      }
    }
    return Double(common) / Double(a.count + b.count - common)
  }
}

extension QuestionIndex {
  /// Questions that say the same but for punctuation, case and width, in groups of two and more.
  public func exactDuplicates() -> [[Int]] {
    var groups: [String: [Int]] = [:]
    for question in 0..<count {
      let text = QuestionTerms(self.text(question)).normalized
      if !text.isEmpty { groups[text, default: []].append(question) }
    }
    return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Tags of the nearest questions, each question's weighing as much as its score; best first, as shares.
  public func suggestTags(_ text: String, neighbors: Int = 20, excluding own: Int? = nil) -> [(
    tag: String, share: Double
  )] {
    var votes: [Int: Double] = [:]
    var total = 0.0
    for hit in search(text, limit: neighbors + 1) where hit.question != own {
      total += hit.score
      for tag in tagNumbers(hit.question) { votes[tag, default: 0] += hit.score }
    }
    return votes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
      (tags[$0.key], $0.value / max(total, 1e-9))
    }
  }
}
