import CPrefetch
import Distributed
import Memory

/// Counters of one byte that keys share by hash; they stop at the threshold.
struct CounterSketch {
  /// What `counters` points into.
  private let memory: Block<UInt8>
  private let counters: UnsafeMutablePointer<UInt8>
  private let threshold: UInt8
  private let mask: UInt64

  /// The sketch of partition `number`.
  init(_ memory: Block<UInt8>, number: Int, threshold: Int) {
    let count = memory.count / PartitionedCounter.partitionCount
    self.memory = memory
    counters = memory.pointer + number * count
    counters.update(repeating: 0, count: count)
    self.threshold = UInt8(min(255, threshold))
    mask = UInt64(count - 1)
  }

  /// Other bits of the hash than those that chose the partition.
  @inline(__always)
  private func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: (hash >> 16) & mask) }

  func add(_ hashes: UnsafePointer<UInt64>, count: Int) {
    for index in 0..<count { prefetch(counters + place(hashes[index])) }
    for index in 0..<count {
      let place = place(hashes[index])
      // At most 255, which one more must not wrap.
      let value = counters[place]
      counters[place] = value &+ (value < threshold ? 1 : 0)
    }
  }

  func add(_ hash: UInt64, times: Int) {
    let place = place(hash)
    counters[place] = UInt8(min(Int(threshold), Int(counters[place]) + min(times, 255)))
  }

  /// Copies the hashes whose counter reached the threshold; returns how many.
  func frequent(
    _ hashes: UnsafePointer<UInt64>, count: Int, into target: UnsafeMutablePointer<UInt64>
  ) -> Int {
    for index in 0..<count { prefetch(counters + place(hashes[index])) }
    var found = 0
    // Without a branch, which nothing could predict: the sign says whether the counter is too small.
    let threshold = Int(threshold)
    for index in 0..<count {
      target[found] = hashes[index]
      found &+= 1 &+ (Int(counters[place(hashes[index])]) &- threshold) >> 63
    }
    return found
  }

  /// Makes counters of all partitions the sums over ranks, which stop at the threshold, too. Each rank adds up a part of
  /// every piece.
  static func add(_ memory: Block<UInt8>, over ranks: Communicator, threshold: Int) throws {
    let threshold = min(255, threshold)
    for start in stride(from: 0, to: memory.count, by: pieceBytes) {
      let piece = UnsafeMutableBufferPointer(
        start: memory.pointer + start, count: min(pieceBytes, memory.count - start))
      let cuts = (0...ranks.size).map { piece.count * $0 / ranks.size }
      let received = try ranks.exchange(
        (0..<ranks.size).map { Array(piece[cuts[$0]..<cuts[$0 + 1]]) })
      var sums = received[0]
      for part in received.dropFirst() {
        for index in sums.indices {
          sums[index] = UInt8(min(threshold, Int(sums[index]) + Int(part[index])))
        }
      }
      for (rank, part) in try ranks.gather(sums).enumerated() {
        for (index, counter) in part.enumerated() { piece[cuts[rank] + index] = counter }
      }
    }
  }

  private static let pieceBytes = 8 << 20
}
