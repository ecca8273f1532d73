import Formats
import Foundation
import Reports
import Testing

/// A report with every kind of content, to be looked at:
/// `DANLU_REPORT_OUT=/tmp/report.html swift test --filter ExampleReport`.
@Suite struct ExampleReportTests {
  static let steps = (0..<6000).map { Double($0 * 5) }

  static func noise(_ index: Int, _ salt: Double) -> Double {
    let value = sin(Double(index) * 12.9898 + salt) * 43758.5453
    return value - value.rounded(.down) - 0.5
  }

  static func curve(_ name: String, from start: Double, to end: Double, pace: Double) -> Series {
    Series(
      name, x: steps,
      y: steps.indices.map { index in
        end + (start - end) * exp(-Double(index) / pace) * (1 + 0.6 * noise(index, start))
          + 0.05 * end * noise(index, pace)
      })
  }

  static func cloud(_ name: String, _ x: Double, _ y: Double) -> Series {
    Series(
      name, x: (0..<120).map { x + noise($0, x) + noise($0, y + 7) },
      y: (0..<120).map { y + noise($0, y + 3) + noise($0, x + 11) })
  }

  static var report: Report {
    let sheet = Image.contactSheet(
      (0..<40).map { index in
        Image(
          width: 28, height: 28, channels: 1,
          pixels: (0..<28 * 28).map { position in
            let x = Double(position % 28) - 14
            let y = Double(position / 28) - 14
            let radius = 4 + Double(index % 8)
            return UInt8(255 * exp(-abs((x * x + y * y).squareRoot() - radius) / 1.5))
          })
      }, columns: 10, padding: 2, background: 30)
    let normal = (0..<4000).map { noise($0, 1) + noise($0, 2) + noise($0, 3) }
    let shifted = (0..<4000).map { 0.4 + 0.7 * (noise($0, 4) + noise($0, 5) + noise($0, 6)) }
    return Report(
      title: "巧断梯度：单个loss实现GAN模型",
      summary: "One loss, one backward pass, two players: the gradients of both against "
        + "alternating training, and what it costs in time and in quality.",
      article: Report.Article(
        title: "巧断梯度：单个loss实现GAN模型", address: "https://kexue.fm/archives/6387",
        date: "2019-02-22"),
      claims: [
        Claim(
          id: "gradient-equality",
          statement: "The one-loss gradients of generator and discriminator equal those of "
            + "alternating training (float64, largest difference).",
          measured: 3.1e-15, atMost: 1e-10),
        Claim(
          id: "time-per-pair", statement: "一次反向传播更新两个网络，每对更新所需时间低于交替训练。",
          measured: 0.687, atMost: 0.75),
        Claim(
          id: "quality",
          statement: "Fréchet distance of the samples is not worse than "
            + "alternating training’s by more than 5 %.", measured: 1.084, atMost: 1.05),
      ],
      sections: [
        Report.Section(
          "Training",
          [
            .text(
              "Both players see the same batches. The curves are smoothed; what they were "
                + "before stays visible behind them."),
            .chart(
              .lines(
                "Loss",
                [
                  curve("generator", from: 4.2, to: 0.8, pace: 900),
                  curve("discriminator", from: 1.2, to: 0.62, pace: 1500),
                ], y: Axis("loss"), smoothing: 0.97)),
            .chart(
              .lines(
                "Gradient norm",
                [
                  curve("generator", from: 40, to: 0.02, pace: 700),
                  curve("discriminator", from: 9, to: 0.004, pace: 500),
                ], y: Axis("norm, logarithmic", scale: .logarithmic)
              ).halfWidth()),
            .chart(
              .scatter(
                "Latent means",
                [
                  cloud("上衣", 0, 0), cloud("裤子", 2, 1), cloud("鞋", -1, 2),
                ], x: Axis("first component"), y: Axis("second component")
              ).halfWidth()),
            .chart(
              .histogram(
                "Discriminator outputs", [("real", normal), ("generated", shifted)], bins: 36,
                x: Axis("logit")
              ).halfWidth()),
            .chart(
              .bars(
                "Seconds per 1,000 pairs", categories: ["alternating", "one loss", "PyTorch"],
                [("", [12.4, 8.52, 14.8])], y: Axis("seconds")
              ).halfWidth().captioned("Batch 64, two threads, minimum of five.")),
          ]),
        Report.Section(
          "Samples",
          [
            .images([
              Report.Figure(sheet, caption: "step 5,000"),
              Report.Figure(sheet, caption: "step 30,000"),
            ])
          ]),
        Report.Section(
          "Words",
          [
            .chart(
              .bars(
                "Most frequent words",
                categories: [
                  "人民法院", "有限责任公司", "电力系统自动化", "知识产权保护", "最高人民法院关于适用",
                  "international trade organization", "线路", "变压器",
                ],
                [
                  ("laws", [812, 640, 12, 433, 390, 120, 30, 8]),
                  ("electric power", [4, 210, 720, 60, 2, 44, 640, 590]),
                ],
                y: Axis("count"))),
            .chart(
              .heatMap(
                "Confusion",
                (0..<10).map { row in
                  (0..<10).map {
                    row == $0 ? 0.8 + 0.2 * noise(row, 1) : 0.05 + 0.1 * noise(row * 10 + $0, 2)
                  }
                },
                rows: ["T恤", "裤子", "套衫", "连衣裙", "外套", "凉鞋", "衬衫", "运动鞋", "包", "短靴"],
                columns: ["T恤", "裤子", "套衫", "连衣裙", "外套", "凉鞋", "衬衫", "运动鞋", "包", "短靴"],
                x: Axis("predicted"), y: Axis("true class"))),
            .chart(
              .heatMap(
                "Attention",
                (0..<40).map { row in
                  (0..<40).map { exp(-abs(Double(row - $0)) / 6) + 0.2 * noise(row * 40 + $0, 5) }
                }, x: Axis("key"), y: Axis("query")
              ).halfWidth()),
            .chart(
              .heatMap(
                "Correlation",
                (0..<6).map { row in (0..<6).map { row == $0 ? 1 : 1.6 * noise(row + $0, 8) } },
                rows: ["温度", "湿度", "风速", "气压", "降水量", "日照时数"],
                columns: ["temperature", "humidity", "wind", "pressure", "rain", "sunshine"]
              ).halfWidth()),
            .table(
              Report.Table(
                columns: ["Method", "Precision", "Recall", "F1", "Milliseconds"],
                rows: [
                  ["word discovery v0", 0.61, 0.62, 0.6149, 1250],
                  ["互信息 + 左右熵", 0.7012, 0.66, 0.68, 0.00003],
                  ["best method here", 0.79, 0.771, 0.78, 12_345_678],
                ], caption: "Unsupervised segmentation, gold parts only")),
            .code("danlu run gan-single-loss --steps 30000 --seed 7"),
          ]),
      ],
      configuration: ["recipe": "gan-single-loss", "seed": 7, "settings": ["batch": 64]])
  }

  @Test func everyKindOfContentIsThere() throws {
    let page = Self.report.html()
    #expect(page.components(separatedBy: "<svg").count - 1 == 9)
    // 6000 points a curve, thinned: the page stays small.
    #expect(page.utf8.count < 1 << 20)
    if let path = ProcessInfo.processInfo.environment["DANLU_REPORT_OUT"] {
      try Self.report.write(to: path)
    }
  }
}
