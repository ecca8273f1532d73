import Distributed
import Foundation
import Memory
import Messages
import Parallel
import Text

/// Counts words of text, in the ways the article on parallel counting compares.
public struct WordFrequencies: Sendable {
  /// How the work is arranged; the counts are the same.
  public enum Mode: String, Sendable, CaseIterable {
    /// One table, one thread: the table outgrows the cache and slows everything down.
    case naive
    /// One thread, a small table for each batch of lines, merged as they fill.
    case batched
    /// Batches on several threads.
    case parallel
    /// Words of the dictionary by their number in an array, on several threads; only other words go
    /// into tables.
    case dense
  }

  public enum Tokens: Sendable {
    /// Words that spaces separate.
    case separated
    case dictionary(Segmenter, WordList)
  }

  public struct Result: Sendable {
    /// By count (falling), then by code point.
    public var words: [(word: String, count: Int)] = []
    public var tokens = 0
    public var lines = 0
    public var bytes = 0
    public var seconds = 0.0
    /// With a field: lines that have no text under it.
    public var badRecords = 0
    public var skipped: [SkippedFile] = []

    public init() {}
  }

  public let tokens: Tokens
  public let mode: Mode
  public let threads: Int
  /// Lines of a batch.
  public let batch: Int

  public init(_ tokens: Tokens, mode: Mode, threads: Int, batch: Int = 1000) {
    self.tokens = tokens
    self.mode = mode
    self.threads = mode == .parallel || mode == .dense ? max(1, threads) : 1
    self.batch = max(1, batch)
  }

  public func count(_ source: TextSource, work: Work = .silent) throws -> Result {
    let started = ContinuousClock.now
    let dictionarySize = mode == .dense ? dictionaryWords.count : 0
    // One growing table for the naive way; elsewhere one result per thread, merged at the end.
    var totals = (0..<threads).map { _ in Tally(dictionarySize: dictionarySize, work: work) }
    var result = Result()
    var source = source
    source.keepsRecords = source.field != nil
    (result.skipped, result.badRecords) = try source.forEachBlockAndRecord(
      "counting words", work: work
    ) { block in
      let parts = TextBlocks.parts(of: block, count: threads)
      let current = totals
      try parallelFor(count: parts.count, threads: threads) { part in
        count(block[parts[part]], into: current[part])
        try work.check()
      }
      result.bytes += block.count
    }
    let merged = totals.removeFirst()
    for other in totals { merged.merge(other) }
    result.lines = merged.lines
    result.words = merged.words(dictionary: dictionaryWords)
    if !source.ranks.isAlone { try result.sum(over: source.ranks) }
    result.tokens = result.words.reduce(0) { $0 + $1.count }
    result.seconds = (ContinuousClock.now - started) / .seconds(1)
    return result
  }

  private var dictionaryWords: [String] {
    if case .dictionary(_, let words) = tokens { return words.words }
    return []
  }

  /// What one thread has counted. Not shared while it counts.
  private final class Tally: @unchecked Sendable {
    let dense: Block<UInt32>
    var overflow: [Int: Int] = [:]
    let table = ByteTable()
    let batchTable = ByteTable()
    let workspace = Segmenter.Workspace()
    var lines = 0

    init(dictionarySize: Int, work: Work) {
      dense = Block(zeros: dictionarySize)
      workspace.work = work
    }

    func merge(_ other: Tally) {
      for index in 0..<dense.count {
        let (sum, carried) = dense[index].addingReportingOverflow(other.dense[index])
        dense[index] = sum
        if carried { overflow[index, default: 0] += 1 << 32 }
      }
      overflow.merge(other.overflow, uniquingKeysWith: +)
      other.table.visit { table.add($0, $1) }
      lines += other.lines
    }

    func words(dictionary: [String]) -> [(word: String, count: Int)] {
      // By bytes: as keys of a dictionary, strings that are canonically equal would be one word.
      for (index, count) in dense.buffer.enumerated() where count > 0 || overflow[index] != nil {
        var word = dictionary[index]
        word.withUTF8 { table.add($0, Int(count) + (overflow[index] ?? 0)) }
      }
      var counts: [(word: String, count: Int)] = []
      table.visit { counts.append((String(decoding: $0, as: UTF8.self), $1)) }
      counts.sortByCountAndText()
      return counts
    }
  }

  private func count(_ text: ArraySlice<UInt8>, into tally: Tally) {
    text.withUnsafeBufferPointer { text in
      var start = 0
      var inBatch = 0
      let table = mode == .naive || mode == .dense ? tally.table : tally.batchTable
      while start < text.count, !tally.workspace.work.isCancelled {
        let end = text[start...].firstIndex(of: 0x0A) ?? text.count
        count(UnsafeBufferPointer(rebasing: text[start..<end]), table, tally)
        tally.lines += 1
        inBatch += 1
        if table === tally.batchTable, inBatch == batch {
          table.drain(into: tally.table)
          inBatch = 0
        }
        start = end + 1
      }
      if table === tally.batchTable { table.drain(into: tally.table) }
    }
  }

  @inline(__always)
  private func add(
    _ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ table: ByteTable
  ) {
    guard end > start else { return }
    let word = UnsafeBufferPointer(rebasing: line[start..<end])
    // Only these begin what nobody sees.
    guard
      word.contains(where: { $0 == 0xC2 || $0 == 0xE1 || $0 == 0xE2 || $0 == 0xEF || $0 == 0xD8 })
    else { return table.add(word, 1) }
    let visible = ScalarLine.visible(word)
    if !visible.isEmpty { visible.withUnsafeBufferPointer { table.add($0, 1) } }
  }

  private func count(_ line: UnsafeBufferPointer<UInt8>, _ table: ByteTable, _ tally: Tally) {
    switch tokens {
    case .separated:
      var start = 0
      var index = 0
      // Where a long line asks whether it is to stop.
      var stop = min(line.count, Segmenter.longestPart)
      while index < line.count {
        if index >= stop {
          if tally.workspace.work.isCancelled { return }
          stop = min(line.count, stop &+ Segmenter.longestPart)
        }
        let byte = line[index]
        // Most bytes are of ideographs, whose first byte no space has.
        if byte > 0x20, byte < 0xC2 || byte > 0xE3 {
          index &+= 1
          continue
        }
        let (space, width) = SpaceBytes.at(line, index)
        if space {
          add(line, start, index, table)
          start = index &+ width
        }
        index &+= width
      }
      add(line, start, line.count, table)
    case .dictionary(let segmenter, _):
      let isDense = mode == .dense
      segmenter.cut(line, tally.workspace) { start, end, first, last in
        if isDense {
          let place = segmenter.place(tally.workspace, first, last)
          if place >= 0 {
            tally.dense[place] &+= 1
            if tally.dense[place] == 0 { tally.overflow[place, default: 0] += 1 << 32 }
            return
          }
        }
        if tally.workspace.line.hasIgnorableBytes {
          add(line, start, end, table)
        } else {
          table.add(UnsafeBufferPointer(rebasing: line[start..<end]), 1)
        }
      }
    }
  }
}

extension WordFrequencies.Result {
  /// The counts of all ranks together, on each of them. A word is owned by one rank, by its bytes, which adds up
  /// what the others have counted.
  fileprivate mutating func sum(over ranks: Communicator) throws {
    let sums = try ranks.sum([lines, bytes, badRecords])
    (lines, bytes, badRecords) = (sums[0], sums[1], sums[2])
    let table = ByteTable()
    var next = 0
    // Rounds of bounded size, until the last rank has given all it has.
    repeat {
      var blocks = [[UInt8]](repeating: [], count: ranks.size)
      var taken = 0
      while next < words.count, taken < 32 << 20 {
        var (word, count) = words[next]
        word.withUTF8 { bytes in
          var hash: UInt64 = 0xCBF2_9CE4_8422_2325
          for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
          WordCounts.append(bytes, count, to: &blocks[Int((hash >> 20) % UInt64(ranks.size))])
          taken += bytes.count + 16
        }
        next += 1
      }
      for received in try ranks.exchange(blocks) {
        WordCounts.forEach(in: received) { table.add($0, $1) }
      }
    } while try ranks.sum([next < words.count ? 1 : 0])[0] > 0
    var own: [UInt8] = []
    table.visit { WordCounts.append($0, $1, to: &own) }
    words = []
    for part in try ranks.gather(own) {
      WordCounts.forEach(in: part) { words.append((String(decoding: $0, as: UTF8.self), $1)) }
    }
    words.sortByCountAndText()
  }
}

/// Words with counts as bytes: count, length, UTF-8.
private enum WordCounts {
  static func append(_ word: UnsafeBufferPointer<UInt8>, _ count: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: count) { bytes += $0 }
    withUnsafeBytes(of: word.count) { bytes += $0 }
    bytes += word
  }

  static func forEach(in bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
    bytes.withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      var offset = 0
      while offset < bytes.count {
        let count = raw.loadUnaligned(fromByteOffset: offset, as: Int.self)
        let length = raw.loadUnaligned(fromByteOffset: offset + 8, as: Int.self)
        offset += 16
        body(UnsafeBufferPointer(rebasing: bytes[offset..<offset + length]), count)
        offset += length
      }
    }
  }
}

extension [(word: String, count: Int)] {
  /// By count (falling), then by code point.
  public mutating func sortByCountAndText() {
    sort { left, right in
      left.count != right.count
        ? left.count > right.count
        : left.word.unicodeScalars.lexicographicallyPrecedes(right.word.unicodeScalars)
    }
  }
}

extension WordFrequencies {
  /// Adds up counts that were made apart, by ranks, machines or array jobs: lines of a word, a tab and a count.
  /// The result is that of counting everything at once.
  ///
  /// Throws `InputError` for a line of another form, and for counts that add up to more than `Int` holds.
  public static func merged(_ source: TextSource, work: Work = .silent) throws -> Result {
    let started = ContinuousClock.now
    let table = ByteTable()
    var result = Result()
    result.skipped = try source.forEachLine("adding up counts", work: work) { line, place in
      let line = line.last == 0x0D ? UnsafeBufferPointer(rebasing: line.dropLast()) : line
      if line.isEmpty { return }
      guard let tab = line.lastIndex(of: 0x09), tab > 0,
        let count = Int(String(decoding: line[(tab + 1)...], as: UTF8.self)), count >= 0
      else {
        throw InputError("\(place): a word, a tab and a count were expected")
      }
      let (sum, overflows) = result.tokens.addingReportingOverflow(count)
      guard !overflows else {
        throw InputError("\(place): the counts up to here add up to more than \(Int.max)")
      }
      table.add(UnsafeBufferPointer(rebasing: line[..<tab]), count)
      result.lines += 1
      result.tokens = sum
      result.bytes += line.count + 1
    }
    table.visit { result.words.append((String(decoding: $0, as: UTF8.self), $1)) }
    result.words.sortByCountAndText()
    result.seconds = (ContinuousClock.now - started) / .seconds(1)
    return result
  }
}

extension Segmenter {
  /// The number of the word the scalars of the workspace's line spell, or −1.
  @inline(__always)
  func place(_ workspace: Workspace, _ start: Int, _ end: Int) -> Int {
    var index = start &- workspace.before
    let end = end &- workspace.before
    var node = trie.root(workspace.numbers.pointer[index])
    index &+= 1
    while node != WordTrie.none, index < end {
      node = trie.step(node, workspace.numbers.pointer[index])
      index &+= 1
    }
    return node == WordTrie.none ? -1 : Int(trie.word(at: node))
  }
}
