import Distributed
import Memory
import Messages

/// Sums what several ranks have counted: a key is owned by one of them, by its hash, which gets the counts of all
/// in rounds of bounded size and tells everybody which keys reach the threshold.
struct RankedCounts {
  private struct Entry: BitwiseCopyable {
    var key: UInt64
    var count: Int
  }

  /// Entries that a rank holds back before it gives them away: 8 MiB.
  private static let roundSize = 1 << 19

  private let communicator: Communicator
  private let minCount: Int
  private let memory: Int
  private var outgoing: [[Entry]]
  private var waiting = 0
  private var owned = CountTable()
  /// Key 0, which a table of counts cannot hold.
  private var zeros = 0

  /// - Parameter memory: What the owned keys may take, in bytes.
  init(_ communicator: Communicator, minCount: Int, memory: Int) {
    self.communicator = communicator
    self.minCount = max(1, minCount)
    self.memory = memory
    outgoing = (0..<communicator.size).map { _ in [] }
  }

  /// The rank that owns a key.
  private func owner(of key: UInt64) -> Int {
    Int((PackedGram.hash(key) >> 20) % UInt64(communicator.size))
  }

  mutating func add(_ key: UInt64, _ count: Int) throws {
    outgoing[owner(of: key)].append(Entry(key: key, count: count))
    waiting += 1
    if waiting >= Self.roundSize { _ = try exchange(isDone: false) }
  }

  /// One round. Returns whether all ranks are done.
  private mutating func exchange(isDone: Bool) throws -> Bool {
    let received = try communicator.exchange(outgoing)
    for rank in outgoing.indices { outgoing[rank].removeAll(keepingCapacity: true) }
    waiting = 0
    for entries in received {
      for entry in entries {
        if entry.key == 0 { zeros += entry.count } else { owned.add(entry.key, entry.count) }
      }
    }
    guard owned.count * 40 <= memory else {
      throw InputError(
        "\(owned.count) different n-grams are more than \(MemorySize.describe(memory)) hold on a rank: more "
          + "ranks, a higher `minCount` or more `memory` would work")
    }
    return try communicator.sum([isDone ? 0 : 1])[0] == 0
  }

  /// Ends this rank's part; gives the keys of all ranks that reach the threshold.
  mutating func finish(_ receive: (_ key: UInt64, _ count: Int) throws -> Void) throws {
    while try !exchange(isDone: true) {}
    var kept: [Entry] = []
    owned.forEachPair { key, count in
      if count >= minCount { kept.append(Entry(key: key, count: count)) }
    }
    owned = CountTable()
    if zeros >= minCount { kept.append(Entry(key: 0, count: zeros)) }
    // A round of gathering is bounded, too.
    let step = Self.roundSize
    let rounds = try communicator.maximum([Double((kept.count + step - 1) / step)])[0]
    for round in 0..<Int(rounds) {
      let part = kept[min(kept.count, round * step)..<min(kept.count, (round + 1) * step)]
      let bytes = part.withUnsafeBytes { Array($0) }
      for received in try communicator.gather(bytes) {
        try received.withUnsafeBytes { bytes in
          for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Entry>.stride) {
            let entry = bytes.loadUnaligned(fromByteOffset: offset, as: Entry.self)
            try receive(entry.key, entry.count)
          }
        }
      }
    }
  }
}
