import Reports

/// The newest articles for feed readers: RSS 2.0 and Atom (RFC 4287), summaries in plain text (which RSS
/// reads as HTML, so that it is escaped twice there).
///
/// Addresses in feeds are absolute; without an address of the site they name `http://127.0.0.1:8080`, where
/// `danlu serve` is.
struct Feeds {
  let catalog: SiteCatalog
  let language: PageLanguage
  let root: String

  static let length = 20

  init(_ catalog: SiteCatalog, language: PageLanguage, address: String?) {
    self.catalog = catalog
    self.language = language
    root = address ?? "http://127.0.0.1:8080"
  }

  private var entries: ArraySlice<SiteCatalog.Entry> { catalog.all(language).prefix(Self.length) }

  private func address(_ path: String) -> String {
    HTMLText.escaped(root + SitePaths.percentEncoded(path))
  }

  private var subtitle: String {
    language("每篇文章都能运行", "Every article runs")
  }

  var rss: String {
    let items = entries.map { entry in
      """
      <item><title>\(HTMLText.escaped(entry.source.title))</title>
      <link>\(address(entry.source.path))</link>
      <guid isPermaLink="true">\(address(entry.source.path))</guid>
      <pubDate>\(entry.source.day.rfc822)</pubDate>
      <category>\(HTMLText.escaped(entry.source.category))</category>
      <description>\(HTMLText.escaped(HTMLText.escaped(entry.summary)))</description></item>
      """
    }
    return """
      <?xml version="1.0" encoding="utf-8"?>
      <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
      <title>\(PageLayout.siteName)</title>
      <link>\(address(language.prefix + "/"))</link>
      <description>\(subtitle)</description>
      <language>\(language == .chinese ? "zh-cn" : "en")</language>
      <atom:link href="\(address(language.prefix + "/feed.xml"))" rel="self" type="application/rss+xml"/>
      \(items.joined(separator: "\n"))
      </channel></rss>

      """
  }

  /// When entries were updated. Two of one day are minutes apart, in the list's order, since readers sort by it.
  private var times: [String] {
    var places: [String: Int] = [:]
    let times = entries.reversed().map { entry -> String in
      let place = places[entry.source.date, default: 0]
      places[entry.source.date] = place + 1
      return "\(entry.source.date)T00:\(place < 10 ? "0" : "")\(place):00Z"
    }
    return times.reversed()
  }

  var atom: String {
    let times = times
    let items = zip(entries, times).map { entry, time in
      """
      <entry><title>\(HTMLText.escaped(entry.source.title))</title>
      <link rel="alternate" type="text/html" href="\(address(entry.source.path))"/>
      <id>\(address(entry.source.path))</id>
      <published>\(entry.source.date)T00:00:00Z</published>
      <updated>\(time)</updated>
      <category term="\(HTMLText.escaped(entry.source.category))"/>
      <summary>\(HTMLText.escaped(entry.summary))</summary></entry>
      """
    }
    return """
      <?xml version="1.0" encoding="utf-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="\(language.tag)">
      <title>\(PageLayout.siteName)</title>
      <subtitle>\(subtitle)</subtitle>
      <link rel="alternate" type="text/html" href="\(address(language.prefix + "/"))"/>
      <link rel="self" type="application/atom+xml" href="\(address(language.prefix + "/atom.xml"))"/>
      <id>\(address(language.prefix + "/"))</id>
      <updated>\(times.first ?? "1970-01-01T00:00:00Z")</updated>
      <author><name>Danlu</name></author>
      \(items.joined(separator: "\n"))
      </feed>

      """
  }
}
