import Formats
import Foundation
import Messages

extension Report {
  /// The whole page.
  public func html() -> String {
    """
    <!DOCTYPE html>
    <html lang="\(Self.language(of: title))">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="Danlu">
    <title>\(HTMLText.escaped(title))</title>
    <style>\(ReportStyle.sheet)</style>
    </head>
    <body>
    <main>
    \(header)
    \(claimTable)
    \(sections.map(Self.section).joined(separator: "\n"))
    \(configurationBlock)
    </main>
    <div id="tip" hidden></div>
    <script>\(ReportStyle.script)</script>
    </body>
    </html>

    """
  }

  /// Chinese titles get Chinese glyphs and line breaks.
  private static func language(of text: String) -> String {
    text.unicodeScalars.contains { (0x4e00...0x9fff).contains($0.value) } ? "zh" : "en"
  }

  private var header: String {
    var html = "<header><h1>\(HTMLText.escaped(title))</h1>"
    if let summary { html += "<p class=\"summary\">\(HTMLText.escaped(summary))</p>" }
    if let article {
      let title = HTMLText.escaped(article.title)
      let isLink = article.address.map { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
      let name =
        isLink == true
        ? "<a href=\"\(HTMLText.escaped(article.address ?? ""))\" rel=\"noreferrer\">\(title)</a>"
        : "<span>\(title)</span>"
      let date = article.date.map { "<time>\(HTMLText.escaped($0))</time>" } ?? ""
      html += "<p class=\"article\"><span class=\"label\">Article</span>\(name)\(date)</p>"
    }
    return html + "</header>"
  }

  private var claimTable: String {
    guard !claims.isEmpty else { return "" }
    let holding = claims.count(where: \.holds)
    let verdict =
      holding == claims.count
      ? (claims.count == 1 ? "the claim holds" : "all \(claims.count) hold")
      : "\(holding) of \(claims.count) hold"
    let rows = claims.map { claim in
      """
      <tr><td class="verdict"><span class="chip \(claim.holds ? "holds" : "fails")">\
      \(claim.holds ? "holds" : "fails")</span></td>\
      <td class="statement">\(HTMLText.escaped(claim.statement))\
      <code>\(HTMLText.escaped(claim.id))</code></td>\
      <td class="figure">\(HTMLText.escaped(claim.expected))</td>\
      <td class="figure">\(HTMLText.escaped(claim.measuredText))</td></tr>
      """
    }
    return """
      <section><h2>Claims <span class="count">\(verdict)</span></h2>
      <div class="scroll"><table class="claims">
      <thead><tr><th></th><th>Claim</th><th class="figure">Expected</th>\
      <th class="figure">Measured</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody>
      </table></div></section>
      """
  }

  private var configurationBlock: String {
    guard let configuration else { return "" }
    return """
      <details><summary>Configuration</summary>\
      <pre>\(HTMLText.escaped(configuration.text(pretty: true)))</pre></details>
      """
  }

  private static func section(_ section: Section) -> String {
    var html = "<section><h2>\(HTMLText.escaped(section.title))</h2>"
    var isPairing = false
    for block in section.blocks {
      var isHalf = false
      if case .chart(let chart) = block { isHalf = chart.isHalfWidth }
      if isHalf != isPairing { html += isHalf ? "<div class=\"pair\">" : "</div>" }
      isPairing = isHalf
      html += Self.block(block)
    }
    return html + (isPairing ? "</div>" : "") + "</section>"
  }

  private static func block(_ block: Block) -> String {
    switch block {
    case .text(let text):
      return text.split(separator: "\n\n").map { "<p>\(HTMLText.escaped(String($0)))</p>" }.joined()
    case .chart(let chart): return chart.html()
    case .table(let table): return Self.table(table)
    case .tables(let tables):
      return "<div class=\"tables\">\(tables.map(Self.table).joined())</div>"
    case .images(let figures):
      return "<div class=\"images\">\(figures.map(figure).joined())</div>"
    case .code(let text): return "<pre>\(HTMLText.escaped(text))</pre>"
    case .page(let html, let height):
      return "<iframe sandbox=\"allow-scripts\" height=\"\(height)\" "
        + "srcdoc=\"\(HTMLText.escaped(html))\"></iframe>"
    }
  }

  private static func figure(_ figure: Figure) -> String {
    let image = figure.image
    let factor = max(1, min(4, 160 / max(image.width, image.height)))
    let caption =
      figure.caption.isEmpty
      ? "" : "<figcaption>\(HTMLText.escaped(figure.caption))</figcaption>"
    return """
      <figure class="image"><img alt="\(HTMLText.escaped(figure.caption))" \
      width="\(image.width * factor)" height="\(image.height * factor)"\
      \(factor > 1 ? " style=\"image-rendering:pixelated\"" : "") \
      src="data:image/png;base64,\(Data(image.png()).base64EncodedString())">\(caption)</figure>
      """
  }

  private static func table(_ table: Table) -> String {
    func isNumeric(_ column: Int) -> Bool {
      table.rows.contains { row in if case .number = row[column] { true } else { false } }
    }
    let classes = table.columns.indices.map { isNumeric($0) ? " class=\"figure\"" : "" }
    // The numbers of a column look alike.
    let numbers = table.columns.indices.map { column in
      let values = table.rows.map { row in
        if case .number(let value) = row[column] { value } else { Double.nan }
      }
      let texts = NumberText.column(values.filter(\.isFinite))
      var next = texts.makeIterator()
      return values.map { $0.isFinite ? next.next() ?? "" : NumberText.short($0) }
    }
    let head = zip(table.columns, classes).map { "<th\($1)>\(HTMLText.escaped($0))</th>" }
    let rows = table.rows.enumerated().map { number, row in
      let cells = zip(row, classes).enumerated().map { column, pair in
        switch pair.0 {
        case .text(let text): "<td\(pair.1)>\(HTMLText.escaped(text))</td>"
        case .number: "<td\(pair.1)>\(numbers[column][number])</td>"
        }
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let caption = table.caption.map { "<caption>\(HTMLText.escaped($0))</caption>" } ?? ""
    return """
      <div class="scroll"><table>\(caption)<thead><tr>\(head.joined())</tr></thead>\
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      """
  }
}

extension Chart {
  /// The chart with its title, legend and caption.
  package func html() -> String {
    let body: String
    var names: [String] = []
    var mark = "bar-mark"
    switch content {
    case .curves(let series, let x, let y, let smoothing):
      body = curves(series, x: x, y: y, smoothing: smoothing)
      names = series.map(\.name)
      mark = series.contains { $0.style == .points } ? "dot-mark" : "line-mark"
    case .bars(let categories, let series, let y):
      body = bars(categories: categories, series: series, y: y)
      names = series.map(\.name)
    case .histogram(let series, let x):
      body = histogram(series, x: x)
      names = series.map(\.name)
    case .heatMap(let values, let rows, let columns, let x, let y):
      body = heatMap(values, rows: rows, columns: columns, x: x, y: y)
    }
    let items = names.enumerated().map { index, name in
      "<li><i class=\"\(mark) s\(index % 8 + 1)\(index >= 8 ? " dashed" : "")\"></i>"
        + "\(HTMLText.escaped(name))</li>"
    }
    let legend = names.count > 1 ? "<ul class=\"legend\">\(items.joined())</ul>" : ""
    let note = caption.map { "<p class=\"note\">\(HTMLText.escaped($0))</p>" } ?? ""
    return """
      <figure class="chart\(isHalfWidth ? "" : " wide")"><figcaption>\(HTMLText.escaped(title))</figcaption>\
      \(legend)<div class="plot">\(body)</div>\(note)</figure>
      """
  }
}
