import Reports

/// The pages that list articles: the first page, the archive by year, categories and tags.
struct ListPages {
  let catalog: SiteCatalog
  let language: PageLanguage
  let options: Website.Options

  /// Rows on one page.
  static let pageLength = 250
  /// Cards on the first page.
  static let cardCount = 60

  private func text(_ string: String) -> String { HTMLText.escaped(string) }

  /// Every path, and how its page is made.
  func pages() -> [(path: String, make: @Sendable () -> WebPage)] {
    var pages: [(path: String, make: @Sendable () -> WebPage)] = []
    let own = self
    pages.append((language.prefix + "/", { own.home() }))
    pages.append((language.prefix + "/topics/", { own.topics() }))
    let entries = catalog.all(language)
    let years = catalog.groups(language) { [$0.year] }.map(\.name).sorted(by: >)
    pages += paged(
      language.prefix + "/archives/", title: language("归档", "Archive"), section: .archive,
      lead: years.isEmpty ? "" : yearLinks(years), entries)
    for group in catalog.groups(language, by: { [$0.year] }) {
      pages += paged(
        SitePaths.year(group.name, language), title: language("\(group.name) 年", group.name),
        section: .archive, lead: yearLinks(years), group.entries)
    }
    for group in catalog.groups(language, by: { [$0.category] }) {
      pages += paged(
        SitePaths.category(group.name, language), title: group.name, section: .topics,
        lead:
          "<p>\(language("分类，\(group.entries.count) 篇", "Category, \(counted(group.entries.count))"))</p>",
        group.entries)
    }
    for group in catalog.groups(language, by: \.tags) {
      pages += paged(
        SitePaths.tag(group.name, language), title: "#\(group.name)", section: .topics,
        lead:
          "<p>\(language("标签，\(group.entries.count) 篇", "Tag, \(counted(group.entries.count))"))</p>",
        group.entries)
    }
    // Two names may become one folder; the more frequent one keeps it.
    var seen: Set<String> = []
    return pages.filter { seen.insert($0.path).inserted }
  }

  private func counted(_ count: Int) -> String { count == 1 ? "1 article" : "\(count) articles" }

  private func page(
    _ path: String, title: String, section: SiteSection, body: String, summary: String? = nil,
    hasTwin: Bool = true
  ) -> WebPage {
    let other = language.other.prefix + path.dropFirst(language.prefix.count)
    return WebPage(
      html: PageLayout(
        title: title, language: language, path: path, otherLanguagePath: hasTwin ? other : nil,
        section: section, sections: options.sections, body: body, summary: summary
      ).html())
  }

  // MARK: The first page

  private func home() -> WebPage {
    let path = language.prefix + "/"
    let guides = catalog.all(language).filter { !$0.source.isRecipe && !$0.source.isOverview }
    let entries = catalog.all(language).filter {
      $0.source.isRecipe || guides.count > Self.cardCount
    }
    let shown = entries.prefix(Self.cardCount)
    var order: [String] = []
    var groups: [String: [SiteCatalog.Entry]] = [:]
    for entry in shown {
      if groups[entry.source.category] == nil { order.append(entry.source.category) }
      groups[entry.source.category, default: []].append(entry)
    }
    // The largest group first, among equals the one with the newest article.
    let bySize = order.enumerated().sorted {
      (groups[$1.element]?.count ?? 0, $0.offset) < (groups[$0.element]?.count ?? 0, $1.offset)
    }
    let sections = bySize.map(\.element).map { name in
      let cards = (groups[name] ?? []).map { card($0, from: path) }
      return """
        <section class="group"><h2><a href="\(address(SitePaths.category(name, language), path))">\
        \(text(name))</a><span class="count">\(cards.count)</span></h2>
        <ul class="cards">\(cards.joined())</ul></section>
        """
    }
    let overview = catalog.all(language).first { $0.source.isOverview }
    let guideLinks = ([overview].compactMap { $0 } + guides.prefix(12).reversed()).map {
      "<li><a class=\"tag\" href=\"\(address($0.source.path, path))\">\(text($0.source.title))</a></li>"
    }
    let guideList =
      guideLinks.isEmpty || guides.count > Self.cardCount
      ? ""
      : "<ul class=\"tags\" aria-label=\"\(language("指南", "Guides"))\">\(guideLinks.joined())</ul>"
    let runs = entries.compactMap(\.claims)
    let claims = runs.flatMap(\.claims)
    let figures =
      claims.isEmpty
      ? ""
      : language(
        " 眼下有 \(runs.count) 篇的运行结果：\(claims.count) 条论断，\(claims.count(where: \.holds)) 条成立。",
        " Runs of \(runs.count) of them are here: \(claims.count(where: \.holds)) of \(claims.count) claims hold."
      )
    let more =
      entries.count > shown.count
      ? "<p class=\"group\"><a href=\"\(address(language.prefix + "/archives/", path))\">"
        + "\(language("全部 \(entries.count) 篇", "All \(entries.count) articles"))</a></p>" : ""
    let lead = language(
      "《科学空间》的文章，一篇一页：方法、公式、代码，和它所说的话量出来是多少。不成立的也留在表里。",
      "The articles of 科学空间, a page each: the method, its formulas, the code, and what its claims measure. Those that fail stay in the table."
    )
    return page(
      path, title: PageLayout.siteName, section: .articles,
      body: """
        <div class="lead"><h1>\(language("每篇文章都能运行", "Every article runs"))</h1>
        <p>\(lead)\(figures)</p>\(guideList)</div>
        \(claimsMap(entries, from: path))
        \(sections.joined(separator: "\n"))
        \(more)
        """, summary: lead)
  }

  /// Each claim a dot, each article a group of them that leads to its table.
  private func claimsMap(_ entries: [SiteCatalog.Entry], from path: String) -> String {
    let groups = entries.compactMap { entry in
      entry.claims.map { claims -> String in
        let dots = claims.claims.map { "<i class=\"\($0.holds ? "held" : "failed")\"></i>" }
          .joined()
        let label = text("\(entry.source.title): \(claims.verdict(language))")
        return "<a href=\"\(address(entry.source.path, path))#claims\" title=\"\(label)\" "
          + "aria-label=\"\(label)\">\(dots)</a>"
      }
    }
    guard !groups.isEmpty else { return "" }
    return """
      <figure class="claims-map"><div>\(groups.joined())</div>
      <figcaption><i class="held"></i> \(language("成立", "holds"))\u{2003}<i class="failed"></i> \
      \(language("不成立；每点一条论断，每组一篇文章", "fails; a dot is a claim, a group an article"))</figcaption>
      </figure>
      """
  }

  private func card(_ entry: SiteCatalog.Entry, from path: String) -> String {
    let source = entry.source
    let claims = entry.claims.map { claims in
      "<span class=\"claims-chip\(claims.claims.allSatisfy(\.holds) ? "" : " some")\">"
        + "\(claims.verdict(language))</span>"
    }
    return """
      <li><div class="card"><h3><a href="\(address(source.path, path))">\(text(source.title))</a></h3>
      <p>\(MarkdownHTML.html(entry.opening, language: language))</p>
      <div class="meta"><time datetime="\(source.date)">\(source.date)</time>\
      <span>\(language("\(entry.minutes) 分钟", "\(entry.minutes) min"))</span>\(claims ?? "")</div></div></li>
      """
  }

  private func address(_ target: String, _ path: String) -> String {
    text(PageLayout.address(target, from: path))
  }

  // MARK: Rows

  /// A list on as many pages as it takes: `…/`, `…/page/2/`.
  private func paged(
    _ path: String, title: String, section: SiteSection, lead: String,
    _ entries: [SiteCatalog.Entry]
  ) -> [(path: String, make: @Sendable () -> WebPage)] {
    let count = max(1, (entries.count + Self.pageLength - 1) / Self.pageLength)
    let own = self
    func place(_ number: Int) -> String { number == 1 ? path : "\(path)page/\(number)/" }
    return (1...count).map { number in
      let part = entries.dropFirst((number - 1) * Self.pageLength).prefix(Self.pageLength)
      let ownPath = place(number)
      let links = (1...count).map { other in
        other == number
          ? "<li><span class=\"tag\" aria-current=\"page\">\(other)</span></li>"
          : "<li><a class=\"tag\" href=\"\(address(place(other), ownPath))\">\(other)</a></li>"
      }
      return (
        ownPath,
        {
          let rows = part.map { own.row($0, from: ownPath) }
          let pages =
            count == 1
            ? ""
            : "<nav aria-label=\"\(own.language("页", "Pages"))\"><ul class=\"tags\">\(links.joined())</ul></nav>"
          return own.page(
            ownPath, title: title, section: section,
            body: """
              <div class="page-head"><h1>\(own.text(title))</h1>\(lead.replacing("{root}", with: PageLayout.address("/", from: ownPath)))</div>
              <ul class="rows">\(rows.joined(separator: "\n"))</ul>
              \(pages)
              """, hasTwin: ownPath == own.language.prefix + "/archives/")
        }
      )
    }
  }

  private func row(_ entry: SiteCatalog.Entry, from path: String) -> String {
    let source = entry.source
    return "<li><time datetime=\"\(source.date)\">\(source.date)</time>"
      + "<a href=\"\(address(source.path, path))\">\(text(source.title))</a>"
      + "<span class=\"aside\">\(text(source.category))</span></li>"
  }

  /// Links with `{root}` for the way to the site's root, which differs between pages.
  private func yearLinks(_ years: [String]) -> String {
    let items = years.map {
      "<li><a class=\"tag\" href=\"{root}\(text(String(SitePaths.year($0, language).dropFirst())))\">\($0)</a></li>"
    }
    return "<ul class=\"tags\">\(items.joined())</ul>"
  }

  private func topics() -> WebPage {
    let path = language.prefix + "/topics/"
    func list(
      _ groups: [(name: String, entries: [SiteCatalog.Entry])], _ target: (String) -> String
    ) -> String {
      let items = groups.map {
        "<li><a class=\"tag\" href=\"\(address(target($0.name), path))\">\(text($0.name))"
          + "<span class=\"count\">\($0.entries.count)</span></a></li>"
      }
      return "<ul class=\"tags\">\(items.joined())</ul>"
    }
    return page(
      path, title: language("分类与标签", "Topics"), section: .topics,
      body: """
        <div class="page-head"><h1>\(language("分类与标签", "Topics"))</h1></div>
        <section class="group"><h2>\(language("分类", "Categories"))</h2>
        \(list(catalog.groups(language, by: { [$0.category] })) { SitePaths.category($0, language) })</section>
        <section class="group"><h2>\(language("标签", "Tags"))</h2>
        \(list(catalog.groups(language, by: \.tags)) { SitePaths.tag($0, language) })</section>
        """)
  }
}
