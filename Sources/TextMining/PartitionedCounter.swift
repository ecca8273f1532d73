import Foundation
import Synchronization

/// Exact counts of 64-bit keys that arrive in any order from any number of threads, in bounded memory.
///
/// Keys go by hash into 256 partitions. A thread collects keys per partition and hands over a few
/// hundred at a time, so a partition's small table stays in cache while it is worked on and locks are
/// rare. A partition whose table would outgrow its share of the memory halves its work: it keeps one
/// half of the hash space and leaves the other half to a later scan of the corpus. No key is ever
/// written to disk, and the counts do not depend on threads, order or memory.
final class PartitionedCounter: Sendable {
  static let partitionCount = 256
  /// Keys a thread collects for one partition before it hands them over.
  static let batch = 256
  static let smallestTable = 256

  private let partitions: [Mutex<Partition>.Box]
  private let slotLimit: Int

  /// - Parameter memory: bytes that all tables together may use.
  init(memory: Int) {
    // A table doubles while the old one is still there: 1.5 times 12 bytes a slot at the end.
    let slots = max(Self.smallestTable, memory / Self.partitionCount / 18)
    slotLimit = 1 << (Int.bitWidth - 1 - slots.leadingZeroBitCount)
    partitions = (0..<Self.partitionCount).map { _ in Mutex<Partition>.Box(Partition()) }
  }

  /// Staging space of one thread. Call `flush` when the thread's part of the scan is over.
  final class Stage {
    fileprivate let keys: RawArray<UInt64>
    fileprivate let used: RawArray<Int32>
    private let counter: PartitionedCounter

    fileprivate init(_ counter: PartitionedCounter) {
      self.counter = counter
      keys = RawArray(uninitializedCount: partitionCount * batch)
      used = RawArray(repeating: 0, count: partitionCount)
    }

    @inline(__always)
    func add(_ key: UInt64) {
      let partition = Int(truncatingIfNeeded: PackedGram.hash(key) >> 24) & 255
      let position = used.pointer[partition]
      keys.pointer[partition &* batch &+ Int(position)] = key
      used.pointer[partition] = position &+ 1
      if position == Int32(batch &- 1) { handOver(partition) }
    }

    @inline(never)
    private func handOver(_ partition: Int) {
      counter.partitions[partition].mutex.withLock {
        $0.insert(
          keys.pointer + partition * batch, count: Int(used.pointer[partition]),
          slotLimit: counter.slotLimit)
      }
      used.pointer[partition] = 0
    }

    func flush() {
      for partition in 0..<partitionCount where used[partition] > 0 { handOver(partition) }
    }
  }

  func stage() -> Stage { Stage(self) }

  /// Ends a scan: passes on every key whose count is at least `minCount`, and prepares what was left
  /// for the next scan. Returns whether another scan is needed.
  func harvest(minCount: Int, _ body: (_ key: UInt64, _ count: Int) throws -> Void) rethrows -> Bool
  {
    var again = false
    for partition in partitions {
      again = try partition.mutex.withLock { try $0.harvest(minCount: minCount, body) } || again
    }
    return again
  }

  /// How many different keys the tables hold now.
  var distinct: Int { partitions.reduce(0) { $0 + $1.mutex.withLock { $0.used } } }

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

    deinit {
      keys?.deallocate()
      counts?.deallocate()
    }

    mutating func insert(_ batch: UnsafePointer<UInt64>, count: Int, slotLimit: Int) {
      if idle { return }
      if (used + count) * 5 > capacity * 3 { makeRoom(count, slotLimit: slotLimit) }
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

    /// Grows the table, or, at the limit, gives half of the part away until `count` keys fit.
    private mutating func makeRoom(_ count: Int, slotLimit: Int) {
      while (used + count) * 5 > capacity * 3 {
        if capacity < slotLimit || capacity == 0 {
          rebuild(capacity: max(smallestTable * 4, capacity * 2))
        } else {
          let bit = part.bits
          waiting.append(Part(bits: bit + 1, residue: part.residue | 1 << bit))
          part.bits += 1
          rebuild(capacity: capacity)
        }
      }
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
      if let keys, let counts {
        for slot in 0..<capacity where keys[slot] != 0 {
          var count = Int(counts[slot])
          if !overflow.isEmpty { count += overflow[keys[slot]] ?? 0 }
          if count >= minCount { try body(keys[slot], count) }
        }
        keys.deallocate()
        counts.deallocate()
      }
      keys = nil
      counts = nil
      capacity = 0
      used = 0
      overflow = [:]
      if let next = waiting.popLast() {
        part = next
      } else {
        idle = true
      }
      return !idle
    }
  }
}

extension Mutex where Value: ~Copyable {
  /// A mutex an array can hold.
  final class Box: Sendable {
    let mutex: Mutex<Value>
    init(_ value: consuming sending Value) { mutex = Mutex(value) }
  }
}
