import Formats
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite struct ReportTests {
  static let hostile =
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u{0}"

  /// One of everything, with `text` wherever text can stand.
  static func report(_ text: String) -> Report {
    let curve = Series(text, [1, 2, .nan, 4])
    return Report(
      title: text, summary: text,
      article: Report.Article(title: text, address: "javascript:alert(3)", date: text),
      claims: [
        Claim(id: text, statement: text, expected: text, measured: .string(text), holds: true)
      ],
      sections: [
        Report.Section(
          text,
          [
            .text(text), .code(text),
            .chart(
              .lines(text, [curve, curve], x: Axis(text), y: Axis(text), smoothing: 0.5)
                .captioned(text)),
            .chart(.scatter(text, [curve], x: Axis(text), y: Axis(text)).halfWidth()),
            .chart(.bars(text, categories: [text, "b"], [(text, [1, -2])], y: Axis(text))),
            .chart(.histogram(text, [(text, [1, 2, 2])], x: Axis(text))),
            .chart(
              .heatMap(
                text, [[1, 2], [.nan, -4]], rows: [text, "b"], columns: [text, "c"], x: Axis(text),
                y: Axis(text))),
            .table(Report.Table(columns: [text], rows: [[.text(text)], [1.5]], caption: text)),
            .tables([
              Report.Table(columns: [text], rows: [[.text(text)]], caption: text),
              Report.Table(columns: ["n"], rows: [[2]]),
            ]),
            .images([
              Report.Figure(Image(width: 2, height: 2, color: [1, 2, 3]), caption: text)
            ]),
          ])
      ],
      configuration: .object([JSONMember(text, .string(text))]))
  }

  @Test func hostileTextStaysText() {
    let page = Self.report(Self.hostile).html()
    expect(page, lacks: "<img src=x")
    expect(page, lacks: "<script>alert")
    expect(page, lacks: "javascript:alert(3)")
    expect(page, lacks: "\u{0}")
    // The page's own script and one per chart of curves.
    #expect(page.components(separatedBy: "<script").count - 1 == 3)
    #expect(page.components(separatedBy: "</script>").count - 1 == 3)
  }

  @Test func nothingIsFetched() {
    let page = Self.report("plain").html()
    for pattern in ["src=\"http", "href=\"http", "url(", "@import", "<link", "<iframe"] {
      expect(page, lacks: pattern)
    }
    expect(page, contains: "src=\"data:image/png;base64,")
  }

  @Test func linksOnlyToPages() {
    func header(_ address: String) -> String {
      Report(title: "t", article: Report.Article(title: "a", address: address)).html()
    }
    #expect(
      header("https://kexue.fm/x?a=1&b=2").contains("href=\"https://kexue.fm/x?a=1&amp;b=2\""))
    #expect(!header("data:text/html,x").contains("<a "))
  }

  /// Every element that is opened is closed, in order.
  @Test func theMarkupIsBalanced() throws {
    let page = Self.report(Self.hostile).html()
    let voids: Set = ["meta", "img", "br", "!DOCTYPE"]
    var open: [String] = []
    var rest = page[...]
    while let start = rest.firstIndex(of: "<") {
      let end = try #require(rest[start...].firstIndex(of: ">"))
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      let name = String(tag.drop { $0 == "/" }.prefix { !$0.isWhitespace && $0 != "/" })
      if tag.hasPrefix("/") {
        #expect(open.popLast() == name)
      } else if !voids.contains(name), !tag.hasSuffix("/") {
        open.append(name)
        if name == "script" || name == "style" {
          let close = try #require(rest.range(of: "</\(name)>"))
          rest = rest[close.lowerBound...]
        }
      }
    }
    #expect(open.isEmpty)
  }

  @Test func tablesStandSideBySide() throws {
    let html = Self.report("plain").html()
    let group = try #require(html.range(of: "<div class=\"tables\">"))
    let end = try #require(
      html.range(of: "</table></div></div>", range: group.upperBound..<html.endIndex))
    #expect(html[group.upperBound..<end.upperBound].components(separatedBy: "<table>").count == 3)
  }

  @Test func claimsAreCounted() {
    func claim(_ holds: Bool) -> Claim {
      Claim(id: "a", statement: "s", expected: "e", measured: 1, holds: holds)
    }
    #expect(Report(title: "t", claims: [claim(true), claim(false)]).html().contains("1 of 2 hold"))
    #expect(Report(title: "t", claims: [claim(true), claim(true)]).html().contains("all 2 hold"))
    #expect(!Report(title: "t").html().contains("<h2>Claims"))
  }

  @Test func chinesePagesSaySo() {
    #expect(Report(title: "巧断梯度").html().contains("<html lang=\"zh\">"))
    #expect(Report(title: "GAN").html().contains("<html lang=\"en\">"))
  }

  @Test func isWrittenWhole() throws {
    try withTemporaryFolder { folder in
      let report = Self.report("plain")
      try report.write(to: folder + "/report.html")
      let text = try String(contentsOfFile: folder + "/report.html", encoding: .utf8)
      let isWhole = text == report.html()
      #expect(isWhole)
    }
  }
}

/// Says which text, rather than printing the whole page.
private func expect(_ page: String, contains text: String) {
  let isThere = page.contains(text)
  #expect(isThere, "the page lacks \(text)")
}

private func expect(_ page: String, lacks text: String) {
  let isThere = page.contains(text)
  #expect(!isThere, "the page contains \(text)")
}
