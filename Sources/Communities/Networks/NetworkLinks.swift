import Memory

/// Links in the order they were read: blocks of id pairs, so that growing never copies, and weights
/// only from the first one on that is not 1.
final class NetworkLinks: @unchecked Sendable {
  // Unchecked: filled by one reader, then only read (or drained by one builder).

  static let blockSize = 1 << 18

  private(set) var count = 0
  private var sources: [Block<UInt32>] = []
  private var targets: [Block<UInt32>] = []
  private var weights: [Block<Double>]?

  init() {}

  var isWeighted: Bool { weights != nil }

  /// All weights are whole numbers whose sum stays below 2^31, so sums of them are exact counts.
  var areWeightsWhole: Bool {
    var isWhole = true
    var total = 0.0
    eachLink { _, _, weight in
      isWhole = isWhole && weight == weight.rounded()
      total += weight
    }
    return isWhole && total < 0x1p31
  }

  func append(_ source: UInt32, _ target: UInt32, _ weight: Double) {
    let place = count & (Self.blockSize - 1)
    if place == 0 {
      sources.append(Block(zeros: Self.blockSize))
      targets.append(Block(zeros: Self.blockSize))
      weights?.append(Block(zeros: Self.blockSize))
    }
    let block = sources.count - 1
    sources[block].pointer[place] = source
    targets[block].pointer[place] = target
    if weights == nil && weight != 1 { startWeights() }
    weights?[block].pointer[place] = weight
    count += 1
  }

  private func startWeights() {
    weights = sources.map { _ in
      let block = Block<Double>(zeros: Self.blockSize)
      block.pointer.update(repeating: 1, count: Self.blockSize)
      return block
    }
  }

  /// Calls `body` for every link, in order.
  @inline(__always)
  func eachLink(_ body: (_ source: UInt32, _ target: UInt32, _ weight: Double) throws -> Void)
    rethrows
  {
    for block in 0..<sources.count {
      let size = min(Self.blockSize, count - block * Self.blockSize)
      let from = sources[block].pointer
      let to = targets[block].pointer
      if let weights = weights?[block].pointer {
        for index in 0..<size { try body(from[index], to[index], weights[index]) }
      } else {
        for index in 0..<size { try body(from[index], to[index], 1) }
      }
    }
  }

  /// The smallest and the largest weight above 0; `nil` where there is none.
  var weightRange: (smallest: Double, largest: Double)? {
    guard isWeighted else { return count > 0 ? (1, 1) : nil }
    var range = (smallest: Double.infinity, largest: 0.0)
    eachLink { _, _, weight in
      guard weight > 0 else { return }
      range = (min(range.smallest, weight), max(range.largest, weight))
    }
    return range.largest > 0 ? range : nil
  }

  /// The same links, their weights multiplied by 2 to the power of `exponent`.
  func scaled(byPowerOfTwo exponent: Int) -> NetworkLinks {
    let result = NetworkLinks()
    eachLink {
      result.append($0, $1, Double(sign: .plus, exponent: exponent, significand: $2))
    }
    return result
  }

  /// Replaces every id by what `number` gives for it.
  func renumber(_ number: (UInt32) -> UInt32) {
    for block in 0..<sources.count {
      let size = min(Self.blockSize, count - block * Self.blockSize)
      for index in 0..<size {
        sources[block].pointer[index] = number(sources[block].pointer[index])
        targets[block].pointer[index] = number(targets[block].pointer[index])
      }
    }
  }

  /// Appends every link between different nodes once more, the other way round.
  func appendReversed() {
    let reversed = NetworkLinks()
    eachLink { if $0 != $1 { reversed.append($1, $0, $2) } }
    append(contentsOf: reversed)
  }

  /// Appends the links of `other`.
  func append(contentsOf other: NetworkLinks) {
    other.eachLink { append($0, $1, $2) }
  }
}
