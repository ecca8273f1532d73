import Distributed
import Memory
import Synchronization

/// Exact counts of 64-bit keys that arrive in any order from any number of threads, in bounded memory.
///
/// Keys go by hash into 256 partitions. A thread collects hashes per partition and hands over a few dozen
/// at a time, so that locks are rare; the partition counts them when there are many, so that the cache
/// misses overlap. It counts in a table. Where most keys are rare, or memory ends, it gives the table up
/// for a sketch: small counters that several keys share, whose counts are too large but never too small.
/// The next scan of the corpus counts only the keys whose counter reached `minCount`, as Park, Chen and Yu
/// (1995) prune candidates: the rare keys, which are most of the different ones, never get a slot. Where
/// that is still too much (or all keys are wanted) a partition keeps one half of its hash space and leaves
/// the other half to a later scan. No key is ever written to disk, and the counts do not depend on
/// threads, order or memory.
final class PartitionedCounter: Sendable {
  static let partitionCount = 256
  /// Hashes a thread collects for one partition before it hands them over.
  static let batch = 64

  private let partitions: [Mutex<CounterPartition>.Box]
  private let memory: CounterMemory
  /// Keys that occur less often in the scans are not passed on.
  private let leastCount: Int
  /// Counts of the keys that are single characters.
  private let characters = Mutex<[Int]?>([Int](repeating: 0, count: Alphabet.limit))

  /// - Parameters:
  ///   - memory: bytes that all tables together may use.
  ///   - minCount: keys that occur less often are not wanted.
  ///   - expectedKeys: about how many keys a scan adds, repeated ones included.
  ///   - sketchesFirst: The first scan only sketches, and what the others find is passed on whatever its count: for
  ///     ranks, which add their sketches up in between.
  init(memory: Int, minCount: Int, expectedKeys: Int, sketchesFirst: Bool = false) {
    leastCount = sketchesFirst ? 1 : max(1, minCount)
    self.memory = CounterMemory(
      bytes: memory, minCount: max(1, minCount), expectedKeys: expectedKeys)
    partitions = (0..<Self.partitionCount).map { .init(CounterPartition(number: $0)) }
    guard sketchesFirst else { return }
    for partition in partitions {
      partition.mutex.withLock { $0.startSketch(self.memory) }
    }
  }

  /// After a scan that has sketched: makes every rank's counters the sums of all ranks'.
  func addSketches(of ranks: Communicator) throws {
    for partition in partitions { partition.mutex.withLock { $0.drain(memory) } }
    try CounterSketch.add(memory.sketch(), over: ranks, threshold: memory.minCount)
  }

  /// Staging space of one thread. Call `flush` when the thread's part of the scan is over.
  final class Stage {
    private let hashes: Block<UInt64>
    private let used: Block<Int32>
    private let characters: Block<Int>
    private let counter: PartitionedCounter

    fileprivate init(_ counter: PartitionedCounter) {
      self.counter = counter
      hashes = Block(uninitializedCount: partitionCount * batch)
      used = Block(repeating: 0, count: partitionCount)
      characters = Block(repeating: 0, count: Alphabet.limit)
    }

    @inline(__always)
    func add(_ key: UInt64) {
      let hash = PackedGram.hash(key)
      let partition = CounterPartition.number(of: hash)
      let position = used.pointer[partition]
      hashes.pointer[partition &* batch &+ Int(position)] = hash
      used.pointer[partition] = position &+ 1
      if position == Int32(batch &- 1) { handOver(partition) }
    }

    /// Adds a key that is a single character; these need no table.
    @inline(__always)
    func add(character: UInt16) { characters.pointer[Int(character)] &+= 1 }

    @inline(never)
    private func handOver(_ partition: Int) {
      counter.partitions[partition].mutex.withLock {
        $0.insert(
          hashes.pointer + partition * batch, count: Int(used.pointer[partition]),
          memory: counter.memory)
      }
      used.pointer[partition] = 0
    }

    func flush() {
      for partition in 0..<partitionCount where used[partition] > 0 { handOver(partition) }
      counter.characters.withLock { totals in
        // Gone after the first scan, which counts them all.
        guard totals != nil else { return }
        for id in 0..<characters.count where characters[id] > 0 {
          totals?[id] += characters[id]
          characters[id] = 0
        }
      }
    }
  }

  func stage() -> Stage { Stage(self) }

  /// Ends a scan: passes on every key whose count is at least `minCount`, and prepares what was left
  /// for the next scan. Returns whether another scan is needed.
  func harvest(_ body: (_ key: UInt64, _ count: Int) throws -> Void) rethrows -> Bool {
    let singles = characters.withLock { totals in
      defer { totals = nil }
      return totals ?? []
    }
    for (id, count) in singles.enumerated() where count >= leastCount {
      try body(UInt64(id), count)
    }
    var again = false
    for partition in partitions {
      again =
        try partition.mutex.withLock { try $0.harvest(memory, leastCount, body) } || again
    }
    return again
  }
}

extension Mutex where Value: ~Copyable {
  /// A mutex an array can hold.
  final class Box: Sendable {
    let mutex: Mutex<Value>
    init(_ value: consuming sending Value) { mutex = Mutex(value) }
  }
}
