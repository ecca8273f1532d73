import Messages
import Parallel

/// In which order an epoch visits the examples.
public enum BatchOrder: Sendable, Equatable {
  /// The examples' own order.
  case sequential
  /// Each example once, in an order drawn anew for each epoch. Of a stream: through a shuffle buffer.
  case shuffled
  /// Draws with replacement, as many as there are examples, in proportion to these weights.
  case weighted([Double])
  /// Draws with replacement, as many as there are examples: every class as often as any other.
  case balanced
  /// Each example once, batches of similar length: examples are shuffled, sorted by length within
  /// windows of `window` batches, and the batches of a window shuffled.
  case bucketed(window: Int)
}

/// A permutation for every epoch number, drawn from the seed and that number alone, so that any epoch
/// can be found again without the ones before it.
enum ShuffledOrder {
  static func permutation(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var order = Array(0..<count)
    var random = RandomStream(seed: seed, stream: UInt64(epoch))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, random.below(last + 1))
    }
    return order
  }
}

/// The order of every epoch of one loader.
struct EpochOrder: Sendable {
  private let order: BatchOrder
  private let count: Int
  private let batchSize: Int
  private let seed: UInt64
  /// Running sums of the weights, where examples are drawn.
  private let cumulative: [Double]
  private let lengths: [Int]

  /// Throws `InputError` where the order needs what the source does not tell.
  init(_ order: BatchOrder, of source: some ExampleSource, batchSize: Int, seed: UInt64) throws {
    self.order = order
    self.batchSize = batchSize
    self.seed = seed
    count = source.count
    var weights: [Double] = []
    var lengths: [Int] = []
    switch order {
    case .sequential, .shuffled: break
    case .weighted(let given):
      guard given.count == source.count else {
        throw InputError("\(given.count) weights for \(source.count) examples")
      }
      guard given.allSatisfy({ $0 >= 0 && $0.isFinite }), given.contains(where: { $0 > 0 }) else {
        throw InputError("weights of examples expected numbers ≥ 0, not all 0")
      }
      weights = given
    case .balanced:
      guard let labels = source.classLabels else {
        throw InputError("a balanced order needs the class of each example (classLabels)")
      }
      var sizes: [Int: Int] = [:]
      for label in labels { sizes[label, default: 0] += 1 }
      weights = labels.map { 1 / Double(sizes[$0] ?? 1) }
    case .bucketed(let window):
      require(window >= 1, "BatchOrder.bucketed expected a window ≥ 1, received \(window)")
      lengths = (0..<source.count).compactMap(source.length)
      guard lengths.count == source.count else {
        throw InputError("a bucketed order needs the length of each example (length(at:))")
      }
    }
    var total = 0.0
    cumulative = weights.map {
      total += $0
      return total
    }
    self.lengths = lengths
  }

  func indices(epoch: Int) -> [Int] {
    switch order {
    case .sequential: return Array(0..<count)
    case .shuffled: return ShuffledOrder.permutation(count: count, seed: seed, epoch: epoch)
    case .weighted, .balanced:
      var random = RandomStream(seed: seed, stream: UInt64(epoch))
      guard let total = cumulative.last else { return [] }
      return (0..<count).map { _ in place(of: random.uniform() * total) }
    case .bucketed(let window): return bucketed(window, epoch)
    }
  }

  /// The first example whose running sum exceeds `value`.
  private func place(of value: Double) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func bucketed(_ window: Int, _ epoch: Int) -> [Int] {
    let order = ShuffledOrder.permutation(count: count, seed: seed, epoch: epoch)
    var random = RandomStream(seed: seed ^ 0x6275_636b_6574, stream: UInt64(epoch))
    let size = window * batchSize
    var result: [Int] = []
    result.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: size) {
      let sorted = order[start..<min(count, start + size)].enumerated()
        .sorted { (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset) }
        .map(\.element)
      // Only whole batches change places: the short one stays last.
      var batches = (0..<sorted.count / batchSize).map { $0 * batchSize }
      batches.shuffle(using: &random)
      for batch in batches { result += sorted[batch..<batch + batchSize] }
      result += sorted[(sorted.count / batchSize * batchSize)...]
    }
    return result
  }
}
