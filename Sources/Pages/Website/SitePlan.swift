import Formats
import Foundation
import Messages

/// Every page that a site has, and for each a fingerprint of what it is made from: what has the same
/// fingerprint as before need not be made again.
struct SitePlan: Sendable {
  struct Item: Sendable {
    let path: String
    let fingerprint: ContentHash
    let content: Content
  }

  enum Content: Sendable {
    case article(ArticlePage)
    case page(@Sendable () -> WebPage)
  }

  let options: Website.Options
  let catalog: SiteCatalog
  let items: [Item]

  init(_ options: Website.Options) throws {
    self.options = options
    let articles = try ArticleSource.all(
      in: options.articles ?? PageResources.folder("Articles"), threads: options.threads)
    catalog = try SiteCatalog(
      articles, claims: options.runs.map(RunClaims.newest) ?? [:], threads: options.threads)
    var base = ContentHash()
    base.add(Self.program)
    base.add(options.address ?? "")
    for section in options.sections {
      base.add("\(section.path) \(section.chinese) \(section.english)")
    }
    var items = try Self.assets(base)
    let hasMathJax = items.contains { $0.path == Self.mathJaxPath }
    base.add(hasMathJax ? "MathJax" : "")
    for language in PageLanguage.allCases {
      items += Self.articles(language, catalog, options, base, hasMathJax: hasMathJax)
      items += Self.lists(language, catalog, options, base)
    }
    let missing = MissingPage(language: .chinese, options: options)
    items.append(
      Item(path: MissingPage.path, fingerprint: base, content: .page { missing.page() }))
    self.items = items
  }

  // MARK: Articles

  private static func articles(
    _ language: PageLanguage, _ catalog: SiteCatalog, _ options: Website.Options,
    _ base: ContentHash,
    hasMathJax: Bool
  ) -> [Item] {
    let related = catalog.related(language)
    let list = catalog.all(language)
    // Links may lead to every article: a new name may mend one that led nowhere.
    var names = base
    for entry in list { names.add(entry.source.name) }
    return list.enumerated().map { place, entry in
      let related = related[place]
      let livePart = options.liveParts(entry.source.name, language)
      var fingerprint = names
      fingerprint.add(entry.source.hash.text)
      if let claims = entry.claims { fingerprint.add(claims.hash.text) }
      for neighbour in [place - 1, place + 1] where list.indices.contains(neighbour) {
        fingerprint.add(list[neighbour].source.name + list[neighbour].source.title)
      }
      for other in related {
        fingerprint.add("\(other.source.name) \(other.source.title) \(other.source.date)")
      }
      fingerprint.add("\(catalog.has(entry.source.name, in: language.other))")
      if let livePart { fingerprint.add(livePart.html + livePart.scripts.joined(separator: " ")) }
      // A citation names the Chinese title, which is the original's.
      if let place = catalog.place(of: entry.source.name, in: .chinese) {
        fingerprint.add(catalog.all(.chinese)[place].source.title)
      }
      return Item(
        path: entry.source.path, fingerprint: fingerprint,
        content: .article(
          ArticlePage(
            entry: entry, catalog: catalog, related: related, livePart: livePart, options: options,
            hasMathJax: hasMathJax)))
    }
  }

  // MARK: Lists and feeds

  private static func lists(
    _ language: PageLanguage, _ catalog: SiteCatalog, _ options: Website.Options,
    _ base: ContentHash
  ) -> [Item] {
    // Lists show what is known of articles without their texts.
    var listing = base
    for entry in catalog.all(language) {
      let source = entry.source
      listing.add(
        "\(source.name)\n\(source.title)\n\(source.date)\n\(source.category)\n\(source.tags)")
      listing.add("\(entry.summary)\n\(entry.minutes)\n\(entry.claims?.hash.text ?? "")")
    }
    var items = ListPages(catalog: catalog, language: language, options: options).pages().map {
      Item(path: $0.path, fingerprint: listing, content: .page($0.make))
    }
    let feeds = Feeds(catalog, language: language, address: options.address)
    let about = AboutPage(
      language: language, options: options,
      guides: catalog.all(language).map(\.source).filter { !$0.isRecipe }.suffix(20).reversed())
    let search = SearchPage(language: language, options: options)
    @Sendable func xml(_ text: String, _ type: String) -> WebPage {
      WebPage(contentType: "application/\(type)+xml; charset=utf-8", bytes: Array(text.utf8))
    }
    items += [
      Item(
        path: language.prefix + "/feed.xml", fingerprint: listing,
        content: .page { xml(feeds.rss, "rss") }),
      Item(
        path: language.prefix + "/atom.xml", fingerprint: listing,
        content: .page { xml(feeds.atom, "atom") }),
      Item(
        path: language.prefix + "/about/", fingerprint: listing, content: .page { about.page() }),
      Item(
        path: SitePaths.search(language), fingerprint: base,
        content: .page { search.page("", hits: nil) }),
    ]
    return items
  }

  // MARK: Assets

  static let mathJaxPath = "/assets/tex-svg.js"

  /// Danlu's own, and what set-up could get: a font for formulas, MathJax.
  private static func assets(_ base: ContentHash) throws -> [Item] {
    let folder = try PageResources.folder("Assets")
    var files = try Folder.names(in: folder).map { ("/assets/\($0)", "\(folder)/\($0)") }
    for (path, file) in PageResources.optional where access(file, R_OK) == 0 {
      if !files.contains(where: { $0.0 == path }) { files.append((path, file)) }
    }
    let hasFont = files.contains { $0.0 == PageResources.mathFontPath }
    return try files.map { path, file in
      var bytes = try SiteFile.read(file)
      if path == "/assets/site.css", hasFont { bytes += PageResources.mathFontRule.utf8 }
      var fingerprint = base
      fingerprint.add(ContentHash(bytes).text)
      let page = WebPage(contentType: WebPage.contentType(of: path), bytes: bytes)
      return Item(path: path, fingerprint: fingerprint, content: .page { page })
    }
  }

  /// Another build may write other pages.
  private static let program: String = {
    var status = stat()
    let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    guard stat(path, &status) == 0 else { return danluVersion }
    return "\(danluVersion) \(status.st_size) \(status.st_ino)"
  }()
}
