import Foundation
import Messages
import Reports
import Testing

@testable import Pages

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct WebsiteTests {
  @Test func addressesAreRelativeToThePage() {
    #expect(PageLayout.address("/assets/site.css", from: "/") == "assets/site.css")
    #expect(PageLayout.address("/en/", from: "/en/") == "../en/")
    #expect(PageLayout.address("/", from: "/") == "./")
    #expect(PageLayout.address("/tag/GAN/", from: "/en/article/gan-qp/") == "../../../tag/GAN/")
    #expect(PageLayout.address("/assets/site.css", from: nil) == "/assets/site.css")
  }

  /// Every link and every anchor of every page leads somewhere, and no page asks for anything elsewhere.
  @Test func everyInternalLinkResolves() throws {
    let site = try Website(Website.Options())
    #expect(site.articles.count >= 2)
    var anchors: [String: Set<String>] = [:]
    for path in site.paths {
      let html = String(decoding: site.page(at: path).bytes, as: UTF8.self)
      anchors[path] = Set(html.matches(of: /\sid="([^"]*)"/).map { String($0.1) })
      #expect(anchors[path]?.count == html.matches(of: /\sid="/).count, "an id twice: \(path)")
    }
    for path in site.paths where site.page(at: path).contentType.hasPrefix("text/html") {
      let page = site.page(at: path)
      let html = String(decoding: page.bytes, as: UTF8.self)
      #expect(page.bytes.count < 300_000, "\(path)")
      #expect(!html.contains("<script>") && !html.contains(" onclick"))
      for match in html.matches(of: /\s(href|src|action)="([^"]*)"/) {
        let address = String(match.2).replacing("&amp;", with: "&")
        if address.hasPrefix("http") || address.hasPrefix("mailto:") {
          #expect(match.1 == "href", "\(path) loads \(address)")
          continue
        }
        let parts = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let target = parts[0].isEmpty ? path : try #require(Self.joined(path, String(parts[0])))
        #expect(target == path || site.page(at: target).status == 200, "\(path): \(address)")
        if parts.count == 2, !parts[1].isEmpty {
          #expect(anchors[target]?.contains(String(parts[1])) == true, "\(path): \(address)")
        }
      }
    }
  }

  private static func joined(_ path: String, _ address: String) -> String? {
    URL(string: "http://x" + SitePaths.percentEncoded(path)).flatMap {
      URL(string: SitePaths.percentEncoded(address), relativeTo: $0)
    }?.absoluteURL.path(percentEncoded: false)
  }

  /// A sentence of a page finds that page first.
  @Test func aSentenceFindsItsPage() throws {
    let site = try Website(Website.Options())
    for article in site.articles {
      var checked = 0
      var isInFence = false
      for line in article.markdown.split(separator: "\n") where checked < 4 {
        // Commands and code stand on several pages.
        if line.hasPrefix("```") { isInFence.toggle() }
        if isInFence { continue }
        let isProse =
          line.count > 40 && !line.contains("$") && !line.contains("\\") && !line.contains("`")
          && !line.contains("|")
        guard isProse, let first = line.first, first.isLetter else { continue }
        let words = line.replacing(/\]\([^)]*\)/, with: "").replacing("*", with: "").replacing(
          "[", with: "")
        let sentence =
          words.split(whereSeparator: { ".。!?".contains($0) }).max { $0.count < $1.count }
          ?? words[...]
        guard sentence.count >= 16 else { continue }
        checked += 1
        let hits = site.search(String(sentence), in: article.language)
        #expect(hits.first?.name == article.name, "\(article.path): \(sentence)")
        #expect(hits.first?.excerpt.contains { $0.isHit } == true)
      }
    }
    #expect(site.search("", in: .chinese).isEmpty)
    #expect(site.search("<&>", in: .english).isEmpty)
  }

  @Test func pathsAnswer() throws {
    let site = try Website(Website.Options())
    let name = try #require(site.articles.first?.name)
    #expect(site.page(at: "/article/\(name)").status == 301)
    #expect(site.page(at: "/article/\(name)").location == "/article/\(name)/")
    #expect(site.page(at: "/en/nothing/").status == 404)
    #expect(site.page(at: "/404.html").status == 404)
    #expect(
      String(decoding: site.page(at: "/en/nothing/").bytes, as: UTF8.self).contains("No such page"))
    let page = site.searchPage("\"><script>alert(1)</script>", in: .english)
    #expect(!String(decoding: page.bytes, as: UTF8.self).contains("<script>alert"))
    #expect(site.page(at: "/").entityTag != site.page(at: "/en/").entityTag)
  }

  @Test func feedsAreWellFormedAndComplete() throws {
    let site = try Website(Website.Options())
    for (path, root) in [
      ("/feed.xml", "rss"), ("/atom.xml", "feed"), ("/en/feed.xml", "rss"),
      ("/en/atom.xml", "feed"),
    ] {
      let parser = FeedCheck()
      #expect(parser.parse(site.page(at: path).bytes), "\(path)")
      #expect(parser.root == root)
      #expect(parser.entries == min(20, site.articles.count / 2), "\(path)")
      // Newest first, no two at one time.
      let text = String(decoding: site.page(at: path).bytes, as: UTF8.self)
      let times = text.matches(of: /<updated>(.*?)<\/updated>/).map { String($0.1) }.dropFirst()
      #expect(times.sorted(by: >) == Array(times) && Set(times).count == times.count, "\(path)")
    }
  }

  @Test func days() {
    #expect(CalendarDay("2018-11-20")?.rfc822 == "Tue, 20 Nov 2018 00:00:00 GMT")
    #expect(CalendarDay("2020-02-29")?.rfc822 == "Sat, 29 Feb 2020 00:00:00 GMT")
    for text in [
      "2019-02-29", "1900-02-29", "2018-04-31", "2018-13-01", "2018-1-02", "2018-11-20x",
    ] {
      #expect(CalendarDay(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    ("x.zh.md", "no header", "line 1"),
    ("x.zh.md", "---\narticle: x\n", "no end"),
    ("x.zh.md", "---\narticle: x\ntitle: t\ndate: 2018-1-2\ncategory: c\n---\n", "2018-1-2"),
    ("x.zh.md", "---\narticle: y\ntitle: t\ndate: 2018-01-02\ncategory: c\n---\n", "'y'"),
    ("x.zh.md", "---\narticle: x\ntitle: t\ndate: 2018-01-02\n---\n", "category"),
    ("x.zh.md", "---\narticle: x\ntitle: t\ndate: 2018-02-30\ncategory: c\n---\n", "2018-02-30"),
    ("x.zh.md", "---\nauthor: x\n---\n", "author"),
    ("x.zh.md", "---\ntitle: x\ntitle: y\n---\n", "line 3: a second 'title:'"),
    (
      "x.zh.md",
      "---\narticle: x\ntitle: t\ndate: 2018-01-02\ncategory: c\nsource: javascript:alert(1)\n---\n",
      "https://"
    ),
    ("x.md", "---\n---\n", "NAME.zh.md"),
  ])
  func badHeadersAreExplained(file: String, text: String, part: String) {
    let error = #expect(throws: FileError.self) {
      try ArticleSource(Array(text.utf8), path: "articles/" + file)
    }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }

  @Test func citationsNameTheOriginal() throws {
    let text =
      "---\narticle: gan-qp\ntitle: A & B\ndate: 2018-11-20\ncategory: c\nsource: https://kexue.fm/archives/6163\n---\n"
    let source = try ArticleSource(Array(text.utf8), path: "gan-qp.en.md")
    let citation = Citation(source, original: "原题 & B", address: nil)
    #expect(
      citation.text(.chinese)
        == "苏剑林. (Nov. 20, 2018). 《原题 & B》[Blog post]. Retrieved from https://kexue.fm/archives/6163"
    )
    #expect(
      citation.bibTeX.contains("@misc{kexuefm-6163,") && citation.bibTeX.contains("{原题 \\& B}"))
    let odd = Citation(source, original: "a\\b~c^d", address: nil).bibTeX
    #expect(odd.contains("{a\\textbackslash{}b\\textasciitilde{}c\\textasciicircum{}d}"))
  }

  /// Claims speak the page's language where the article's header says how.
  @Test func claimsAreTold() {
    let claims = [
      Claim(id: "a", statement: "a < b", measured: 1, atMost: 2),
      Claim(id: "b", statement: "b holds", measured: 3, atMost: 2),
    ]
    let html = ClaimTable.html(claims, .chinese, statements: ["a": "甲 < 乙"])
    #expect(html.contains("<td class=\"statement\">甲 &lt; 乙<code>a</code>"))
    #expect(html.contains("<td class=\"statement\" lang=\"en\">b holds<code>b</code>"))
    #expect(html.contains("chip holds\">成立") && html.contains("chip fails\">不成立"))
  }

  /// A text without headings has no contents, and its page no empty list.
  @Test func aTextWithoutHeadingsHasNoContents() throws {
    let folder = NSTemporaryDirectory() + "danlu-note-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = "---\narticle: note\ntitle: A note\ndate: 2020-01-02\ncategory: c\n---\nOne line.\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/note.en.md"))
    var options = Website.Options()
    options.articles = folder
    let page = String(
      decoding: try Website(options).page(at: "/en/article/note/").bytes, as: UTF8.self)
    #expect(page.contains("One line.") && !page.contains("<ol></li>") && !page.contains("contents"))
  }
}

/// Reads a feed as XML and counts what it holds.
private final class FeedCheck: NSObject, XMLParserDelegate {
  var root: String?
  var entries = 0

  func parse(_ bytes: [UInt8]) -> Bool {
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    return parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?,
    attributes: [String: String]
  ) {
    if root == nil { root = name }
    if name == "item" || name == "entry" { entries += 1 }
  }
}
