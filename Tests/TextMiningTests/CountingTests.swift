import Memory
import Parallel
import Testing
import Text

@testable import TextMining

@Suite struct CountingTests {
  @Test func aHashCanBeUndone() {
    var random = RandomStream(seed: 4)
    for key in (0..<1000).map({ _ in random.next() }) + [0, 1, .max] {
      #expect(PackedGram.key(hash: PackedGram.hash(key)) == key)
    }
  }

  @Test(arguments: [1, 4], [1, 2, 300])
  func countsExactlyInLittleMemory(threads: Int, minCount: Int) throws {
    let keys: [UInt64] = {
      var random = RandomStream(seed: 2)
      return (0..<300_000).map { index in
        // Some keys occur more often than one byte counts, one more often than many bytes would.
        if index % 10 == 0 { return 7 }
        let range = index % 10 == 1 ? 60 : 200_000
        return UInt64(1 + random.below(1 + random.below(range)))
      }
    }()
    var expected: [UInt64: Int] = [:]
    for key in keys { expected[key, default: 0] += 1 }
    expected = expected.filter { $0.value >= minCount }
    #expect(expected.count > 10)
    for memory in [1 << 16, 1 << 20, 1 << 26] {
      let counter = PartitionedCounter(
        memory: memory, minCount: minCount, expectedKeys: keys.count)
      var found: [UInt64: Int] = [:]
      var scans = 0
      var again = true
      while again {
        let stages = WorkspacePool { counter.stage() }
        try parallelFor(count: 30, threads: threads) { part in
          stages.use { stage in
            for key in keys[(part * 10_000)..<((part + 1) * 10_000)] { stage.add(key) }
          }
        }
        for stage in stages.idle() { stage.flush() }
        again = counter.harvest { key, count in
          #expect(found[key] == nil)
          found[key] = count
        }
        scans += 1
      }
      #expect(found == expected)
      #expect(memory < 1 << 26 ? scans > 1 : scans == 1)
    }
  }

  /// Segments of 1 to 40 of 300 characters, some far more frequent than others.
  private static func corpus(joined: Bool, segments: Int = 4000) throws -> TextCorpus {
    var random = RandomStream(seed: 5)
    var text = ""
    for _ in 0..<segments {
      for _ in 0...random.below(40) {
        let place = random.below(1 + random.below(300))
        if let scalar = Unicode.Scalar(0x4E00 + place * 7) { text.unicodeScalars.append(scalar) }
      }
      text += "，"
    }
    return try TextCorpus.read(TextSource(string: text), as: joined ? .joined : .segments)
  }

  @Test(arguments: [1, 2, 5], [false, true])
  func gramsAreCountedAsByHand(minCount: Int, joined: Bool) throws {
    let corpus = try Self.corpus(joined: joined)
    let counts = try NGramCounts(
      corpus: corpus, order: 4, minCount: minCount)
    var expected: [UInt64: Int] = [:]
    try corpus.withNumbers(0..<corpus.count) { numbers in
      for start in numbers.indices {
        var key: UInt64 = 0
        for id in numbers[start..<min(numbers.count, start + 4)] {
          guard id >= Alphabet.firstCharacter else { break }
          key = key << PackedGram.bits | UInt64(id)
          expected[key, default: 0] += 1
        }
      }
    }
    expected = expected.filter { $0.value >= minCount }
    let found = Dictionary(uniqueKeysWithValues: counts.table.sorted().map { ($0.key, $0.count) })
    #expect(found == expected)
    // Not every pair has a counter in the square: the text is too short for that.
    let side = Int(Double(corpus.count / 8).squareRoot())
    #expect(side < counts.distinct[1])
  }

  /// Text whose segments are shorter and longer than what is looked up together.
  @Test(arguments: [2, 4]) func theBestCutIsFound(order: Int) throws {
    var random = RandomStream(seed: 6)
    var text: [UInt16] = []
    for length in [1, 2, 300, 7, 1, 600, 30, 5, 255, 256, 257] {
      text += (0..<length).map { _ in Alphabet.firstCharacter + UInt16(random.below(12)) }
      text += [UInt16](repeating: Alphabet.boundary, count: 1 + random.below(3))
    }
    text.removeLast()
    var scores: [UInt64: Float] = [:]
    for _ in 0..<3000 {
      let gram = (0...random.below(order)).map { _ in
        Alphabet.firstCharacter + UInt16(random.below(12))
      }
      // Small whole numbers: sums are exact, ties happen.
      scores[PackedGram.pack(gram)] = Float(random.below(6)) - 2
    }
    var table = ScoreTable(capacity: scores.count)
    for (key, score) in scores { table.insert(key, score) }
    var words: [UInt64] = []
    text.withUnsafeBufferPointer {
      ScoreCutter(table: table, order: order, missing: -9).cut($0) { words.append($0) }
    }
    var expected: [UInt64] = []
    for segment in text.split(separator: Alphabet.boundary) {
      let segment = Array(segment)
      var best = [Float](repeating: -.infinity, count: segment.count + 1)
      var from = [Int](repeating: 0, count: segment.count + 1)
      best[0] = 0
      for end in 1...segment.count {
        for start in max(0, end - order)..<end {
          let key = PackedGram.pack(segment[start..<end])
          guard let score = scores[key] ?? (end - start == 1 ? -9 : nil) else { continue }
          if best[start] + score > best[end] {
            best[end] = best[start] + score
            from[end] = start
          }
        }
      }
      var end = segment.count
      while end > 0 {
        expected.append(PackedGram.pack(segment[from[end]..<end]))
        end = from[end]
      }
    }
    #expect(words == expected)
  }
}
