import Foundation
import Parallel
import Synchronization

/// Finds sentence templates: words that go together at a distance, with placeholders between them.
///
/// Words i < j of a sentence, j − i ≤ window, are joined if ln p(ij) > ln `minProbability` and
/// ln p(ij) − ln p(i) − ln p(j) > `minPMI`, pairs normalized by their own total. Each maximal path of
/// this graph, isolated words included, is a template. Source: 最小熵原理（三） (2018).
public struct TemplateMining: Sendable {
  public var window = 5
  public var minProbability = 1e-5
  public var minPMI = 2.0
  /// Sentences with more paths than this are left out and counted: their number grows exponentially.
  public var pathLimit = 10_000
  public var threads = defaultThreadCount

  public init() {}

  public struct Result: Sendable {
    /// By count (falling), then by text.
    public var templates: [(template: SentenceTemplate, count: Int)] = []
    public var sentences = 0
    public var total = 0
    /// Sentences with too many paths.
    public var crowded = 0

    public init() {}
  }

  private struct Tables: Sendable {
    var words: [Substring: Int32] = [:]
    var counts: [Int] = []
    var sentences: [[Int32]] = []
  }

  /// Mines sentences given as words.
  public func mine(
    _ sentences: [[Substring]], work: Work = .silent
  ) throws -> Result {
    var tables = Tables()
    for sentence in sentences {
      tables.sentences.append(
        sentence.map { word in
          if let id = tables.words[word] {
            tables.counts[Int(id)] += 1
            return id
          }
          let id = Int32(tables.counts.count)
          tables.words[word] = id
          tables.counts.append(1)
          return id
        })
    }
    let names = tables.words.sorted { $0.value < $1.value }.map { String($0.key) }
    let strong = try strongPairs(tables, work)
    let ids = tables.sentences
    let shared = Mutex((templates: [[Int32]: Int](), crowded: 0))
    let block = 2048
    let limit = pathLimit
    let window = window
    try work.phase("templates", of: ids.count, unit: "sentences") { phase in
      try parallelFor(count: (ids.count + block - 1) / block, threads: threads) { part in
        try phase.check()
        var found: [[Int32]: Int] = [:]
        var crowded = 0
        let range = part * block..<min(ids.count, (part + 1) * block)
        for sentence in ids[range] {
          var paths = try Paths(sentence, window: window, limit: limit, phase) {
            strong.contains($0)
          }
          if try !paths.collect({ found[$0, default: 0] += 1 }) { crowded += 1 }
        }
        shared.withLock {
          $0.templates.merge(found, uniquingKeysWith: +)
          $0.crowded += crowded
        }
        phase.report(range.count)
      }
    }
    var result = Result()
    result.sentences = ids.count
    let (templates, crowded) = shared.withLock { ($0.templates, $0.crowded) }
    result.crowded = crowded
    result.total = templates.values.reduce(0, +)
    let least = minProbability * Double(result.total)
    result.templates = templates.filter { Double($0.value) > least }.map { key, count in
      let elements: [SentenceTemplate.Element] = key.map {
        $0 < 0 ? .placeholder : .word(names[Int($0)])
      }
      return (SentenceTemplate(elements), count)
    }
    result.templates.sort { left, right in
      left.count != right.count
        ? left.count > right.count : left.template.text < right.template.text
    }
    return result
  }

  private static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
    // Ids from 1 on, so that no pair is zero.
    UInt64(UInt32(bitPattern: first + 1)) << 32 | UInt64(UInt32(bitPattern: second + 1))
  }

  private func strongPairs(_ tables: Tables, _ work: Work) throws -> CountTable {
    var pairs = CountTable()
    var total = 0
    for sentence in tables.sentences {
      try work.check()
      for (place, first) in sentence.enumerated() {
        if place & 0xFFFF == 0xFFFF { try work.check() }
        for second in sentence[(place + 1)...].prefix(window) {
          pairs.add(Self.pair(first, second), 1)
          total += 1
        }
      }
    }
    let words = Double(max(1, tables.counts.reduce(0, +)))
    var strong = CountTable()
    for (key, count) in pairs.sorted() {
      let share = Double(count) / Double(total)
      guard share > minProbability else { continue }
      let first = Double(tables.counts[Int(key >> 32) - 1]) / words
      let second = Double(tables.counts[Int(key & 0xFFFF_FFFF) - 1]) / words
      if log(share) - log(first) - log(second) > minPMI { strong.add(key, 1) }
    }
    return strong
  }

  /// The maximal paths of one sentence.
  private struct Paths {
    let sentence: [Int32]
    var followers: [[Int]]
    let starts: [Int]
    let limit: Int
    let phase: Work.Phase

    init(
      _ sentence: [Int32], window: Int, limit: Int, _ phase: Work.Phase,
      isStrong: (UInt64) -> Bool
    ) throws {
      self.phase = phase
      self.sentence = sentence
      self.limit = limit
      var followers = [[Int]](repeating: [], count: sentence.count)
      var isFollower = [Bool](repeating: false, count: sentence.count)
      for first in sentence.indices {
        if first & 0xFFFF == 0xFFFF { try phase.check() }
        for second in (first + 1)..<max(first + 1, min(sentence.count, first + window + 1))
        where isStrong(TemplateMining.pair(sentence[first], sentence[second])) {
          followers[first].append(second)
          isFollower[second] = true
        }
      }
      self.followers = followers
      starts = sentence.indices.filter { !isFollower[$0] }
    }

    /// Calls `body` with each path as word ids, −1 for placeholders; false, and no call, if there are
    /// more than `limit`.
    mutating func collect(_ body: ([Int32]) -> Void) throws -> Bool {
      var ways = [Int](repeating: 1, count: sentence.count)
      for place in sentence.indices.reversed() where !followers[place].isEmpty {
        ways[place] = min(limit + 1, followers[place].reduce(0) { min(limit + 1, $0 + ways[$1]) })
      }
      guard starts.reduce(0, { min(limit + 1, $0 + ways[$1]) }) <= limit else { return false }
      // Paths may be as long as a sentence: no recursion.
      for start in starts {
        var path = [(place: start, followed: 0)]
        var steps = 0
        while let last = path.last {
          steps += 1
          if steps & 0xFFFF == 0 { try phase.check() }
          let next = followers[last.place]
          if next.isEmpty { body(template(path.map(\.place))) }
          if last.followed < next.count {
            path[path.count - 1].followed += 1
            path.append((place: next[last.followed], followed: 0))
          } else {
            path.removeLast()
          }
        }
      }
      return true
    }

    private func template(_ path: [Int]) -> [Int32] {
      var elements: [Int32] = []
      var expected = 0
      for place in path {
        if place > expected { elements.append(-1) }
        elements.append(sentence[place])
        expected = place + 1
      }
      if expected < sentence.count { elements.append(-1) }
      return elements
    }
  }
}
