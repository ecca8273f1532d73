import Reports

/// What stands around the body of every page: head, header, navigation, switches and footer.
///
///     PageLayout(
///       title: "Runs", language: .english, path: "/en/runs/", section: .runs,
///       body: "<h1>Runs</h1>…", scripts: ["/assets/live.js"]
///     ).html()
///
/// The document needs no inline script and loads nothing from elsewhere, so that it works under
/// `default-src 'self'; style-src 'self' 'unsafe-inline'`. Every address in it is relative to `path`,
/// so that it also works below a folder of a web server.
public struct PageLayout: Sendable {
  public var title: String
  public var language: PageLanguage
  /// The page's own path, language included: `/en/article/gan-qp/`. A path that ends in `/` is a
  /// folder's `index.html`. `nil` for a page that may stand anywhere (404): its addresses begin at `/`.
  public var path: String?
  /// The page in the other language; `nil` where there is none.
  public var otherLanguagePath: String?
  public var section: SiteSection?
  public var sections: [SiteSection]
  /// Trusted HTML: the caller has escaped what strangers wrote.
  public var body: String
  /// For search engines and feeds.
  public var summary: String?
  /// Further scripts, each a path of the site, deferred: `/assets/charts.js`.
  public var scripts: [String]
  /// Further classes of `<body>`, such as `article`.
  public var style: String
  /// The pages that the keys `j` (following) and `k` (preceding) lead to.
  public var following: String?
  public var preceding: String?

  public init(
    title: String, language: PageLanguage, path: String?, otherLanguagePath: String? = nil,
    section: SiteSection? = nil, sections: [SiteSection] = SiteSection.fixed, body: String,
    summary: String? = nil, scripts: [String] = [], style: String = "plain",
    following: String? = nil, preceding: String? = nil
  ) {
    self.title = title
    self.language = language
    self.path = path
    self.otherLanguagePath = otherLanguagePath
    self.section = section
    self.sections = sections
    self.body = body
    self.summary = summary
    self.scripts = scripts
    self.style = style
    self.following = following
    self.preceding = preceding
  }

  /// The address of a path of the site as seen from this page: `../../assets/site.css`.
  public func address(_ target: String) -> String { Self.address(target, from: path) }

  /// The address of `target`, a path of the site, as seen from the page at `path`.
  public static func address(_ target: String, from path: String?) -> String {
    guard let path else { return target }
    let depth = path.utf8.count { $0 == UInt8(ascii: "/") } - 1
    let relative = String(repeating: "../", count: max(0, depth)) + target.dropFirst()
    return relative.isEmpty || relative.hasPrefix("#") ? "./" + relative : relative
  }

  /// The whole document.
  public func html() -> String {
    let text = HTMLText.escaped
    let heading = title == Self.siteName ? title : "\(title) · \(Self.siteName)"
    let feed = address(language.prefix + "/feed.xml")
    var head = ""
    if let summary { head += "\n<meta name=\"description\" content=\"\(text(summary))\">" }
    if let otherLanguagePath {
      head +=
        "\n<link rel=\"alternate\" hreflang=\"\(language.other.tag)\" "
        + "href=\"\(text(address(otherLanguagePath)))\">"
    }
    if let following { head += "\n<link rel=\"next\" href=\"\(text(address(following)))\">" }
    if let preceding { head += "\n<link rel=\"prev\" href=\"\(text(address(preceding)))\">" }
    for script in scripts {
      head += "\n<script src=\"\(text(address(script)))\" defer></script>"
    }
    return """
      <!DOCTYPE html>
      <html lang="\(language.tag)" data-root="\(text(address("/")))">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(text(heading))</title>
      <link rel="stylesheet" href="\(address("/assets/site.css"))">
      <link rel="icon" href="\(address("/assets/icon.svg"))" type="image/svg+xml">
      <link rel="alternate" type="application/rss+xml" title="\(Self.siteName) RSS" href="\(feed)">
      <link rel="alternate" type="application/atom+xml" title="\(Self.siteName) Atom" \
      href="\(address(language.prefix + "/atom.xml"))">
      <script src="\(address("/assets/theme.js"))"></script>
      <script src="\(address("/assets/site.js"))" defer></script>\(head)
      </head>
      <body class="\(style)">
      <a class="skip" href="#main">\(language("跳到正文", "Skip to the text"))</a>
      \(header)
      <main id="main">
      \(body)
      </main>
      \(footer)
      \(keyHelp)
      <div id="tip" hidden></div>
      </body>
      </html>

      """
  }

  static let siteName = "丹炉 Danlu"

  /// The `id`s that every page has.
  static let anchors: Set<String> = ["main", "keys", "tip"]

  private var header: String {
    let items = sections.map { item in
      let current = item == section ? " aria-current=\"page\"" : ""
      let target = address(language.prefix + item.path)
      return "<li><a href=\"\(HTMLText.escaped(target))\"\(current)>"
        + "\(HTMLText.escaped(item.name(in: language)))</a></li>"
    }
    let home = address(language.prefix + "/")
    let other = address(otherLanguagePath ?? language.other.prefix + "/")
    let search = language("搜索文章，可用整句", "Search whole sentences")
    return """
      <header class="site-header"><div class="bar">
      <a class="brand" href="\(home)"><span class="mark" aria-hidden="true">丹</span>\
      <span>丹炉 <span class="latin">Danlu</span></span></a>
      <nav aria-label="\(language("主导航", "Main"))"><ul>\(items.joined())</ul></nav>
      <form class="find" role="search" action="\(address(language.prefix + "/search/"))" method="get">
      <input type="search" name="q" aria-label="\(search)" placeholder="\(search)" \
      maxlength="400" autocomplete="off"><kbd aria-hidden="true">/</kbd></form>
      <div class="switches">
      <a class="language" hreflang="\(language.other.tag)" lang="\(language.other.tag)" \
      href="\(HTMLText.escaped(other))">\(language.other.name)</a>
      <button type="button" class="theme needs-script" data-action="theme" hidden \
      aria-label="\(language("深色或浅色", "Dark or light"))"></button>
      </div>
      </div></header>
      """
  }

  private var footer: String {
    """
    <footer class="site-footer"><div class="bar">
    <p>\(language(
      "丹炉的文字与代码都按 <a href=\"https://www.apache.org/licenses/LICENSE-2.0\" rel=\"license noreferrer\">Apache-2.0</a> 发布；方法归各篇原文。",
      "Danlu's texts and code are under <a href=\"https://www.apache.org/licenses/LICENSE-2.0\" rel=\"license noreferrer\">Apache-2.0</a>; the methods belong to the articles named on each page."))</p>
    <p class="footer-links"><a href="\(address(language.prefix + "/feed.xml"))">RSS</a>
    <a href="\(address(language.prefix + "/atom.xml"))">Atom</a>
    <button type="button" class="link needs-script" data-action="help" hidden>\
    \(language("快捷键", "Keys")) <kbd>?</kbd></button></p>
    </div></footer>
    """
  }

  private var keyHelp: String {
    let rows = [
      ("/", language("搜索", "search")),
      ("j", language("下一篇", "next article")),
      ("k", language("上一篇", "previous article")),
      ("t", language("深色或浅色", "dark or light")),
      ("?", language("这张表", "this table")),
      ("Esc", language("关闭", "close")),
    ]
    return """
      <dialog id="keys" aria-label="\(language("快捷键", "Keys"))"><h2>\(language("快捷键", "Keys"))</h2>\
      <dl>\(rows.map { "<div><dt><kbd>\($0.0)</kbd></dt><dd>\($0.1)</dd></div>" }.joined())</dl>\
      <form method="dialog"><button>\(language("关闭", "Close"))</button></form></dialog>
      """
  }
}
