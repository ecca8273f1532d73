import Formats
import Foundation
import Messages
import Parallel

/// The site's fixed pages: articles, indices, search, feeds, assets. A value; its pages are rendered once.
///
///     let site = try Website(Website.Options())
///     let page = site.page(at: "/en/article/gan-qp/")   // status, type, bytes, entity tag
///     let hits = site.search("对抗网络 梯度消失", in: .chinese)
///
/// A server answers GET with `page(at:)` and puts its own pages into `PageLayout`; `danlu site export`
/// writes `paths`. Style sheets, scripts and articles are files beside the program (`PageResources`).
public struct Website: Sendable {
  public struct Options: Sendable {
    /// A folder of articles (`ArticleSource`); `nil` for Danlu's own.
    public var articles: String?
    /// The folder of run folders whose newest finished run of each recipe is shown.
    public var runs: String?
    /// Where the site will be found, `https://example.org/danlu`: what feeds and citations name.
    public var address: String?
    /// What the header leads to; a server adds its live parts.
    public var sections = SiteSection.fixed
    /// Trusted HTML that an article's page shows before its claims: what runs on a server.
    public var liveParts: @Sendable (_ article: String, _ language: PageLanguage) -> LivePart? = { _, _ in nil }
    public var threads = defaultThreadCount

    public init() {}
  }

  /// What a server adds to an article's page.
  public struct LivePart: Sendable {
    /// Trusted HTML.
    public var html: String
    /// Paths of scripts of the site, `/assets/playground.js`.
    public var scripts: [String]

    public init(html: String, scripts: [String] = []) {
      self.html = html
      self.scripts = scripts
    }
  }

  public let options: Options
  public let articles: [ArticleSource]
  private var pages: [String: WebPage]

  /// Reads the articles and renders every page. Throws `FileError` for an article that cannot be read.
  public init(_ options: Options = Options(), work: Work = .silent) throws {
    self.options = options
    articles = try ArticleSource.all(in: options.articles ?? PageResources.folder("Articles"))
    pages = [:]
    let assets = try PageResources.folder("Assets")
    for name in try Folder.names(in: assets) {
      let path = "/assets/\(name)"
      pages[path] = WebPage(
        contentType: WebPage.contentType(of: name),
        bytes: try ByteSource(path: "\(assets)/\(name)", isText: false).readAll())
    }
    for language in PageLanguage.allCases {
      let own = articles.filter { $0.language == language }
      let items = own.map {
        "<li><div class=\"card\"><h3><a href=\"\(PageLayout.address($0.path, from: language.prefix + "/"))\">"
          + "\($0.title)</a></h3></div></li>"
      }
      pages[language.prefix + "/"] = WebPage(
        html: PageLayout(
          title: "丹炉 Danlu", language: language, path: language.prefix + "/",
          section: .articles, sections: options.sections,
          body: "<ul class=\"cards\">\(items.joined())</ul>"
        ).html())
    }
  }

  /// All paths that answer with a page, sorted.
  public var paths: [String] { pages.keys.sorted() }

  /// The page at a path, percent-decoded and without a query: a page, a redirection to the same path with
  /// a `/` at its end, or the page that says there is none (404).
  public func page(at path: String) -> WebPage {
    if let page = pages[path] { return page }
    if pages[path + "/"] != nil {
      return WebPage(
        status: 301, contentType: "text/plain; charset=utf-8", bytes: [], location: path + "/")
    }
    return missingPage(path.hasPrefix("/en/") ? .english : .chinese)
  }

  /// What is answered where there is nothing.
  public func missingPage(_ language: PageLanguage) -> WebPage {
    let home = language.prefix + "/"
    return WebPage(
      html: PageLayout(
        title: language("没有这一页", "No such page"), language: language, path: nil,
        sections: options.sections,
        body: """
          <div class="page-head"><h1>\(language("没有这一页", "No such page"))</h1>
          <p>\(language(
            "地址可能写错了。<a href=\"\(home)\">全部文章</a>在首页。",
            "Perhaps the address is misspelled. <a href=\"\(home)\">All articles</a> are on the first page."))</p></div>
          """
      ).html(), status: 404)
  }
}
