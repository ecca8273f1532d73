import Parallel

/// The order in which an epoch visits the examples: a permutation for every epoch number, drawn from
/// the seed and that number alone, so that any epoch can be found again without the ones before it.
struct ExampleOrder: Sendable {
  let count: Int
  /// `nil` keeps the examples' own order in every epoch.
  let seed: UInt64?

  func permutation(epoch: Int) -> [Int] {
    var order = Array(0..<count)
    guard let seed else { return order }
    var random = RandomStream(seed: seed, stream: UInt64(epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.below(last + 1))
    }
    return order
  }
}
