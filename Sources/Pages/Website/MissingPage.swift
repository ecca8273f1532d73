/// The page that says that there is none. It may stand anywhere, so that its addresses begin at `/`.
struct MissingPage {
  let language: PageLanguage
  let options: Website.Options

  /// Where web servers of plain files look for it.
  static let path = "/404.html"

  func page() -> WebPage {
    let title = language("没有这一页", "No such page")
    let home = language.prefix + "/"
    let search = SitePaths.search(language)
    let advice = language(
      "地址可能写错了。<a href=\"\(home)\">全部文章</a>在首页，也可以<a href=\"\(search)\">搜索</a>。",
      "Perhaps the address is misspelled. <a href=\"\(home)\">All articles</a> are on the first page, "
        + "and there is a <a href=\"\(search)\">search</a>.")
    return WebPage(
      html: PageLayout(
        title: title, language: language, path: nil, sections: options.sections,
        body: "<div class=\"page-head\"><h1>\(title)</h1><p>\(advice)</p></div>"
      ).html(), status: 404)
  }
}
