import Foundation
import Synchronization

/// Exact counts of 64-bit keys that arrive in any order from any number of threads, in bounded memory.
///
/// Keys go by hash into 256 partitions. A thread collects keys per partition and hands over a few
/// hundred at a time, so a partition's small table stays in cache while it is worked on and locks are
/// rare. A partition whose table would outgrow its share of the memory gives the table up for a sketch:
/// small counters that several keys share, whose counts are too large but never too small. The next
/// scan of the corpus then counts only the keys whose counter reached `minCount`, as Park, Chen and Yu
/// (1995) prune candidates. Where that is still too much (or all keys are wanted) a partition keeps one
/// half of its hash space and leaves the other half to a later scan. No key is ever written to disk, and
/// the counts do not depend on threads, order or memory.
final class PartitionedCounter: Sendable {
  static let partitionCount = 256
  /// Keys a thread collects for one partition before it hands them over.
  static let batch = 256
  static let smallestTable = 256

  private let partitions: [Mutex<Partition>.Box]
  private let limits: Limits
  /// Counts of the keys that are single characters.
  private let characters = Mutex<[Int]?>([Int](repeating: 0, count: Alphabet.limit))

  fileprivate struct Limits {
    /// Slots of the largest table of a partition.
    let slots: Int
    let minCount: Int
  }

  /// - Parameters:
  ///   - memory: bytes that all tables together may use.
  ///   - minCount: keys that occur less often are not wanted.
  init(memory: Int, minCount: Int) {
    // A table doubles while the old one is still there: 1.5 times 12 bytes a slot at the end.
    let slots = max(Self.smallestTable, memory / Self.partitionCount / 18)
    limits = Limits(
      slots: 1 << (Int.bitWidth - 1 - slots.leadingZeroBitCount), minCount: max(1, minCount))
    partitions = (0..<Self.partitionCount).map { _ in Mutex<Partition>.Box(Partition()) }
  }

  /// Staging space of one thread. Call `flush` when the thread's part of the scan is over.
  final class Stage {
    fileprivate let keys: RawArray<UInt64>
    fileprivate let used: RawArray<Int32>
    fileprivate let characters: RawArray<Int>
    private let counter: PartitionedCounter

    fileprivate init(_ counter: PartitionedCounter) {
      self.counter = counter
      keys = RawArray(uninitializedCount: partitionCount * batch)
      used = RawArray(repeating: 0, count: partitionCount)
      characters = RawArray(repeating: 0, count: Alphabet.limit)
    }

    @inline(__always)
    func add(_ key: UInt64) {
      let partition = Int(truncatingIfNeeded: PackedGram.hash(key) >> 24) & 255
      let position = used.pointer[partition]
      keys.pointer[partition &* batch &+ Int(position)] = key
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
          keys.pointer + partition * batch, count: Int(used.pointer[partition]),
          limits: counter.limits)
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
    for (id, count) in singles.enumerated() where count >= limits.minCount {
      try body(UInt64(id), count)
    }
    var again = false
    for partition in partitions {
      again =
        try partition.mutex.withLock { try $0.harvest(minCount: limits.minCount, body) } || again
    }
    return again
  }

  fileprivate struct Part {
    var bits: UInt64
    var residue: UInt64
  }

  /// `@unchecked Sendable`: the pointers are its own, and its lock is held by whoever uses it.
  fileprivate struct Partition: ~Copyable, @unchecked Sendable {
    var keys: UnsafeMutablePointer<UInt64>?
    var counts: UnsafeMutablePointer<UInt32>?
    var capacity = 0
    var used = 0
    var part = Part(bits: 0, residue: 0)
    var waiting: [Part] = []
    var idle = false
    /// Multiples of 2^32 that no longer fit the count of a key.
    var overflow: [UInt64: Int] = [:]
    var sketch: Sketch?
    /// Whether this scan fills the sketch.
    var isSketching = false

    deinit {
      keys?.deallocate()
      counts?.deallocate()
    }

    mutating func insert(_ batch: UnsafePointer<UInt64>, count: Int, limits: Limits) {
      if idle { return }
      if let sketch {
        if isSketching {
          for index in 0..<count { sketch.add(PackedGram.hash(batch[index])) }
          return
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { promising in
          var found = 0
          for index in 0..<count {
            promising[found] = batch[index]
            if sketch.isFrequent(PackedGram.hash(batch[index])) { found &+= 1 }
          }
          if let base = promising.baseAddress, found > 0 {
            tally(UnsafePointer(base), count: found, limits: limits)
          }
        }
        return
      }
      tally(batch, count: count, limits: limits)
    }

    private mutating func tally(_ batch: UnsafePointer<UInt64>, count: Int, limits: Limits) {
      if (used + count) * 5 > capacity * 3 { makeRoom(count, limits: limits) }
      if isSketching { return insert(batch, count: count, limits: limits) }
      guard let keys, let counts else { return }
      let mask = UInt64(capacity &- 1)
      let partMask = (1 << part.bits) &- 1 as UInt64
      let residue = part.residue
      for index in 0..<count {
        let key = batch[index]
        let hash = PackedGram.hash(key)
        if hash & partMask != residue { continue }
        var slot = Int(truncatingIfNeeded: (hash >> 32) & mask)
        while true {
          let found = keys[slot]
          if found == key {
            let next = counts[slot] &+ 1
            counts[slot] = next
            if next == 0 { overflow[key, default: 0] += 1 << 32 }
            break
          }
          if found == 0 {
            keys[slot] = key
            counts[slot] = 1
            used &+= 1
            break
          }
          slot = (slot &+ 1) & Int(truncatingIfNeeded: mask)
        }
      }
    }

    /// Grows the table, or, at the limit, turns it into a sketch, or, where there is one already, gives
    /// half of the part away until `count` keys fit.
    private mutating func makeRoom(_ count: Int, limits: Limits) {
      // The sketch takes the room of the larger half.
      let largest = sketch == nil ? limits.slots : max(smallestTable, limits.slots / 2)
      while (used + count) * 5 > capacity * 3 {
        if capacity < largest || capacity == 0 {
          rebuild(capacity: max(smallestTable * 4, capacity * 2))
        } else if limits.minCount > 1, sketch == nil {
          return startSketch(limits)
        } else {
          let bit = part.bits
          waiting.append(Part(bits: bit + 1, residue: part.residue | 1 << bit))
          part.bits += 1
          rebuild(capacity: capacity)
        }
      }
    }

    private mutating func startSketch(_ limits: Limits) {
      let sketch = Sketch(counters: limits.slots * 8, threshold: limits.minCount)
      if let keys, let counts {
        for slot in 0..<capacity where keys[slot] != 0 {
          sketch.add(
            PackedGram.hash(keys[slot]),
            times: overflow[keys[slot]] == nil ? Int(counts[slot]) : .max)
        }
      }
      clear()
      self.sketch = sketch
      isSketching = true
    }

    private mutating func clear() {
      keys?.deallocate()
      counts?.deallocate()
      keys = nil
      counts = nil
      capacity = 0
      used = 0
      overflow = [:]
    }

    private mutating func rebuild(capacity newCapacity: Int) {
      let newKeys = UnsafeMutablePointer<UInt64>.allocate(capacity: newCapacity)
      newKeys.initialize(repeating: 0, count: newCapacity)
      let newCounts = UnsafeMutablePointer<UInt32>.allocate(capacity: newCapacity)
      newCounts.initialize(repeating: 0, count: newCapacity)
      let mask = newCapacity - 1
      let partMask = (1 << part.bits) &- 1 as UInt64
      var kept = 0
      if let keys, let counts {
        for old in 0..<capacity where keys[old] != 0 {
          let hash = PackedGram.hash(keys[old])
          if hash & partMask != part.residue {
            overflow[keys[old]] = nil
            continue
          }
          var slot = Int(truncatingIfNeeded: hash >> 32) & mask
          while newKeys[slot] != 0 { slot = (slot &+ 1) & mask }
          newKeys[slot] = keys[old]
          newCounts[slot] = counts[old]
          kept += 1
        }
        keys.deallocate()
        counts.deallocate()
      }
      keys = newKeys
      counts = newCounts
      capacity = newCapacity
      used = kept
    }

    mutating func harvest(
      minCount: Int, _ body: (_ key: UInt64, _ count: Int) throws -> Void
    ) rethrows -> Bool {
      if isSketching {
        isSketching = false
        return true
      }
      if let keys, let counts {
        for slot in 0..<capacity where keys[slot] != 0 {
          var count = Int(counts[slot])
          if !overflow.isEmpty { count += overflow[keys[slot]] ?? 0 }
          if count >= minCount { try body(keys[slot], count) }
        }
      }
      clear()
      if let next = waiting.popLast() {
        part = next
      } else {
        idle = true
        sketch = nil
      }
      return !idle
    }
  }

  /// Counters of one byte that keys share by hash; they stop at the threshold.
  fileprivate struct Sketch {
    private let counters: RawArray<UInt8>
    private let threshold: UInt8
    private let mask: UInt64

    init(counters count: Int, threshold: Int) {
      counters = RawArray(repeating: 0, count: count)
      self.threshold = UInt8(min(255, threshold))
      mask = UInt64(count - 1)
    }

    /// Other bits of the hash than those that chose the partition.
    @inline(__always)
    private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash >> 32) & mask) }

    @inline(__always)
    func add(_ hash: UInt64) {
      let place = place(hash)
      let value = counters.pointer[place]
      counters.pointer[place] = value &+ (value < threshold ? 1 : 0)
    }

    func add(_ hash: UInt64, times: Int) {
      let place = place(hash)
      counters[place] = UInt8(min(Int(threshold), Int(counters[place]) + min(times, 255)))
    }

    @inline(__always)
    func isFrequent(_ hash: UInt64) -> Bool { counters.pointer[place(hash)] >= threshold }
  }
}

extension Mutex where Value: ~Copyable {
  /// A mutex an array can hold.
  final class Box: Sendable {
    let mutex: Mutex<Value>
    init(_ value: consuming sending Value) { mutex = Mutex(value) }
  }
}
