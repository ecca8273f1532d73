import Memory
import Synchronization

/// Where the tables and sketches of a `PartitionedCounter` lie: those of all partitions in one piece, so
/// that huge pages can back it. Hashes spread evenly, so all partitions need about the same.
final class CounterMemory: Sendable {
  /// Tables of more slots a partition (8 MB in all) leave the cache: a sketch is smaller.
  private static let cachedSlots = 1 << 12
  /// Least count that makes a small sketch tell frequent keys from rare ones.
  private static let sketchedCount = 8
  private static let smallestTable = 1 << 8

  let minCount: Int
  /// Slots of the largest table of a partition that has no sketch yet.
  let tableLimit: Int
  /// The same where most keys are rare.
  let tableLimitOfRareKeys: Int
  /// Slots of the largest table of a partition beside its sketch.
  let tableLimitBesideSketch: Int
  /// Hashes of a partition that may wait to be counted.
  let pendingCapacity: Int
  private let pending: Block<UInt64>
  /// Shared counters of a partition's sketch.
  private let counters: Int
  private let latest = Mutex(Latest())

  private struct Latest {
    // Alive as long as some partition uses it.
    weak var table: Block<UInt64>?
    weak var sketch: Block<UInt8>?
  }

  init(bytes: Int, minCount: Int, expectedKeys: Int) {
    self.minCount = minCount
    let share = bytes / PartitionedCounter.partitionCount
    // At most a sixteenth of the memory, and no more than is filled several times over.
    pendingCapacity = max(
      PartitionedCounter.batch,
      min(1 << 14, share / 128, expectedKeys / PartitionedCounter.partitionCount / 16))
    pending = Block(uninitializedCount: PartitionedCounter.partitionCount * pendingCapacity)
    // A table doubles while the old one is still there: 1.5 times 8 bytes a slot at the end.
    let slots = max(Self.smallestTable, Self.powerOfTwo(notAbove: share / 12))
    tableLimit = slots
    tableLimitOfRareKeys = minCount >= Self.sketchedCount ? min(slots, Self.cachedSlots) : slots
    tableLimitBesideSketch = max(Self.smallestTable, slots / 2)
    // Rare keys that share a counter should not reach the least count together: they fill a quarter of it.
    // At most a third of the memory, as the table beside it may take half.
    let wanted = expectedKeys / PartitionedCounter.partitionCount * 4 / minCount
    counters = min(slots * 4, Self.powerOfTwo(notAbove: max(4096, wanted) * 2))
  }

  private static func powerOfTwo(notAbove value: Int) -> Int {
    value < 1 ? 0 : 1 << (Int.bitWidth - 1 - value.leadingZeroBitCount)
  }

  /// Where the hashes of a partition wait.
  func pending(_ number: Int) -> UnsafeMutablePointer<UInt64> {
    pending.pointer + number * pendingCapacity
  }

  /// Room, not cleared, for all tables of more than `slots` slots a partition; whoever comes late gets
  /// what the others have.
  func table(largerThan slots: Int) -> Block<UInt64> {
    latest.withLock { latest in
      if let table = latest.table, table.count > slots * PartitionedCounter.partitionCount {
        return table
      }
      let table = Block<UInt64>(
        uninitializedCount: PartitionedCounter.partitionCount * max(Self.smallestTable, slots * 2))
      latest.table = table
      return table
    }
  }

  /// Room, not cleared, for all sketches.
  func sketch() -> Block<UInt8> {
    latest.withLock { latest in
      if let sketch = latest.sketch { return sketch }
      let sketch = Block<UInt8>(
        uninitializedCount: PartitionedCounter.partitionCount * counters)
      latest.sketch = sketch
      return sketch
    }
  }
}
