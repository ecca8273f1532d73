import CPrefetch
import Memory

/// One of the 256 parts of a `PartitionedCounter`: a table, later perhaps a sketch and a table.
///
/// `@unchecked Sendable`: the slices it points to are its own, and its lock is held by whoever uses it.
struct CounterPartition: ~Copyable, @unchecked Sendable {
  /// The hashes whose low `bits` bits are `residue`.
  private struct Part {
    var bits: UInt64
    var residue: UInt64

    @inline(__always)
    func contains(_ hash: UInt64) -> Bool { hash & ((1 << bits) &- 1) == residue }
  }

  private let number: Int
  /// What `slots` points into.
  private var table: Block<UInt64>?
  /// A slot is a hash without the partition's eight bits (its name), then a count of one byte; 0: empty. A
  /// hash can be undone, so the name stands for the key.
  private var slots: UnsafeMutablePointer<UInt64>?
  private var capacity = 0
  private var used = 0
  /// Keys counted, repeated ones included.
  private var tallied = 0
  /// By name, multiples of 255 that no longer fit the byte.
  private var overflow: [UInt64: Int] = [:]
  private var sketch: CounterSketch?
  /// Whether this scan fills the sketch.
  private var isSketching = false
  private var part = Part(bits: 0, residue: 0)
  private var waiting: [Part] = []
  private var pendingCount = 0
  private var isDone = false

  init(number: Int) { self.number = number }

  /// The partition of a hash: its highest bits.
  @inline(__always)
  static func number(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 56) }

  @inline(__always)
  private static func name(_ entry: UInt64) -> UInt64 { entry & ~255 }

  /// Adds hashes, at most `PartitionedCounter.batch`. They wait until there are many: a table or sketch
  /// beyond the cache then gives each cache line it is asked for several times.
  mutating func insert(_ hashes: UnsafePointer<UInt64>, count: Int, memory: CounterMemory) {
    if isDone { return }
    let pending = memory.pending(number)
    (pending + pendingCount).update(from: hashes, count: count)
    pendingCount += count
    if pendingCount > memory.pendingCapacity - PartitionedCounter.batch { drain(memory) }
  }

  mutating func drain(_ memory: CounterMemory) {
    let pending = memory.pending(number)
    for start in stride(from: 0, to: pendingCount, by: PartitionedCounter.batch) {
      count(
        pending + start, count: min(PartitionedCounter.batch, pendingCount - start), memory: memory)
    }
    pendingCount = 0
  }

  private mutating func count(
    _ hashes: UnsafePointer<UInt64>, count: Int, memory: CounterMemory
  ) {
    guard let sketch else { return tally(hashes, count: count, memory: memory) }
    if isSketching { return sketch.add(hashes, count: count) }
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { promising in
      guard let base = promising.baseAddress else { return }
      let found = sketch.frequent(hashes, count: count, into: base)
      if found > 0 { tally(base, count: found, memory: memory) }
    }
  }

  private mutating func tally(
    _ hashes: UnsafePointer<UInt64>, count: Int, memory: CounterMemory
  ) {
    if isCrowded(by: count) { makeRoom(count, memory: memory) }
    if isSketching { return self.count(hashes, count: count, memory: memory) }
    guard let slots else { return }
    // The bits after the partition's choose the slot.
    let shift = UInt64(56 &- capacity.trailingZeroBitCount)
    let mask = capacity &- 1
    let part = part
    tallied += count
    for index in 0..<count {
      prefetch(slots + Int(truncatingIfNeeded: hashes[index] >> shift) & mask)
    }
    for index in 0..<count {
      let hash = hashes[index]
      if !part.contains(hash) { continue }
      let name = hash << 8
      var slot = Int(truncatingIfNeeded: hash >> shift) & mask
      while true {
        let entry = slots[slot]
        if entry == 0 {
          slots[slot] = name | 1
          used &+= 1
          break
        }
        if Self.name(entry) == name {
          if entry & 255 == 255 {
            overflow[name, default: 0] += 255
            slots[slot] = name | 1
          } else {
            slots[slot] = entry &+ 1
          }
          break
        }
        slot = (slot &+ 1) & mask
      }
    }
  }

  private func isCrowded(by count: Int) -> Bool { (used + count) * 5 > capacity * 3 }

  /// Slots the table may grow to. Without a sketch that depends on how often its keys occur: where most
  /// stay below `minCount`, a sketch does better than a large table.
  private func limit(_ memory: CounterMemory) -> Int {
    if sketch != nil { return memory.tableLimitBesideSketch }
    return tallied < used * memory.minCount ? memory.tableLimitOfRareKeys : memory.tableLimit
  }

  /// Grows the table, or, at the limit, turns it into a sketch, or, where there is one already, gives
  /// half of the part away until `count` more fit.
  private mutating func makeRoom(_ count: Int, memory: CounterMemory) {
    let limit = limit(memory)
    while isCrowded(by: count) {
      if capacity < limit {
        rebuild(in: memory.table(largerThan: capacity))
      } else if memory.minCount > 1, sketch == nil {
        return startSketch(memory)
      } else {
        let bit = part.bits
        waiting.append(Part(bits: bit + 1, residue: part.residue | 1 << bit))
        part.bits += 1
        rebuild(in: nil)
      }
    }
  }

  mutating func startSketch(_ memory: CounterMemory) {
    let sketch = CounterSketch(memory.sketch(), number: number, threshold: memory.minCount)
    forEachEntry { name, count in sketch.add(name >> 8, times: count) }
    clear()
    self.sketch = sketch
    isSketching = true
  }

  private mutating func clear() {
    table = nil
    slots = nil
    capacity = 0
    used = 0
    tallied = 0
    overflow = [:]
  }

  private func forEachEntry(_ body: (_ name: UInt64, _ count: Int) throws -> Void) rethrows {
    guard let slots else { return }
    for slot in 0..<capacity where slots[slot] != 0 {
      let name = Self.name(slots[slot])
      try body(name, Int(slots[slot] & 255) + (overflow.isEmpty ? 0 : overflow[name] ?? 0))
    }
  }

  /// Moves what belongs to `part` to the partition's slice of `larger`, or keeps it where it is.
  private mutating func rebuild(in larger: Block<UInt64>?) {
    var kept: [UInt64] = []
    kept.reserveCapacity(used)
    if let slots {
      for slot in 0..<capacity where slots[slot] != 0 {
        if part.contains(slots[slot] >> 8) {
          kept.append(slots[slot])
        } else {
          overflow[Self.name(slots[slot])] = nil
        }
      }
    }
    if let larger {
      table = larger
      capacity = larger.count / PartitionedCounter.partitionCount
      slots = larger.pointer + number * capacity
    }
    used = kept.count
    guard let slots else { return }
    slots.update(repeating: 0, count: capacity)
    let shift = UInt64(64 - capacity.trailingZeroBitCount)
    for entry in kept {
      var slot = Int(truncatingIfNeeded: entry >> shift)
      while slots[slot] != 0 { slot = (slot &+ 1) & (capacity &- 1) }
      slots[slot] = entry
    }
  }

  /// Ends a scan; see `PartitionedCounter.harvest`.
  mutating func harvest(
    _ memory: CounterMemory, _ leastCount: Int, _ body: (_ key: UInt64, _ count: Int) throws -> Void
  ) rethrows -> Bool {
    drain(memory)
    if isSketching {
      isSketching = false
      return true
    }
    try forEachEntry { name, count in
      if count >= leastCount {
        try body(PackedGram.key(hash: UInt64(number) << 56 | name >> 8), count)
      }
    }
    clear()
    if let next = waiting.popLast() {
      part = next
    } else {
      isDone = true
      sketch = nil
    }
    return !isDone
  }
}
