/// The room a chart has, and its axes: what every drawn chart shares.
struct ChartFrame {
  static let fontSize = 12.0
  /// The page's column, and half of it less half the gap between two charts.
  static let fullWidth = 904.0
  static let halfWidth = 434.0
  let width: Double
  var height: Double
  var left = 12.0
  var right = 14.0
  var top = 12.0
  var bottom = 26.0

  var plotWidth: Double { width - left - right }
  var plotHeight: Double { height - top - bottom }

  init(isHalfWidth: Bool) {
    width = isHalfWidth ? Self.halfWidth : Self.fullWidth
    height = isHalfWidth ? 270 : 330
  }

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// Makes room for the labels of the axes and of the ticks beside the plot.
  mutating func reserve(x: Axis, y: Axis, leftLabels: [String]) {
    let widest = leftLabels.map { HTMLText.width($0, size: Self.fontSize) }.max() ?? 0
    left = widest + 12
    if !x.label.isEmpty { bottom += 20 }
    if !y.label.isEmpty { top += 18 }
  }

  func x(_ fraction: Double) -> Double { left + fraction * plotWidth }
  func y(_ fraction: Double) -> Double { top + (1 - fraction) * plotHeight }

  /// The opening of the SVG element; `title` is read out by screen readers.
  func opening(title: String) -> String {
    """
    <svg viewBox="0 0 \(pixel(width)) \(pixel(height))" width="\(pixel(width))" \
    height="\(pixel(height))" role="img" aria-label="\(HTMLText.escaped(title))">
    """
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "middle", style: String = "tick"
  ) -> String {
    """
    <text class="\(style)" x="\(pixel(x))" y="\(pixel(y))" text-anchor="\(anchor)">\
    \(HTMLText.escaped(text))</text>
    """
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String
  ) -> String {
    """
    <line class="\(style)" x1="\(pixel(x1))" y1="\(pixel(y1))" x2="\(pixel(x2))" y2="\(pixel(y2))"/>
    """
  }

  /// Grid lines and labels of the vertical axis, and its name above it.
  func verticalAxis(_ scale: AxisScale, _ axis: Axis) -> String {
    var svg = ""
    for tick in scale.ticks {
      guard let fraction = scale.fraction(tick.value) else { continue }
      let position = y(fraction)
      svg += Self.line(left, position, width - right, position, style: "grid")
      svg += Self.text(tick.label, x: left - 8, y: position + 4, anchor: "end")
    }
    if !axis.label.isEmpty {
      let label = HTMLText.cut(axis.label, to: width - 8, size: Self.fontSize)
      svg += Self.text(label, x: 2, y: 13, anchor: "start", style: "axis-label")
    }
    return svg
  }

  /// The base line, ticks and labels of the horizontal axis, and its name below it.
  func horizontalAxis(_ scale: AxisScale, _ axis: Axis) -> String {
    let base = height - bottom
    var svg = Self.line(left, base, width - right, base, style: "base")
    for tick in scale.ticks {
      guard let fraction = scale.fraction(tick.value) else { continue }
      let position = x(fraction)
      svg += Self.line(position, base, position, base + 4, style: "base")
      // A label at an end may not leave the picture.
      let half = HTMLText.width(tick.label, size: Self.fontSize) / 2
      let center = min(max(position, half + 1), width - half - 1)
      svg += Self.text(tick.label, x: center, y: base + 18)
    }
    return svg + horizontalLabel(axis)
  }

  func horizontalLabel(_ axis: Axis) -> String {
    guard !axis.label.isEmpty else { return "" }
    let label = HTMLText.cut(axis.label, to: plotWidth, size: Self.fontSize)
    return Self.text(label, x: left + plotWidth / 2, y: height - 6, style: "axis-label")
  }

  /// A horizontal scale whose labels keep clear of each other.
  func horizontalScale(
    _ values: some Sequence<Double>, _ axis: Axis, isExpanded: Bool, includesZero: Bool = false
  ) -> AxisScale {
    let values = Array(values)
    var count = 10
    while true {
      let scale = AxisScale(
        values, axis: axis, maximumTicks: count, isExpanded: isExpanded, includesZero: includesZero)
      let spans = scale.ticks.compactMap { tick in
        scale.fraction(tick.value).map {
          (center: x($0), half: HTMLText.width(tick.label, size: Self.fontSize) / 2)
        }
      }
      let isClear = zip(spans, spans.dropFirst()).allSatisfy {
        $0.center + $0.half + 14 <= $1.center - $1.half
      }
      if isClear || count <= 2 { return scale }
      count -= 1
    }
  }

  /// The number of ticks that a vertical axis has room for.
  var verticalTicks: Int { max(3, Int(height / 52)) }
}
