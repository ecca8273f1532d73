/// One record of a TensorBoard event file: when it was written, for which step, what it says.
public struct Event: Sendable, Equatable {
  /// Seconds since 1970.
  public var wallTime: Double
  public var step: Int
  public var content: Content

  public init(wallTime: Double, step: Int, content: Content) {
    self.wallTime = wallTime
    self.step = step
    self.content = content
  }

  public enum Content: Sendable, Equatable {
    /// The first record of every file.
    case fileVersion(String)
    case summary([SummaryValue])
    /// Something this package does not interpret (a graph, a session log).
    case other
  }
}

/// What one tag shows at one step.
public struct SummaryValue: Sendable, Equatable {
  public var tag: String
  public var content: Content

  public init(tag: String, _ content: Content) {
    self.tag = tag
    self.content = content
  }

  public enum Content: Sendable, Equatable {
    case scalar(Float)
    /// A PNG file and the size of its picture.
    case image(width: Int, height: Int, channels: Int, png: [UInt8])
    /// Texts, shown as Markdown.
    case text([String])
    case histogram(Histogram)
    /// Something this package does not interpret.
    case other
  }

  public static func image(tag: String, _ image: Image) -> SummaryValue {
    SummaryValue(
      tag: tag,
      .image(width: image.width, height: image.height, channels: image.channels, png: image.png()))
  }
}

/// Counts of values in buckets, with the moments of the values themselves.
public struct Histogram: Sendable, Equatable {
  public var minimum: Double
  public var maximum: Double
  public var count: Double
  public var sum: Double
  public var sumOfSquares: Double
  /// Upper ends of the buckets, ascending; the first bucket starts at minus infinity.
  public var limits: [Double]
  public var counts: [Double]

  public init(
    minimum: Double, maximum: Double, count: Double, sum: Double, sumOfSquares: Double,
    limits: [Double], counts: [Double]
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.count = count
    self.sum = sum
    self.sumOfSquares = sumOfSquares
    self.limits = limits
    self.counts = counts
  }

  /// The histogram of the finite ones of `values` in `bins` buckets of equal width.
  public init(of values: [Double], bins: Int = 30) {
    let finite = values.filter(\.isFinite)
    let low = finite.min() ?? 0
    let high = finite.max() ?? 0
    let bins = low == high ? 1 : max(1, bins)
    let width = (high - low) / Double(bins)
    var counts = [Double](repeating: 0, count: bins)
    for value in finite {
      let bucket = width > 0 && width.isFinite ? Int((value - low) / width) : 0
      counts[min(bins - 1, max(0, bucket))] += 1
    }
    self.init(
      minimum: low, maximum: high, count: Double(finite.count), sum: finite.reduce(0, +),
      sumOfSquares: finite.reduce(0) { $0 + $1 * $1 },
      limits: (1...bins).map { $0 == bins ? high : low + Double($0) * width }, counts: counts)
  }
}
