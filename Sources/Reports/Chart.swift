import Formats
import Messages

/// A chart of a report: what is shown, not how it is drawn.
public struct Chart: Sendable {
  public var title: String
  /// A sentence below the chart.
  public var caption: String?
  /// Half as wide as the page: neighboring half charts stand side by side.
  public var isHalfWidth = false
  var content: Content

  enum Content: Sendable {
    case curves([Series], x: Axis, y: Axis, smoothing: Double)
    case bars(categories: [String], series: [(name: String, values: [Double])], y: Axis)
    case histogram([(name: String, histogram: Histogram)], x: Axis)
    case heatMap([[Double]], rows: [String], columns: [String], x: Axis, y: Axis)
  }

  /// Curves over a common axis; `NaN` makes a gap, and on a logarithmic axis so does `≤ 0`.
  ///
  /// `smoothing` in `0..<1` is the weight of the past in an exponential average (bias-corrected);
  /// above 0 the curve itself stays visible, faint. Long series are thinned to at most 2000 points
  /// that keep every extreme.
  public static func lines(
    _ title: String, _ series: [Series], x: Axis = Axis("step"), y: Axis = Axis(""),
    smoothing: Double = 0
  ) -> Chart {
    require(
      smoothing >= 0 && smoothing < 1, "smoothing expected in 0..<1, received \(smoothing)")
    return Chart(title: title, content: .curves(series, x: x, y: y, smoothing: smoothing))
  }

  /// Points in the plane, colored by series.
  public static func scatter(
    _ title: String, _ series: [Series], x: Axis = Axis("x"), y: Axis = Axis("y")
  ) -> Chart {
    let points = series.map { series in
      var series = series
      series.style = .points
      return series
    }
    return Chart(title: title, content: .curves(points, x: x, y: y, smoothing: 0))
  }

  /// A bar per category, or a group of bars where there are several series. Traps if a series has
  /// another number of values than there are categories.
  public static func bars(
    _ title: String, categories: [String], _ series: [(name: String, values: [Double])],
    y: Axis = Axis("")
  ) -> Chart {
    for one in series {
      require(
        one.values.count == categories.count,
        "bars expected \(categories.count) values, received \(one.values.count) for \(one.name)")
    }
    return Chart(title: title, content: .bars(categories: categories, series: series, y: y))
  }

  /// How values are distributed; several series share their buckets.
  public static func histogram(
    _ title: String, _ series: [(name: String, values: [Double])], bins: Int = 40,
    x: Axis = Axis("")
  ) -> Chart {
    let all = Histogram(of: series.flatMap(\.values), bins: bins)
    let shared = series.map { one in
      (one.name, Histogram(of: one.values, low: all.minimum, limits: all.limits))
    }
    return Chart(title: title, content: .histogram(shared, x: x))
  }

  /// Colors for a matrix, its first row at the top. Values of both signs get two colors around
  /// zero, others one ramp; `NaN` stays empty. Traps if rows differ in length or labels in number.
  public static func heatMap(
    _ title: String, _ values: [[Double]], rows: [String] = [], columns: [String] = [],
    x: Axis = Axis(""), y: Axis = Axis("")
  ) -> Chart {
    let width = values.first?.count ?? 0
    require(
      values.allSatisfy { $0.count == width } && (rows.isEmpty || rows.count == values.count)
        && (columns.isEmpty || columns.count == width),
      "heatMap expected rows of equal length and as many labels, received \(values.map(\.count))")
    return Chart(
      title: title, content: .heatMap(values, rows: rows, columns: columns, x: x, y: y))
  }

  /// The same chart, half as wide as the page.
  public func halfWidth() -> Chart {
    var chart = self
    chart.isHalfWidth = true
    return chart
  }

  /// The same chart with a sentence below it.
  public func captioned(_ caption: String) -> Chart {
    var chart = self
    chart.caption = caption
    return chart
  }
}

/// One curve or cloud of points.
public struct Series: Sendable {
  public enum Style: Sendable { case line, points }

  public var name: String
  public var x: [Double]
  public var y: [Double]
  public var style: Style

  /// Traps if `x` and `y` differ in length.
  public init(_ name: String, x: [Double], y: [Double], style: Style = .line) {
    require(
      x.count == y.count, "series \(name): \(x.count) x values, \(y.count) y values")
    self.name = name
    self.x = x
    self.y = y
    self.style = style
  }

  /// `y` over 0, 1, 2, …
  public init(_ name: String, _ y: [Double]) {
    self.init(name, x: y.indices.map(Double.init), y: y)
  }
}

/// What an axis measures, and how.
public struct Axis: Sendable {
  public enum Scale: Sendable { case linear, logarithmic }

  public var label: String
  public var scale: Scale
  /// The ends; found from the data where `nil`.
  public var range: ClosedRange<Double>?

  public init(_ label: String, scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
    self.label = label
    self.scale = scale
    self.range = range
  }
}

extension Histogram {
  /// The histogram of `values` in given buckets, the first of which begins at `low`.
  init(of values: [Double], low: Double, limits: [Double]) {
    var counts = [Double](repeating: 0, count: limits.count)
    let finite = values.filter(\.isFinite)
    for value in finite {
      // The first bucket whose upper end is above the value; the last one takes its end too.
      var (first, last) = (0, limits.count - 1)
      while first < last {
        let middle = (first + last) / 2
        if value < limits[middle] { last = middle } else { first = middle + 1 }
      }
      counts[first] += 1
    }
    self.init(
      minimum: low, maximum: limits.last ?? low, count: Double(finite.count),
      sum: finite.reduce(0, +), sumOfSquares: finite.reduce(0) { $0 + $1 * $1 }, limits: limits,
      counts: counts)
  }
}
