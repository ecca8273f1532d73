import Formats
import Foundation

extension Chart {
  /// Lines and points with axes; the points go along as data for the hover.
  func curves(_ series: [Series], x: Axis, y: Axis, smoothing: Double) -> String {
    var frame = ChartFrame(isHalfWidth: isHalfWidth)
    let drawn = series.map {
      Curve($0, smoothing: smoothing, limit: isHalfWidth ? 1000 : 2000)
    }
    let vertical = AxisScale(
      drawn.lazy.flatMap(\.y), axis: y, maximumTicks: frame.verticalTicks, isExpanded: true)
    frame.reserve(x: x, y: y, leftLabels: vertical.ticks.map(\.label))
    let hasPoints = series.contains { $0.style == .points }
    let horizontal = frame.horizontalScale(
      drawn.lazy.flatMap(\.x), x, isExpanded: hasPoints)
    var svg = frame.opening(title: title)
    svg += frame.verticalAxis(vertical, y) + frame.horizontalAxis(horizontal, x)
    let place = Placement(frame: frame, x: horizontal, y: vertical)
    for (index, curve) in drawn.enumerated() {
      let color = "s\(index % 8 + 1)\(index >= 8 ? " dashed" : "")"
      if curve.series.style == .points {
        for position in curve.x.indices {
          guard let point = place(curve.x[position], curve.y[position]) else { continue }
          svg += """
            <circle class="dot \(color)" cx="\(pixel(point.x))" cy="\(pixel(point.y))" \
            r="\(curve.x.count > 400 ? "2" : "3.2")"/>
            """
        }
        continue
      }
      if let raw = curve.raw {
        svg += "<path class=\"line faint \(color)\" d=\"\(place.path(raw.x, raw.y))\"/>"
      }
      svg += "<path class=\"line \(color)\" d=\"\(place.path(curve.x, curve.y))\"/>"
      // A lone value has no line to be seen by.
      if curve.x.count == 1, let point = place(curve.x[0], curve.y[0]) {
        svg += """
          <circle class="dot \(color)" cx="\(pixel(point.x))" cy="\(pixel(point.y))" r="3.2"/>
          """
      }
    }
    svg += "<g class=\"hover\"></g></svg>"
    return svg + hoverData(drawn, place, x: x, isScatter: hasPoints)
  }

  private func hoverData(
    _ curves: [Curve], _ place: Placement, x: Axis, isScatter: Bool
  ) -> String {
    let frame = place.frame
    func round(_ value: Double) -> JSONValue { JSONValue.rounded(value) }
    let data: JSONValue = [
      "plot": [
        round(frame.left), round(frame.top), round(frame.plotWidth), round(frame.plotHeight),
      ],
      "scatter": .bool(isScatter),
      "label": .string(x.label),
      "x": [round(place.x.low), round(place.x.high), .bool(place.x.isLogarithmic)],
      "y": [round(place.y.low), round(place.y.high), .bool(place.y.isLogarithmic)],
      "series": .array(
        curves.map { curve in
          [
            "name": .string(curve.series.name),
            "x": .array(curve.x.map(round)), "y": .array(curve.y.map(round)),
          ]
        }),
    ]
    return "<script type=\"application/json\">\(HTMLText.script(data.text()))</script>"
  }

  /// A series as it is drawn: smoothed, then thinned.
  private struct Curve {
    let series: Series
    let x: [Double]
    let y: [Double]
    /// Before smoothing, where there was any.
    let raw: (x: [Double], y: [Double])?

    init(_ series: Series, smoothing: Double, limit: Int) {
      self.series = series
      func thin(_ y: [Double]) -> (x: [Double], y: [Double]) {
        let indices =
          series.style == .line
          ? CurveSampling.thinned(y, limit: limit)
          : Array(stride(from: 0, to: y.count, by: max(1, (y.count + 4999) / 5000)))
        return (indices.map { series.x[$0] }, indices.map { y[$0] })
      }
      let isSmoothed = smoothing > 0 && series.style == .line
      raw = isSmoothed ? thin(series.y) : nil
      (x, y) = thin(isSmoothed ? CurveSampling.smoothed(series.y, by: smoothing) : series.y)
    }
  }

  /// Data to pixels.
  private struct Placement {
    let frame: ChartFrame
    let x: AxisScale
    let y: AxisScale

    /// Beyond the ends of a given range there is no place.
    func callAsFunction(_ xValue: Double, _ yValue: Double) -> (x: Double, y: Double)? {
      guard let across = x.fraction(xValue), let up = y.fraction(yValue), across >= -0.001,
        across <= 1.001, up >= -0.001, up <= 1.001
      else { return nil }
      return (frame.x(across), frame.y(up))
    }

    func path(_ xs: [Double], _ ys: [Double]) -> String {
      var path = ""
      var isOpen = false
      for index in xs.indices {
        guard let point = self(xs[index], ys[index]) else {
          isOpen = false
          continue
        }
        // The line of no length makes a lone point visible, as a dot.
        path +=
          isOpen
          ? "L\(pixel(point.x)) \(pixel(point.y))" : "M\(pixel(point.x)) \(pixel(point.y))h0"
        isOpen = true
      }
      return path
    }
  }
}

extension JSONValue {
  /// A number with six digits, enough for a label; `null` where it has no place.
  static func rounded(_ value: Double) -> JSONValue {
    guard value.isFinite else { return .null }
    if value == value.rounded(), abs(value) < 1e15 { return .integer(Int(value)) }
    return Double(String(format: "%.6g", value)).map { .number($0) } ?? .null
  }
}
