import Reports

/// One article's page: contents, text, claims, sources, citation, neighbours.
struct ArticlePage {
  let entry: SiteCatalog.Entry
  let catalog: SiteCatalog
  let related: [SiteCatalog.Entry]
  let livePart: Website.LivePart?
  let options: Website.Options
  let hasMathJax: Bool

  private var source: ArticleSource { entry.source }
  private var language: PageLanguage { entry.source.language }

  private func neighbour(_ offset: Int) -> ArticleSource? {
    guard let place = catalog.place(of: source.name, in: language) else { return nil }
    let list = catalog.all(language)
    return list.indices.contains(place + offset) ? list[place + offset].source : nil
  }

  private func text(_ html: String) -> String { HTMLText.escaped(html) }

  private func address(_ path: String) -> String {
    text(PageLayout.address(path, from: source.path))
  }

  func rendered() -> (page: WebPage, text: RenderedText) {
    let catalog = catalog
    let (path, language) = (source.path, language)
    let rules = MarkdownHTML.Rules(
      language: language,
      resolve: { address in
        // Another article by its name, an anchor of this page, or a path of the site.
        let name = address.prefix { $0 != "#" }
        let anchor = address[name.endIndex...]
        if name.isEmpty { return String(anchor) }
        if name.hasPrefix("/") { return PageLayout.address(address, from: path) }
        guard catalog.has(String(name), in: language) else { return nil }
        return PageLayout.address(language.prefix + "/article/\(name)/\(anchor)", from: path)
      })
    let rendered = MarkdownHTML.render(MarkdownTree(source.markdown), rules: rules)
    var scripts = livePart?.scripts ?? []
    if hasMathJax, rendered.hasFormulas { scripts.append("/assets/formulas.js") }
    let layout = PageLayout(
      title: source.title, language: language, path: path,
      otherLanguagePath: catalog.has(source.name, in: language.other)
        ? language.other.prefix + "/article/\(source.name)/" : nil,
      section: .articles, sections: options.sections, body: body(rendered), summary: entry.summary,
      scripts: scripts, style: "reading", following: neighbour(1)?.path,
      preceding: neighbour(-1)?.path)
    return (WebPage(html: layout.html()), rendered)
  }

  private func body(_ rendered: RenderedText) -> String {
    """
    <article class="article-page">
    \(head)
    <aside class="contents"><nav aria-label="\(language("目录", "Contents"))">\
    <h2>\(language("目录", "Contents"))</h2>\(contents(rendered))</nav></aside>
    <details class="contents-folded"><summary>\(language("目录", "Contents"))</summary>\
    \(contents(rendered))</details>
    <div class="text">
    \(rendered.html)
    \(livePart.map { "<section class=\"live\">\($0.html)</section>" } ?? "")
    \(claims)
    </div>
    <footer class="back">
    \(sources)
    \(relatedList)
    \(neighbours)
    </footer>
    </article>
    """
  }

  private var head: String {
    let tags = source.tags.map {
      "<li><a class=\"tag\" href=\"\(address(SitePaths.tag($0, language)))\">\(text($0))</a></li>"
    }
    let category = address(SitePaths.category(source.category, language))
    return """
      <header class="article-head">
      <h1>\(text(source.title))</h1>
      <p class="meta"><time datetime="\(source.date)">\(source.date)</time>\
      <a href="\(category)">\(text(source.category))</a>\
      <span>\(language("约 \(entry.minutes) 分钟", "\(entry.minutes) min read"))</span>\
      \(claimsMark)</p>
      <ul class="tags">\(tags.joined())</ul>
      <div class="article-tools">\(citation)\
      <button type="button" class="button needs-script" data-action="share" hidden>\
      \(language("分享链接", "Share"))</button>\
      <button type="button" class="button needs-script" data-action="print" hidden>\
      \(language("打印", "Print"))</button></div>
      </header>
      """
  }

  private var claimsMark: String {
    guard let claims = entry.claims else { return "" }
    let style = claims.claims.allSatisfy(\.holds) ? "" : " some"
    return "<a class=\"claims-chip\(style)\" href=\"#claims\">\(claims.verdict(language))</a>"
  }

  private func contents(_ rendered: RenderedText) -> String {
    var items = rendered.headings.filter { $0.level <= 3 }.map { ($0.level, $0.anchor, $0.html) }
    if source.isRecipe {
      items.append((2, "claims", language("命题与实测", "Claims, measured")))
      items.append((2, "sources", language("来源", "Sources")))
    }
    var html = "<ol>"
    var isInner = false
    for (index, item) in items.enumerated() {
      if item.0 == 3, !isInner {
        // A third level without a second before it stands on the second.
        html += index == 0 ? "" : "<ol>"
        isInner = index > 0
      } else if item.0 == 2, isInner {
        html += "</li></ol></li>"
        isInner = false
      } else if index > 0 {
        html += "</li>"
      }
      html += "<li><a href=\"#\(item.1)\">\(item.2)</a>"
    }
    return html + (isInner ? "</li></ol>" : "") + "</li></ol>"
  }

  private var claims: String {
    let title =
      "<h2 id=\"claims\"><a href=\"#claims\">\(language("命题与实测", "Claims, measured"))</a></h2>"
    let command = "danlu run \(source.name)"
    guard source.isRecipe else { return "" }
    guard let claims = entry.claims else {
      return """
        \(title)
        <p>\(language(
          "这里还没有这篇文章的运行结果。运行一次，表格就会出现：",
          "No run of this article was found here yet. Run it, and its table appears:"))</p>
        <div class="code"><pre tabindex="0"><code><span class="t-p">$ </span>\(command)</code></pre></div>
        """
    }
    let time = NumberWords.duration(claims.seconds, language)
    return """
      \(title)
      <p class="note">\(claims.verdict(language))\(language("。", ".")) \
      \(language(
        "数据来自运行 <code>\(text(claims.run))</code>，用时 \(time)。",
        "From the run <code>\(text(claims.run))</code>, which took \(time)."))</p>
      \(claims.table(language))
      <div class="code"><pre tabindex="0"><code><span class="t-p">$ </span>\(command)</code></pre></div>
      """
  }

  private var sources: String {
    guard let link = source.source else { return "" }
    let items = [
      language("原文：苏剑林，", "The original article: Su Jianlin, ") + source.date
        + language("，", ", ") + "<a href=\"\(text(link))\" rel=\"noreferrer\">\(text(link))</a>",
      language("程序：", "The program: ") + "<code>danlu run \(source.name)</code>"
        + language("，设定与数据见 ", "; its settings and data: ")
        + "<code>danlu recipes \(source.name)</code>",
    ]
    return """
      <section><h2 id="sources">\(language("来源", "Sources"))</h2>
      <ul>\(items.map { "<li>\($0)</li>" }.joined())</ul></section>
      """
  }

  private var citation: String {
    let citation = Citation(source, original: originalTitle, address: pageAddress)
    return """
      <details class="citation"><summary class="button">\(language("引用", "Cite"))</summary>
      <div class="citation-body"><p id="citation-text">\(text(citation.text(language)))</p>
      <pre id="citation-bibtex" tabindex="0">\(text(citation.bibTeX))</pre>
      <p><button type="button" class="button needs-script" data-action="copy" data-target="citation-text" \
      hidden>\(language("复制引文", "Copy the citation"))</button>
      <button type="button" class="button needs-script" data-action="copy" data-target="citation-bibtex" \
      hidden>\(language("复制 BibTeX", "Copy BibTeX"))</button></p></div></details>
      """
  }

  private var originalTitle: String {
    catalog.place(of: source.name, in: .chinese).map { catalog.all(.chinese)[$0].source.title }
      ?? source.title
  }

  private var pageAddress: String? {
    options.address.map { $0 + SitePaths.percentEncoded(source.path) }
  }

  private var relatedList: String {
    guard !related.isEmpty else { return "" }
    let items = related.map { other in
      "<li><time datetime=\"\(other.source.date)\">\(other.source.date)</time>"
        + "<a href=\"\(address(other.source.path))\">\(text(other.source.title))</a></li>"
    }
    return """
      <section class="related"><h2>\(language("相关文章", "Related articles"))</h2>
      <ul class="rows">\(items.joined())</ul></section>
      """
  }

  private var neighbours: String {
    func link(_ source: ArticleSource?, _ style: String, _ label: String) -> String {
      guard let source else { return "" }
      return
        "<a class=\"\(style)\" href=\"\(address(source.path))\"><span class=\"label\">\(label)</span>"
        + "\(text(source.title))</a>"
    }
    return """
      <nav class="neighbours" aria-label="\(language("前后文章", "Neighbouring articles"))">\
      \(link(neighbour(-1), "preceding", language("← 较新", "← Newer")))\
      \(link(neighbour(1), "following", language("较早 →", "Older →")))</nav>
      """
  }
}

/// How a page is cited: in words and for BibTeX, together with the article it is about.
struct Citation {
  private let source: ArticleSource
  private let original: String
  private let address: String?

  /// `original` is the title of the article at `source.source`.
  init(_ source: ArticleSource, original: String, address: String?) {
    self.source = source
    self.original = original
    self.address = address
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  func text(_ language: PageLanguage) -> String {
    var text = ""
    if let link = source.source {
      let month =
        Int(source.date.dropFirst(5).prefix(2)).flatMap {
          Self.months.indices.contains($0 - 1) ? Self.months[$0 - 1] : nil
        } ?? ""
      let day = Int(source.date.suffix(2)) ?? 1
      text =
        language(
          "苏剑林. (\(month). \(day), \(source.year)). 《\(original)》[Blog post]. Retrieved from \(link)",
          "Su, J. (\(month). \(day), \(source.year)). “\(original)” [Blog post]. Retrieved from \(link)"
        )
    }
    guard let address else { return text.isEmpty ? source.title : text }
    return text + (text.isEmpty ? "" : "\n") + "Danlu. \(source.title). \(address)"
  }

  var bibTeX: String {
    var entries: [String] = []
    if let link = source.source {
      let number = link.split(separator: "/").last.map(String.init) ?? source.name
      let month = Int(source.date.dropFirst(5).prefix(2)) ?? 1
      entries.append(
        entry(
          "kexuefm-\(number)",
          [
            ("title", original), ("author", "苏剑林"), ("year", source.year),
            ("month", Self.months.indices.contains(month - 1) ? Self.months[month - 1] : ""),
            ("url", "\\url{\(link)}"),
          ]))
    }
    if let address {
      entries.append(
        entry(
          "danlu-\(source.name)",
          [
            ("title", source.title), ("author", "{Danlu}"), ("url", "\\url{\(address)}"),
          ]))
    }
    if entries.isEmpty {
      entries.append(
        entry("danlu-\(source.name)", [("title", source.title), ("author", "{Danlu}")]))
    }
    return entries.joined(separator: "\n\n")
  }

  private func entry(_ key: String, _ fields: [(String, String)]) -> String {
    let width = fields.map(\.0.count).max() ?? 0
    let lines = fields.map { name, value in
      let value = name == "url" || name == "author" ? value : Self.escaped(value)
      return "  \(name)\(String(repeating: " ", count: width - name.count)) = {\(value)}"
    }
    return "@misc{\(key),\n\(lines.joined(separator: ",\n"))\n}"
  }

  /// TeX's own characters.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if "&%$#_{}".contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }
}
