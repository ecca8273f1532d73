import Foundation
import Messages

/// Draws from a discrete distribution in constant time from 8 bytes per outcome (Walker's alias
/// method, in the form of Vose 1991).
struct AliasTable: Sendable {
  private struct Slot {
    /// The outcome is the slot itself if a uniform 32-bit number is below this, else `other`.
    var bound: UInt32
    var other: UInt32
  }
  private let slots: [Slot]

  /// - Parameter weights: none negative, at least one positive.
  init(weights: [Double]) {
    let total = weights.reduce(0, +)
    require(
      total > 0 && weights.allSatisfy { $0 >= 0 },
      "AliasTable expected weights ≥ 0 with a positive sum, received a sum of \(total)")
    let count = Double(weights.count)
    var scaled = weights.map { $0 * count / total }
    var slots = [Slot](repeating: Slot(bound: .max, other: 0), count: weights.count)
    for index in slots.indices { slots[index].other = UInt32(index) }
    var small = scaled.indices.filter { scaled[$0] < 1 }
    var large = scaled.indices.filter { scaled[$0] >= 1 }
    while let low = small.last, let high = large.last {
      small.removeLast()
      slots[low] = Slot(bound: UInt32(scaled[low] * 0x1p32), other: UInt32(high))
      scaled[high] -= 1 - scaled[low]
      if scaled[high] < 1 {
        large.removeLast()
        small.append(high)
      }
    }
    self.slots = slots
  }

  /// The sampling distribution of negatives: count^power.
  init(counts: [Int], power: Double) {
    self.init(weights: counts.map { pow(Double($0), power) })
  }

  /// The outcome for 64 random bits.
  @inline(__always)
  func outcome(_ bits: UInt64) -> UInt32 {
    let row = ((bits >> 32) &* UInt64(slots.count)) >> 32
    let slot = slots[Int(row)]
    return UInt32(truncatingIfNeeded: bits) < slot.bound ? UInt32(row) : slot.other
  }
}

/// The numbers of the training loop: SplitMix64 (Steele, Lea and Flood 2014), which inlines to a few
/// instructions where tens of millions are drawn a second. Seeded from a `RandomStream`.
struct SampleStream {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  @inline(__always)
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number of `0..<bound`, `bound` being small.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(((next() >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
  }
}
