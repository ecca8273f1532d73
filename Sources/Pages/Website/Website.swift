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
    public var liveParts: @Sendable (_ article: String, _ language: PageLanguage) -> LivePart? = {
      _, _ in nil
    }
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
  /// The articles in both languages, by date, the newest first.
  public let articles: [ArticleSource]
  private var pages: [String: WebPage] = [:]
  private var fingerprints: [String: ContentHash] = [:]
  private var indices: [PageLanguage: SearchIndex] = [:]
  /// What excerpts are cut from, by the page's path.
  private var passages: [String: [RenderedText.Passage]] = [:]

  /// Reads the articles and renders every page. Throws `FileError` for an article that cannot be read.
  public init(_ options: Options = Options(), work: Work = .silent) throws {
    try self.init(options, before: nil, work: work)
  }

  /// The site as it is now: articles and runs are read again, and what they changed is rendered.
  public func updated(work: Work = .silent) throws -> Website {
    try Website(options, before: self, work: work)
  }

  private init(_ options: Options, before: Website?, work: Work) throws {
    self.options = options
    let plan = try SitePlan(options)
    articles = plan.catalog.articles
    let changed = plan.items.filter { before?.fingerprints[$0.path] != $0.fingerprint }
    let rendered = try Self.render(changed, threads: options.threads, work: work)
    for item in plan.items {
      fingerprints[item.path] = item.fingerprint
      pages[item.path] = before?.pages[item.path]
      passages[item.path] = before?.passages[item.path]
    }
    for (item, made) in zip(changed, rendered) {
      pages[item.path] = made.page
      passages[item.path] = made.passages
    }
    let hasNewTexts = rendered.contains { $0.passages != nil }
    for language in PageLanguage.allCases {
      if let before, !hasNewTexts, before.articles.count == articles.count {
        indices[language] = before.indices[language]
      } else {
        indices[language] = try Self.index(
          plan.catalog.all(language), passages, threads: options.threads)
      }
    }
  }

  struct Rendered: Sendable {
    let page: WebPage
    /// Of an article.
    let passages: [RenderedText.Passage]?
  }

  /// Makes pages, on several threads.
  static func render(_ items: [SitePlan.Item], threads: Int, work: Work) throws -> [Rendered] {
    try work.phase("rendering", of: items.count, unit: "pages") { phase in
      try parallelMap(count: items.count, threads: threads) { index in
        defer { phase.report() }
        try phase.check()
        switch items[index].content {
        case .article(let article):
          let (page, text) = article.rendered()
          return Rendered(page: page, passages: text.passages)
        case .page(let make): return Rendered(page: make(), passages: nil)
        }
      }
    }
  }

  private static func index(
    _ entries: [SiteCatalog.Entry], _ passages: [String: [RenderedText.Passage]], threads: Int
  ) throws -> SearchIndex {
    let texts = entries.map { passages[$0.source.path] ?? [] }
    return try index(entries, texts, threads: threads)
  }

  static func index(
    _ entries: [SiteCatalog.Entry], _ texts: [[RenderedText.Passage]], threads: Int
  ) throws -> SearchIndex {
    let words = try SiteWords.discovered(
      in: texts.lazy.map { $0.map(\.text).joined(separator: "\n") }, threads: threads)
    let terms = SearchTerms(words: words)
    let counts = try parallelMap(count: entries.count, threads: threads) { index in
      SearchIndex.counts(entries[index].source.title, texts[index], terms: terms)
    }
    var index = SearchIndex(terms: terms)
    for (entry, counts) in zip(entries, counts) {
      index.add(entry.source.name, title: entry.source.title, counts)
    }
    return index
  }

  // MARK: Search

  /// The articles that answer a query, the best first: a few words or a whole sentence.
  public func search(_ query: String, in language: PageLanguage, limit: Int = 20) -> [SearchHit] {
    guard let index = indices[language] else { return [] }
    let lowered = Array(SearchTerms.lowered(query).prefix(400))
    var keys: Set<SearchTerms.Key> = []
    index.terms.forEach(in: lowered) { keys.insert($0.key) }
    let sentence = SearchTerms.joined(lowered)
    var ranked = index.ranked(keys)
    let best = ranked.first?.score ?? 0
    if sentence.count >= 4 {
      for place in ranked.indices {
        let texts = passages[path(index, ranked[place].document, language)] ?? []
        if texts.contains(where: {
          SearchTerms.joined(SearchTerms.lowered($0.text)).contains(sequence: sentence)
        }) {
          ranked[place].score += best
        }
      }
      ranked.sort(by: SearchIndex.isBefore)
    }
    return ranked.prefix(limit).map { document, score in
      let path = path(index, document, language)
      let excerpt = SearchExcerpt(passages[path] ?? [], keys: keys, terms: index.terms)
      return SearchHit(
        name: index.documents[document].name, title: index.documents[document].title,
        path: excerpt.anchor.isEmpty ? path : "\(path)#\(excerpt.anchor)", score: score,
        excerpt: excerpt.pieces)
    }
  }

  private func path(_ index: SearchIndex, _ document: Int, _ language: PageLanguage) -> String {
    "\(language.prefix)/article/\(index.documents[document].name)/"
  }

  /// The page of `/search/?q=…`, rendered here: it works without a script.
  public func searchPage(_ query: String, in language: PageLanguage) -> WebPage {
    SearchPage(language: language, options: options)
      .page(query, hits: query.isEmpty ? [] : search(query, in: language))
  }

  // MARK: Pages

  /// How the claims of a recipe read in a language, by their `id` (`ClaimTable`).
  @Sendable public func claims(of recipe: String, in language: PageLanguage) -> [String: String] {
    articles.first { $0.name == recipe && $0.language == language }?.claims ?? [:]
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
    MissingPage(language: language, options: options).page()
  }
}
