import Foundation
import Messages
import Testing

@testable import Reports

@Suite struct AxisScaleTests {
  func labels(
    _ values: [Double], _ axis: Axis = Axis(""), ticks: Int = 6, isExpanded: Bool = true,
    includesZero: Bool = false
  ) -> [String] {
    AxisScale(
      values, axis: axis, maximumTicks: ticks, isExpanded: isExpanded, includesZero: includesZero
    ).ticks.map(\.label)
  }

  @Test func roundSteps() {
    #expect(labels([0.13, 0.87]) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels([0, 5]) == ["0", "1", "2", "3", "4", "5"])
    #expect(labels([-3, 3]) == ["−4", "−2", "0", "2", "4"])
    #expect(labels([0, 60_000]) == ["0", "20k", "40k", "60k"])
    #expect(labels([0, 3e6]) == ["0", "1.0M", "2.0M", "3.0M"] || labels([0, 3e6]).first == "0")
    #expect(labels([0, 29_995], isExpanded: false).last == "30k")
    #expect(labels([3, 9], includesZero: true).first == "0")
  }

  @Test func powersOfTen() {
    let axis = Axis("", scale: .logarithmic)
    #expect(labels([0.002, 40], axis) == ["0.001", "0.01", "0.1", "1", "10", "100"])
    #expect(labels([1e-7, 1e-3], axis) == ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"])
    #expect(labels([1, 90], axis, ticks: 8) == ["1", "2", "5", "10", "20", "50", "100"])
    #expect(labels([1e-300, 1e300], axis).count <= 8)
    #expect(labels([-1, 0], axis) == labels([1, 10], axis))
  }

  @Test(
    arguments: [
      [], [.nan], [5, 5], [0, 0], [.infinity, 1], [-1e308, 1e308], [1e308, 1e308],
      [1, 1 + 1e-15], [.leastNonzeroMagnitude, 3 * .leastNonzeroMagnitude], [-7, -7],
    ] as [[Double]])
  func strangeRangesStillHaveAnAxis(values: [Double]) {
    for scale in [Axis.Scale.linear, .logarithmic] {
      let axis = AxisScale(
        values, axis: Axis("", scale: scale), maximumTicks: 6, isExpanded: true)
      #expect(axis.low < axis.high && axis.low.isFinite && axis.high.isFinite)
      #expect(axis.ticks.count <= 102)
      for tick in axis.ticks {
        #expect(axis.fraction(tick.value).map { $0 > -0.01 && $0 < 1.01 } == true)
      }
    }
  }

  /// Labels of horizontal axes keep clear of each other, however long the numbers.
  @Test func labelsNeverOverlap() {
    for exponent in -12...12 {
      for mantissa in [1.0, 1.7, 3.3, 9.9] {
        let high = mantissa * pow(10, Double(exponent))
        for low in [0, -high, high * 0.98] {
          let frame = ChartFrame(isHalfWidth: true)
          let scale = frame.horizontalScale([low, high], Axis(""), isExpanded: false)
          let spans = scale.ticks.map { tick in
            (frame.x(scale.fraction(tick.value) ?? 0), HTMLText.width(tick.label, size: 12))
          }
          for (left, right) in zip(spans, spans.dropFirst()) {
            #expect(left.0 + left.1 / 2 < right.0 - right.1 / 2 || spans.count <= 2)
          }
        }
      }
    }
  }
}

@Suite struct CurveSamplingTests {
  @Test func keepsEveryExtremeAndTheEnds() {
    var values = (0..<100_000).map { sin(Double($0) / 900) }
    values[41_234] = 50
    values[77_777] = -60
    values[5] = .nan
    let indices = CurveSampling.thinned(values)
    #expect(indices.count <= 2000)
    #expect(indices.first == 0 && indices.last == 99_999)
    #expect(indices.contains(41_234) && indices.contains(77_777))
    #expect(zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 })
    #expect(CurveSampling.thinned([1, 2, 3]) == [0, 1, 2])
    #expect(CurveSampling.thinned([Double](repeating: .nan, count: 5000)).count <= 2000)
  }

  @Test func smoothingStartsUnbiased() {
    let smoothed = CurveSampling.smoothed([4, 4, .nan, 4], by: 0.9)
    #expect(smoothed[0] == 4 && abs(smoothed[1] - 4) < 1e-12 && smoothed[2].isNaN)
    #expect(abs(smoothed[3] - 4) < 1e-12)
    let step = CurveSampling.smoothed([0, 1], by: 0.5)
    #expect(abs(step[1] - 2.0 / 3) < 1e-12)
  }
}

@Suite struct ChartTests {
  func svg(_ chart: Chart) -> String { chart.html() }

  @Test func emptyAndStrangeDataStillDraw() {
    let nothing = Series("", [])
    for chart in [
      Chart.lines("t", []), .lines("t", [nothing]), .lines("t", [Series("", [.nan, .infinity])]),
      .lines("t", [Series("", [-1, 0])], y: Axis("", scale: .logarithmic), smoothing: 0.9),
      .scatter("t", [nothing]), .bars("t", categories: [], []),
      .bars("t", categories: ["a"], [("", [.nan])]), .histogram("t", []),
      .histogram("t", [("", [])]), .histogram("t", [("", [3, 3])]), .heatMap("t", []),
      .heatMap("t", [[]]), .heatMap("t", [[.nan]]), .heatMap("t", [[5]]),
    ] {
      for one in [chart, chart.halfWidth()] {
        let text = svg(one)
        let isDrawn = text.contains("<svg") && text.contains("</svg>")
        let hasNaN = text.contains("=\"nan\"") || text.contains("=\"inf\"")
        #expect(isDrawn && !hasNaN)
      }
    }
  }

  @Test func longNamesLieDown() {
    let names = (0..<12).map { "a rather long category name \($0)" }
    let values = names.indices.map(Double.init)
    let lying = svg(.bars("t", categories: names, [("", values)]))
    #expect(lying.components(separatedBy: "<rect").count - 1 == 12)
    #expect(lying.contains("class=\"tick strong\""))
    let upright = svg(.bars("t", categories: ["a", "b"], [("", [1, 2])]))
    #expect(!upright.contains("class=\"tick strong\""))
  }

  @Test func histogramsShareTheirBuckets() {
    let chart = Chart.histogram(
      "t", [("a", [0, 1, 2, 3]), ("b", [3, 4, .nan])], bins: 4)
    guard case .histogram(let series, _) = chart.content else {
      Issue.record("no histogram")
      return
    }
    #expect(series[0].histogram.limits == [1, 2, 3, 4])
    #expect(series[0].histogram.counts == [1, 1, 1, 1])
    #expect(series[1].histogram.counts == [0, 0, 0, 2])
  }
}

@Suite struct NumberTextTests {
  @Test(
    arguments: [
      (0.0, "0"), (0.91324, "0.9132"), (12, "12"), (12_345, "12,345"), (-12_345.6, "−12,346"),
      (1.2e-7, "1.2e-7"), (1e7, "1e7"), (0.5, "0.5"), (.infinity, "∞"), (.nan, "NaN"),
      (-2.5, "−2.5"),
      (999.96, "1000"), (-0.0, "0"),
    ] as [(Double, String)])
  func shortNumbers(value: Double, text: String) {
    #expect(NumberText.short(value) == text)
  }

  @Test func columnsLookAlike() {
    #expect(NumberText.column([0.61, 0.7012, 1]) == ["0.6100", "0.7012", "1.0000"])
    #expect(NumberText.column([1250, 0.00003]) == ["1,250", "3e-5"])
  }
}
