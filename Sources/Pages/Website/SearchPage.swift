import Reports

/// The page that searches: a form, and what was found.
struct SearchPage {
  let language: PageLanguage
  let options: Website.Options

  /// `hits` is `nil` where a script searches (an export).
  func page(_ query: String, hits: [SearchHit]?) -> WebPage {
    let path = SitePaths.search(language)
    let title = language("搜索", "Search")
    let found = hits.map { list(query, $0, path) }
    let body = """
      <div class="page-head"><h1>\(title)</h1>
      <p>\(language(
        "可以输入整句：按双字与词计分，含有整句的页面排在最前。",
        "Whole sentences work: pages are ranked by words and pairs of characters, those that hold the sentence first."))</p></div>
      <form class="search-form" role="search" action="\(PageLayout.address(path, from: path))" method="get">
      <input type="search" name="q" value="\(HTMLText.escaped(query))" maxlength="400" autocomplete="off" \
      aria-label="\(title)" autofocus><button class="button primary">\(title)</button></form>
      <div id="found" aria-live="polite"\(hits == nil ? " data-language=\"\(language.rawValue)\"" : "")>\
      \(found ?? "<noscript><p>\(language("静态页面的搜索需要 JavaScript。", "Searching static pages needs JavaScript."))</p></noscript>")</div>
      """
    return WebPage(
      html: PageLayout(
        title: query.isEmpty ? title : "\(query) · \(title)", language: language, path: path,
        otherLanguagePath: SitePaths.search(language.other), sections: options.sections, body: body,
        scripts: hits == nil ? ["/assets/search.js"] : []
      ).html())
  }

  private func list(_ query: String, _ hits: [SearchHit], _ path: String) -> String {
    if query.isEmpty { return "" }
    if hits.isEmpty {
      return "<p>\(language("没有找到。", "Nothing was found."))</p>"
    }
    let items = hits.map { hit in
      let excerpt = hit.excerpt.map { piece in
        piece.isHit ? "<mark>\(HTMLText.escaped(piece.text))</mark>" : HTMLText.escaped(piece.text)
      }
      return """
        <li><h2><a href="\(HTMLText.escaped(PageLayout.address(hit.path, from: path)))">\
        \(HTMLText.escaped(hit.title))</a></h2><p>\(excerpt.joined())</p></li>
        """
    }
    return "<ol class=\"hits\">\(items.joined())</ol>"
  }
}
