import Messages

/// Weights whose sums and reciprocals are numbers.
///
/// Flow depends on ratios of weights, so all may be multiplied by one factor, a power of two, which
/// changes no digit. What lies within 2^±500 is left as it is.
enum WeightScale {
  private static let usual = 500
  /// As far apart as weights may be: twice their distance from 1 stays within a `Double`'s exponents.
  private static let widest = 1900

  /// `links` with weights that can be added and divided by. Throws as `exponent` does.
  static func usable(_ links: NetworkLinks) throws -> NetworkLinks {
    guard let range = links.weightRange,
      let exponent = try exponent(range.smallest...range.largest, count: links.count)
    else { return links }
    return links.scaled(byPowerOfTwo: exponent)
  }

  /// The power of two that makes `count` weights within `range` usable, `nil` where they are. Throws
  /// `InputError` where they lie so far apart that none does.
  static func exponent(_ range: ClosedRange<Double>, count: Int) throws -> Int? {
    let low = Int(range.lowerBound.exponent)
    // The sum of all weights, both ways, and one to spare.
    let high = Int(range.upperBound.exponent) + (Int.bitWidth - count.leadingZeroBitCount) + 2
    if low >= -usual, high <= usual { return nil }
    guard high - low <= widest else {
      throw InputError(
        "the weights of links, from \(range.lowerBound) to \(range.upperBound), lie too far apart to "
          + "be added; leave out the smallest")
    }
    return -(low + high) / 2
  }

  /// Weights of nodes as shares of their sum, which may be larger than any number.
  static func shares(_ weights: [Double]) -> [Double]? {
    guard let largest = weights.max(), largest > 0 else { return nil }
    let scaled = weights.map { $0 / largest }
    let total = scaled.reduce(0, +)
    return scaled.map { $0 / total }
  }
}
