import Parallel
import Testing

@testable import Pages

@Suite struct MarkdownTests {
  private func html(_ text: String) -> String {
    Markdown.html(text, language: .english).replacing("\n", with: "")
  }

  @Test(arguments: [
    (
      "one *two* **three** `four`",
      "<p>one <em>two</em> <strong>three</strong> <code>four</code></p>"
    ),
    ("**粗体：**后文", "<p><strong>粗体：</strong>后文</p>"),
    ("***both***", "<p><strong><em>both</em></strong></p>"),
    ("2 * 3 * 4 and a**", "<p>2 * 3 * 4 and a**</p>"),
    ("`` a`b ``", "<p><code>a`b</code></p>"),
    ("a \\* b \\$5", "<p>a * b $5</p>"),
    ("$5 and $6", "<p>$5 and $6</p>"),
    (
      "[name](https://a.example/b_(c))",
      "<p><a href=\"https://a.example/b_(c)\" rel=\"noreferrer\">name</a></p>"
    ),
    (
      "see https://a.example/b.",
      "<p>see <a href=\"https://a.example/b\" rel=\"noreferrer\">https://a.example/b</a>.</p>"
    ),
    ("[a [b](c) d](e)", "<p><a href=\"e\">a b d</a></p>"),
    ("- one\n- two\n  - three", "<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul>"),
    ("3. one\n4. two", "<ol start=\"3\"><li>one</li><li>two</li></ol>"),
    ("- one\n\n  more\n- two", "<ul><li><p>one</p><p>more</p></li><li><p>two</p></li></ul>"),
    ("> quoted\n> more", "<blockquote><p>quotedmore</p></blockquote>"),
    ("***\n", "<hr>"),
    ("第一行\n第二行", "<p>第一行第二行</p>"),
  ])
  func structure(text: String, expected: String) { #expect(html(text) == expected) }

  @Test func tablesHoldCodeWithBars() {
    let table = html("| a | b |\n|:--|--:|\n| `x|y` | 2 |\n| only |")
    #expect(table.contains("<td><code>x|y</code></td><td class=\"right\">2</td>"))
    #expect(table.contains("<td>only</td><td class=\"right\"></td>"))
  }

  /// Also from those of the page around the text, of its equations and of its notes.
  @Test func everyAnchorStandsOnce() {
    let text = html(
      """
      ## Main

      ## Claims

      ## Eq a

      ## Note 1

      See \\eqref{eq:a}[^a!] and[^a?].

      \\begin{equation}\\label{eq:a}
      x
      \\end{equation}

      [^a!]: one
      [^a?]: two
      """)
    let anchors = text.matches(of: /id="([^"]*)"/).map { String($0.1) }
    #expect(
      anchors == [
        "main-2", "claims-2", "eq-a-2", "note-1-2", "noted-1", "noted-2", "eq-a", "note-1",
        "note-2",
      ])
  }

  @Test func headingsHaveDifferentAnchors() {
    let text = html("## The method\n\n## The method\n\n## 方法 一")
    for anchor in ["the-method", "the-method-2", "方法-一"] {
      #expect(text.contains("id=\"\(anchor)\""))
    }
  }

  @Test func fencesKeepTheirText() {
    #expect(html("```json\n{\"a\": <1>}\n```").contains("&lt;<span class=\"t-n\">1</span>&gt;"))
    #expect(html("```\nno end").contains("<code>no end</code>"))
  }

  @Test func notesAreNumberedByFirstUse() {
    let text = html("One[^b] two[^a] again[^b].\n\n[^a]: first\n[^b]: second\n[^c]: never")
    #expect(text.contains("href=\"#note-1\">1</a>") && text.contains("href=\"#note-2\">2</a>"))
    #expect(text.contains("<li id=\"note-1\"><p>second</p>") && !text.contains("never"))
  }

  @Test func equationsAreNumberedAcrossThePage() {
    let text = html(
      """
      By \\eqref{eq:b} and \\eqref{eq:none}.

      \\begin{equation}\\label{eq:a}
      a=1
      \\end{equation}

      \\begin{align}
      b&=2 \\label{eq:b}\\\\
      c&=3 \\nonumber\\\\
      d&=4
      \\end{align}

      $$e=5 \\tag{*}$$
      """)
    #expect(text.contains("<a class=\"reference\" href=\"#eq-b\">(2)</a>"))
    #expect(
      text.contains("id=\"eq-a\"") && text.contains("<span class=\"equation-number\">(1)</span>"))
    #expect(text.contains("<mtext>(2)</mtext>") && text.contains("<mtext>(3)</mtext>"))
    #expect(text.contains("<span class=\"equation-number\">(*)</span>"))
    #expect(text.contains("<span class=\"unknown-tex\">\\eqref{eq:none}</span>"))
  }

  @Test(arguments: [
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\u{1}script:alert(1))",
    "[x](data:text/html,<script>)", "[x](vbscript:x)", "[x](//evil.example)",
    "[x](\\\\evil.example)",
    "<javascript:alert(1)>", "![x](javascript:alert(1))", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "`</code><script>`", "$</math><script>alert(1)</script>$",
    "[\"onmouseover=alert(1)](https://a.example/\"onmouseover=alert(1))",
    "## <svg onload=alert(1)>",
    "```\"><script>\nx\n```", "$\\text{</mtext><script>}$", "$\\color{red\" onclick=\"x}x$",
    "$\\begin{\"><script>}x\\end{y}$", "[^\"><script>]\n\n[^\"><script>]: x", "$\\unknown<script>$",
  ])
  func nothingOfStrangersRuns(text: String) {
    for html in [Markdown.html(ofComment: text), Markdown.html(text, language: .english)] {
      #expect(HTMLCheck(html).problems == [])
    }
  }

  @Test func commentsHaveNoAnchors() {
    let html = Markdown.html(
      ofComment: "# Big\n\n\\begin{equation}\\label{eq:a}x\\end{equation}\n\nx[^1]\n\n[^1]: y")
    #expect(!html.contains("id=") && html.contains("<strong>Big</strong>"))
    #expect(Markdown.html(ofComment: "[a](b)") == "<p>a</p>\n")
  }

  /// Pieces of Markdown, TeX and HTML in any order make HTML whose elements are known and closed.
  @Test func fuzzedTextsStaySafe() {
    let pieces = [
      "*", "**", "`", "```", "$", "$$", "[", "](", ")", "![", "^", "[^1]", "[^1]: ", "<", ">", "\"",
      "'", "&",
      "<script>", "javascript:", "https://", "\n", "\n\n", "\n- ", "\n1. ", "\n> ", "\n# ", "\n| ",
      "|-|", " ",
      "  ", "\\", "\\\\", "{", "}", "_", "\\frac", "\\left(", "\\right)", "\\begin{align}",
      "\\end{align}",
      "\\label{a}", "\\eqref{a}", "\\text{", "\\sqrt[", "]", "\\over", "\\color{red}",
      "\\begin{cases}", "a",
      "字", "9", "\u{0}", "\u{301}", "𝔼", "\\tag{", "\\hat", "\\big", "'", "%", "~", "\\limits",
      "\\not",
    ]
    var random = RandomStream(seed: 16)
    for _ in 0..<2000 {
      let text = (0..<random.below(40)).map { _ in pieces[random.below(pieces.count)] }.joined()
      #expect(HTMLCheck(Markdown.html(ofComment: text)).problems == [], "\(text.debugDescription)")
      #expect(
        HTMLCheck(Markdown.html(text, language: .chinese)).problems == [],
        "\(text.debugDescription)")
    }
  }

  /// Deep and long texts take time in proportion.
  @Test(arguments: [
    "*", "[", "> ", "- ", "`", "$", "{", "\\left(", "\\frac", "![", "$x_", "**a", "$$\n",
    "\\begin{align}\n",
  ])
  func repetitionIsNoTrap(piece: String) {
    let clock = ContinuousClock()
    let time = clock.measure {
      let html = Markdown.html(ofComment: String(repeating: piece, count: 8_000))
      #expect(HTMLCheck(html).problems == [])
      _ = Markdown.html(ofComment: "$" + String(repeating: piece, count: 2_000) + "$")
    }
    #expect(time < .seconds(10))
  }
}

/// Whether HTML has only elements and attributes that the pages write, all closed.
struct HTMLCheck {
  private(set) var problems: [String] = []

  private static let elements: Set<String> = [
    "p", "em", "strong", "code", "pre", "a", "ul", "ol", "li", "blockquote", "hr", "br", "img",
    "sup", "span",
    "div", "section", "table", "thead", "tbody", "tr", "th", "td", "h2", "h3", "h4", "button",
    "math", "mi",
    "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder",
    "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom",
  ]
  private static let attributes: Set<String> = [
    "class", "id", "href", "rel", "src", "alt", "loading", "start", "scope", "tabindex", "type",
    "hidden",
    "data-tex", "data-action", "aria-label", "display", "mathvariant", "stretchy", "fence", "form",
    "lspace",
    "rspace", "separator", "movablelimits", "largeop", "symmetric", "minsize", "maxsize", "accent",
    "accentunder", "width", "linethickness", "displaystyle", "scriptlevel", "mathcolor",
    "mathbackground",
    "style",
  ]
  private static let empty: Set<String> = ["hr", "br", "img"]

  init(_ html: String) {
    var open: [String] = []
    // By scalars, as browsers read: a mark that combines with `>` does not hide it.
    let scalars = html.unicodeScalars.map { $0.isASCII ? $0 : "x" }
    var rest = String(String.UnicodeScalarView(scalars))[...]
    while let start = rest.firstIndex(of: "<") {
      guard let end = rest[start...].firstIndex(of: ">") else {
        problems.append("a tag without an end")
        return
      }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        let name = String(tag.dropFirst())
        if open.popLast() != name { problems.append("</\(name)> closes nothing") }
        continue
      }
      let isClosed = tag.hasSuffix("/")
      let name = String(tag.prefix { !$0.isWhitespace && $0 != "/" })
      if !Self.elements.contains(name) { problems.append("<\(name)>") }
      check(tag.dropFirst(name.count).drop(while: \.isWhitespace))
      if !isClosed, !Self.empty.contains(name) { open.append(name) }
    }
    if !open.isEmpty { problems.append("not closed: \(open)") }
  }

  private mutating func check(_ text: Substring) {
    var rest = text
    while !rest.isEmpty, rest != "/" {
      let name = String(rest.prefix { $0 != "=" && !$0.isWhitespace && $0 != "/" })
      if !Self.attributes.contains(name) {
        problems.append("attribute \(name)")
        return
      }
      rest = rest.dropFirst(name.count)
      if rest.hasPrefix("=\"") {
        let value = rest.dropFirst(2).prefix { $0 != "\"" }
        if name == "href" || name == "src" {
          let head = value.prefix { !"/?#".contains($0) }
          let scheme = head.firstIndex(of: ":").map { head[..<$0].lowercased() }
          if let scheme, !["http", "https", "mailto"].contains(scheme) {
            problems.append("address \(value)")
          }
          if value.hasPrefix("//") || value.contains("\\") { problems.append("address \(value)") }
        }
        rest = rest.dropFirst(3 + value.count)
      }
      rest = rest.drop(while: \.isWhitespace)
    }
  }
}
