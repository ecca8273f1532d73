import Formats
import Foundation
import Messages

extension Chart {
  /// A picture of one pixel per value, enlarged, with labels and a bar that explains the colors.
  func heatMap(
    _ values: [[Double]], rows: [String], columns: [String], x: Axis, y: Axis
  ) -> String {
    let height = values.count
    let width = values.first?.count ?? 0
    guard width > 0, height > 0 else {
      let frame = ChartFrame(width: 200, height: 40)
      return frame.opening(title: title) + ChartFrame.text("no values", x: 100, y: 24) + "</svg>"
    }
    let finite = values.lazy.flatMap { $0 }.filter(\.isFinite)
    let colors = ColorRamp(low: finite.min() ?? 0, high: finite.max() ?? 0)
    let scale = AxisScale(
      [colors.low, colors.high], axis: Axis("", range: colors.low...colors.high), maximumTicks: 6,
      isExpanded: false)

    let full = isHalfWidth ? ChartFrame.halfWidth : ChartFrame.fullWidth
    let labels = rows.map { HTMLText.cut($0, to: full * 0.3, size: ChartFrame.fontSize) }
    var frame = ChartFrame(width: full, height: 300)
    frame.reserve(x: x, y: y, leftLabels: labels)
    let barLabels = scale.ticks.map { HTMLText.width($0.label, size: ChartFrame.fontSize) }
    frame.right = 46 + (barLabels.max() ?? 0)
    // Cells as square as the room allows, neither tiny nor huge.
    let cell = min(frame.plotWidth / Double(width), 52)
    let cellHeight = min(cell, max(min(420 / Double(height), cell), min(16, 640 / Double(height))))
    let names = columns.map { HTMLText.cut($0, to: 90, size: ChartFrame.fontSize) }
    let widestName = names.map { HTMLText.width($0, size: ChartFrame.fontSize) }.max() ?? 0
    let isTilted = widestName + 6 > cell
    let tilt = 0.71  // The sine of 45°.
    if isTilted { frame.bottom += widestName * tilt }
    if columns.isEmpty { frame.bottom -= 18 }
    let plotWidth = cell * Double(width)
    let plotHeight = cellHeight * Double(height)
    let total = ChartFrame(
      width: frame.left + plotWidth + frame.right,
      height: max(frame.top + plotHeight + frame.bottom, frame.top + 110))
    var svg = total.opening(title: title)
    if !y.label.isEmpty {
      svg += ChartFrame.text(y.label, x: 2, y: 13, anchor: "start", style: "axis-label")
    }
    svg += Self.picture(
      colors.image(values), x: frame.left, y: frame.top, width: plotWidth, height: plotHeight)
    svg += cellTexts(
      values, frame, cell: cell, cellHeight: cellHeight, rows: rows, columns: columns,
      colors: colors)

    // Where cells are smaller than letters, only every n-th is named.
    let rowStride = max(1, Int((15 / cellHeight).rounded(.up)))
    for row in stride(from: 0, to: labels.count, by: rowStride) {
      let center = frame.top + (Double(row) + 0.5) * cellHeight
      svg += ChartFrame.text(labels[row], x: frame.left - 8, y: center + 4, anchor: "end")
    }
    let columnStride = isTilted ? max(1, Int((17 / cell).rounded(.up))) : 1
    let below = frame.top + plotHeight + 16
    for column in stride(from: 0, to: names.count, by: columnStride) {
      let center = frame.left + (Double(column) + 0.5) * cell
      if isTilted {
        svg += """
          <text class="tick" text-anchor="end" transform="translate(\(pixel(center + 4)) \
          \(pixel(below - 3))) rotate(-45)">\(HTMLText.escaped(names[column]))</text>
          """
      } else {
        svg += ChartFrame.text(names[column], x: center, y: below)
      }
    }
    if !x.label.isEmpty {
      svg += ChartFrame.text(
        x.label, x: frame.left + plotWidth / 2, y: total.height - 6, style: "axis-label")
    }
    let barHeight = max(60, min(plotHeight, 220))
    let barLeft = frame.left + plotWidth + 18
    svg += Self.picture(
      colors.bar, x: barLeft, y: frame.top, width: 12, height: barHeight, isSmooth: true)
    for tick in scale.ticks {
      guard let fraction = scale.fraction(tick.value) else { continue }
      let position = frame.top + (1 - fraction) * barHeight
      svg += ChartFrame.text(tick.label, x: barLeft + 18, y: position + 4, anchor: "start")
    }
    return svg + "</svg>"
  }

  /// Values in the cells where they fit, and invisible cells that tell theirs on hover.
  private func cellTexts(
    _ values: [[Double]], _ frame: ChartFrame, cell: Double, cellHeight: Double, rows: [String],
    columns: [String], colors: ColorRamp
  ) -> String {
    let count = values.count * (values.first?.count ?? 0)
    guard count <= 4096 else { return "" }
    let texts = Self.cellLabels(values)
    let widest = texts.lazy.flatMap { $0 }.map { HTMLText.width($0, size: 11) }.max() ?? 0
    let areShown = widest + 4 <= cell && cellHeight >= 15
    var svg = ""
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        let left = frame.left + Double(column) * cell
        let top = frame.top + Double(row) * cellHeight
        let rowName = rows.isEmpty ? "row \(row)" : rows[row]
        let columnName = columns.isEmpty ? "column \(column)" : columns[column]
        let tip = "\(rowName), \(columnName): \(NumberText.short(value))"
        svg += """
          <rect class="cell" x="\(pixel(left))" y="\(pixel(top))" width="\(pixel(cell))" \
          height="\(pixel(cellHeight))" data-tip="\(HTMLText.escaped(tip))"/>
          """
        if areShown {
          svg += ChartFrame.text(
            texts[row][column], x: left + cell / 2, y: top + cellHeight / 2 + 4,
            style: colors.isDark(value) ? "on-dark" : "on-light")
        }
      }
    }
    return svg
  }

  /// The values with equally many places, two digits of the largest.
  private static func cellLabels(_ values: [[Double]]) -> [[String]] {
    let finite = values.lazy.flatMap { $0 }.filter(\.isFinite)
    let largest = finite.map(abs).max() ?? 0
    let areWhole = finite.allSatisfy { $0 == $0.rounded() }
    let decimals = areWhole || largest == 0 ? 0 : max(0, 1 - Int(floor(log10(largest * 0.999))))
    return values.map { row in
      row.map { value in
        if !value.isFinite { return "" }
        return decimals > 4 || largest >= 1e5
          ? NumberText.short(value, digits: 2) : NumberText.fixed(value, decimals: decimals)
      }
    }
  }

  private static func picture(
    _ image: Image, x: Double, y: Double, width: Double, height: Double, isSmooth: Bool = false
  ) -> String {
    """
    <image x="\(pixel(x))" y="\(pixel(y))" width="\(pixel(width))" height="\(pixel(height))" \
    preserveAspectRatio="none"\(isSmooth ? "" : " style=\"image-rendering:pixelated\"") \
    href="data:image/png;base64,\(Data(image.png()).base64EncodedString())"/>
    """
  }
}

/// Colors for numbers: light to dark blue, or from orange over white to blue around zero.
private struct ColorRamp {
  let low: Double
  let high: Double
  private let stops: [(Double, Double, Double)]

  init(low: Double, high: Double) {
    if low < 0, high > 0 {
      let largest = max(-low, high)
      self.low = -largest
      self.high = largest
      stops = [
        (140, 60, 12), (217, 120, 45), (246, 196, 150), (247, 246, 243), (158, 199, 228),
        (56, 128, 189), (12, 66, 124),
      ]
    } else {
      // From zero where that is near: equal colors then mean equal shares.
      self.low = low >= 0 && low < 0.3 * high ? 0 : low
      self.high = high > low ? high : low + 1
      stops = [
        (244, 248, 251), (205, 225, 240), (150, 194, 224), (90, 155, 206), (42, 112, 175),
        (14, 71, 131), (8, 38, 82),
      ]
    }
  }

  private func color(_ value: Double) -> (Double, Double, Double)? {
    guard value.isFinite else { return nil }
    let place = min(1, max(0, (value - low) / (high - low))) * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(place))
    let rest = place - Double(index)
    let (from, to) = (stops[index], stops[index + 1])
    return (
      from.0 + rest * (to.0 - from.0), from.1 + rest * (to.1 - from.1),
      from.2 + rest * (to.2 - from.2)
    )
  }

  /// Whether light letters are needed on it.
  func isDark(_ value: Double) -> Bool {
    color(value).map { 0.299 * $0.0 + 0.587 * $0.1 + 0.114 * $0.2 < 140 } ?? false
  }

  func image(_ values: [[Double]]) -> Image {
    let pixels = values.flatMap { row in
      row.flatMap { value -> [UInt8] in
        guard let color = color(value) else { return [0, 0, 0, 0] }
        return [UInt8(color.0), UInt8(color.1), UInt8(color.2), 255]
      }
    }
    return Image(width: values[0].count, height: values.count, channels: 4, pixels: pixels)
  }

  /// The ramp itself, the highest value on top.
  var bar: Image {
    image((0..<128).map { [high - (high - low) * Double($0) / 127] })
  }
}
