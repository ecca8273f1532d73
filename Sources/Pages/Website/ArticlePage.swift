import Reports

/// One article's page: contents, text, claims, sources, citation, neighbours.
struct ArticlePage {
  let entry: SiteCatalog.Entry
  let catalog: SiteCatalog
  let related: [SiteCatalog.Entry]
  let livePart: Website.LivePart?
  let options: Website.Options
  let hasMathJax: Bool

  /// The `id`s that stand around an article's text.
  static let anchors: Set<String> = [
    "claims", "sources", "citation-text", "citation-bibtex", "try",
  ]

  private var source: ArticleSource { entry.source }
  private var language: PageLanguage { entry.source.language }

  private func neighbour(_ offset: Int) -> ArticleSource? {
    guard let place = catalog.place(of: source.name, in: language) else { return nil }
    let list = catalog.all(language)
    return list.indices.contains(place + offset) ? list[place + offset].source : nil
  }

  private func text(_ string: String) -> String { HTMLText.escaped(string) }

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
    let rendered = MarkdownHTML.render(MarkdownTree(source.body), rules: rules)
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
    \(contents(rendered))
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

  /// Beside the text where there is room for it, else above it, folded. A text without headings has none.
  private func contents(_ rendered: RenderedText) -> String {
    var items = rendered.headings.filter { $0.level <= 3 }.map { ($0.level, $0.anchor, $0.html) }
    if source.isRecipe {
      items.append((2, "claims", language("论断与实测", "Claims, measured")))
      items.append((2, "sources", language("来源", "Sources")))
    }
    guard !items.isEmpty else { return "" }
    let title = language("目录", "Contents")
    let list = Self.contentsList(items)
    return """
      <aside class="contents"><nav aria-label="\(title)"><h2>\(title)</h2>\(list)</nav></aside>
      <details class="contents-folded"><summary>\(title)</summary>\(list)</details>
      """
  }

  private static func contentsList(_ items: [(level: Int, anchor: String, html: String)]) -> String
  {
    var html = "<ol>"
    var isInner = false
    for (index, item) in items.enumerated() {
      if item.level == 3, !isInner {
        // A third level without a second before it stands on the second.
        html += index == 0 ? "" : "<ol>"
        isInner = index > 0
      } else if item.level == 2, isInner {
        html += "</li></ol></li>"
        isInner = false
      } else if index > 0 {
        html += "</li>"
      }
      html += "<li><a href=\"#\(item.anchor)\">\(item.html)</a>"
    }
    return html + (isInner ? "</li></ol>" : "") + "</li></ol>"
  }

  private var claims: String {
    guard source.isRecipe else { return "" }
    let copy = language("复制", "Copy")
    return """
      <h2 id="claims"><a href="#claims">\(language("论断与实测", "Claims, measured"))</a></h2>
      \(claimsTable)
      <div class="code"><pre tabindex="0"><code><span class="t-p">$ </span>danlu run \(source.name)</code></pre>\
      <button type="button" class="button copy needs-script" data-action="copy" hidden>\(copy)</button></div>
      """
  }

  private var claimsTable: String {
    guard let claims = entry.claims else {
      let none = language(
        "这里还没有这篇文章的运行结果。运行一次，表格就会出现：",
        "No run of this article was found here yet. Run it, and its table appears:")
      return "<p>\(none)</p>"
    }
    let time = NumberWords.duration(claims.seconds, language)
    return """
      <p class="note">\(claims.verdict(language))\(language("。", ".")) \
      \(language(
        "数据来自运行 <code>\(text(claims.run))</code>，用时 \(time)。",
        "From the run <code>\(text(claims.run))</code>, which took \(time)."))</p>
      \(ClaimTable.html(claims.claims, language, statements: source.claims))
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
