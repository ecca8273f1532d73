import Formats
import Messages

extension Chart {
  /// Upright bars where the categories' names fit beside each other, lying ones where they do not.
  func bars(
    categories: [String], series: [(name: String, values: [Double])], y: Axis
  ) -> String {
    let frame = ChartFrame(isHalfWidth: isHalfWidth)
    let band = (frame.width - 70) / Double(max(1, categories.count))
    let widest = categories.map { HTMLText.width($0, size: ChartFrame.fontSize) }.max() ?? 0
    return widest + 10 <= band && band >= 8 * Double(series.count)
      ? uprightBars(frame, categories, series, y) : lyingBars(frame.width, categories, series, y)
  }

  private func uprightBars(
    _ initial: ChartFrame, _ categories: [String], _ series: [(name: String, values: [Double])],
    _ y: Axis
  ) -> String {
    var frame = initial
    let scale = AxisScale(
      series.lazy.flatMap(\.values), axis: y, maximumTicks: frame.verticalTicks, isExpanded: true,
      includesZero: true)
    frame.reserve(x: Axis(""), y: y, leftLabels: scale.ticks.map(\.label))
    frame.top += 8  // The highest bar's value stands above it.
    var svg = frame.opening(title: title) + frame.verticalAxis(scale, y)
    let band = frame.plotWidth / Double(max(1, categories.count))
    let barWidth = min(56, band * 0.76 / Double(max(1, series.count)))
    let zero = frame.y(clamped(scale.fraction(0)))
    for (index, category) in categories.enumerated() {
      let center = frame.left + (Double(index) + 0.5) * band
      for (number, one) in series.enumerated() {
        let value = one.values[index]
        guard let fraction = scale.fraction(value) else { continue }
        let end = frame.y(clamped(fraction))
        let start = center + (Double(number) - Double(series.count) / 2) * barWidth
        svg += Self.bar(
          x: start + 0.75, y: min(zero, end), width: barWidth - 1.5, height: abs(end - zero),
          color: number, tip: Self.tip(one.name, category, value))
        let label = NumberText.short(value)
        if HTMLText.width(label, size: 11) <= (series.count == 1 ? band : barWidth) {
          svg += ChartFrame.text(
            label, x: start + barWidth / 2, y: value < 0 ? end + 13 : end - 5, style: "value")
        }
      }
      svg += ChartFrame.text(category, x: center, y: frame.height - frame.bottom + 18)
    }
    svg += ChartFrame.line(frame.left, zero, frame.width - frame.right, zero, style: "base")
    return svg + "</svg>"
  }

  private func lyingBars(
    _ width: Double, _ categories: [String], _ series: [(name: String, values: [Double])],
    _ y: Axis
  ) -> String {
    let barHeight = series.count == 1 ? 16.0 : 12.0
    let band = barHeight * Double(max(1, series.count)) + 10
    var frame = ChartFrame(width: width, height: 0)
    let labels = categories.map { HTMLText.cut($0, to: width * 0.36, size: ChartFrame.fontSize) }
    frame.reserve(x: y, y: Axis(""), leftLabels: labels)
    // The longest bars' values stand beyond their ends.
    frame.right = 64
    let labelEnd = frame.left - 8
    if series.contains(where: { $0.values.contains { $0 < 0 } }) { frame.left += 50 }
    frame.height = band * Double(max(1, categories.count)) + frame.top + frame.bottom
    let scale = frame.horizontalScale(
      series.lazy.flatMap(\.values), y, isExpanded: true, includesZero: true)
    var svg = frame.opening(title: title)
    for tick in scale.ticks {
      let position = frame.x(clamped(scale.fraction(tick.value)))
      svg += ChartFrame.line(
        position, frame.top, position, frame.height - frame.bottom, style: "grid")
    }
    svg += frame.horizontalAxis(scale, y)
    let zero = frame.x(clamped(scale.fraction(0)))
    for (index, category) in categories.enumerated() {
      let top = frame.top + Double(index) * band + 5
      svg += ChartFrame.text(
        labels[index], x: labelEnd, y: top + (band - 10) / 2 + 4, anchor: "end",
        style: "tick strong")
      for (number, one) in series.enumerated() {
        let value = one.values[index]
        guard let fraction = scale.fraction(value) else { continue }
        let end = frame.x(clamped(fraction))
        let start = top + Double(number) * barHeight
        svg += Self.bar(
          x: min(zero, end), y: start + 0.75, width: abs(end - zero), height: barHeight - 1.5,
          color: number, tip: Self.tip(one.name, category, value))
        svg += ChartFrame.text(
          NumberText.short(value), x: value < 0 ? end - 6 : end + 6, y: start + barHeight / 2 + 4,
          anchor: value < 0 ? "end" : "start", style: "value")
      }
    }
    svg += ChartFrame.line(zero, frame.top, zero, frame.height - frame.bottom, style: "base")
    return svg + "</svg>"
  }

  /// Overlapping translucent outlines over shared buckets.
  func histogram(_ series: [(name: String, histogram: Histogram)], x: Axis) -> String {
    var frame = ChartFrame(isHalfWidth: isHalfWidth)
    let y = Axis("count")
    let vertical = AxisScale(
      series.lazy.flatMap(\.histogram.counts), axis: y, maximumTicks: frame.verticalTicks,
      isExpanded: true, includesZero: true)
    frame.reserve(x: x, y: y, leftLabels: vertical.ticks.map(\.label))
    let edges = series.first.map { [$0.histogram.minimum] + $0.histogram.limits } ?? []
    let horizontal = frame.horizontalScale(edges, x, isExpanded: false)
    var svg = frame.opening(title: title)
    svg += frame.verticalAxis(vertical, y)
    let base = frame.y(0)
    for (number, one) in series.enumerated() {
      for (index, count) in one.histogram.counts.enumerated() where count > 0 {
        let low = edges[index]
        let high = edges[index + 1]
        let start = frame.x(clamped(horizontal.fraction(low)))
        let end = low == high ? frame.x(1) : frame.x(clamped(horizontal.fraction(high)))
        let top = frame.y(clamped(vertical.fraction(count)))
        let range = "\(NumberText.short(low)) to \(NumberText.short(high))"
        svg += Self.bar(
          x: start + 0.5, y: top, width: max(0.5, end - start - 1), height: base - top,
          color: number, tip: Self.tip(one.name, range, count), isTranslucent: series.count > 1)
      }
    }
    svg += frame.horizontalAxis(horizontal, x)
    return svg + "</svg>"
  }

  private func clamped(_ fraction: Double?) -> Double { min(1, max(0, fraction ?? 0)) }

  private static func tip(_ series: String, _ category: String, _ value: Double) -> String {
    let name = series.isEmpty ? category : "\(category)\n\(series)"
    return "\(name): \(NumberText.short(value))"
  }

  private static func bar(
    x: Double, y: Double, width: Double, height: Double, color: Int, tip: String,
    isTranslucent: Bool = false
  ) -> String {
    """
    <rect class="bar s\(color % 8 + 1)\(isTranslucent ? " translucent" : "")" x="\(pixel(x))" \
    y="\(pixel(y))" width="\(pixel(max(0, width)))" height="\(pixel(max(0, height)))" rx="1.5" \
    data-tip="\(HTMLText.escaped(tip))"/>
    """
  }
}
