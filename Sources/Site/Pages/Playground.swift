import Pages
import Reports

/// Something to try out: its page, and the articles that it stands on.
struct Playground: Sendable {
  let name: String
  let chinese: (title: String, about: String)
  let english: (title: String, about: String)
  /// The recipes of the articles that it is about.
  let articles: [String]

  func title(_ language: PageLanguage) -> String { language(chinese.title, english.title) }
  func about(_ language: PageLanguage) -> String { language(chinese.about, english.about) }

  static let all: [Playground] = [
    Playground(
      name: "words", chinese: ("发现词，切开文本", "粘贴一段文字，不用词典，找出其中的词。"),
      english: (
        "Words from raw text",
        "Paste a text: its words are found without a dictionary, and it is cut."
      ),
      articles: ["word-discovery", "domain-vocabulary", "word-count"]),
    Playground(
      name: "communities", chinese: ("网络的模块", "粘贴连边，看最短描述给出的模块与地图。"),
      english: (
        "Modules of a network",
        "Paste links and see the modules of the shortest description, as a map."
      ),
      articles: ["infomap"]),
    Playground(
      name: "similar", chinese: ("相近的词", "词向量里离一个词最近的词。"),
      english: ("Similar words", "The words nearest to a word by their vectors."),
      articles: ["jose"]),
    Playground(
      name: "ask", chinese: ("向材料提问", "粘贴几段材料，问一个问题，看每段材料的票。"),
      english: ("Ask passages", "Paste passages, ask a question, and see how each votes."),
      articles: ["reading-comprehension"]),
    Playground(
      name: "sql", chinese: ("向表格提问", "上传一个 CSV，用中文提问，得到 SQL、缘由与结果。"),
      english: ("Ask a table", "Give a CSV file and ask in Chinese: the SQL, why, and the rows."),
      articles: ["nl2sql"]),
    Playground(
      name: "generate", chinese: ("生成与插值", "拨动隐变量，看训练好的生成模型画什么。"),
      english: (
        "Generate and interpolate", "Turn latent numbers and see what a trained generator draws."
      ),
      articles: [
        "o-gan", "gan-qp", "bigan-qp", "wgan-div", "cascading-rejection", "glann", "vae-infomax",
        "conditional-text-generation",
      ]),
    Playground(
      name: "optimizers", chinese: ("优化器赛跑", "五种更新规则在同一曲面上赛跑。"),
      english: ("Optimizers racing", "Five update rules race on one surface."),
      articles: ["derived-optimizers", "custom-optimizers"]),
    Playground(
      name: "smoothing", chinese: ("函数光滑化", "拨动 k，看不可导函数怎样变得可导。"),
      english: (
        "Smooth functions", "Turn k and see how a function that has no derivative gets one."
      ),
      articles: ["smoothing"]),
    Playground(
      name: "initialization", chinese: ("参数初始化", "拨动增益，看信号逐层消失、保持或爆炸。"),
      english: (
        "Initialization", "Turn the gain and see signals fade, last or explode from layer to layer."
      ),
      articles: ["initialization"]),
    Playground(
      name: "dropout", chinese: ("Dropout", "拨动丢弃率，看留下的单元与和的涨落。"),
      english: ("Dropout", "Turn the rate and see which units stay, and how their sum varies."),
      articles: ["dropout"]),
    Playground(
      name: "cube", chinese: ("三阶幻立方", "用鼠标转动一个每条线之和都是 42 的立方体。"),
      english: ("A magic cube", "Turn a cube whose lines all sum to 42."), articles: ["magic-cube"]),
  ]

  /// Those that compute in the browser; the others ask the server.
  private static let inBrowser: Set = [
    "optimizers", "smoothing", "initialization", "dropout", "cube",
  ]

  /// What its page loads, in order.
  var scripts: [String] {
    let own = Self.inBrowser.contains(name) ? "play-browser" : "play-server"
    return ["/assets/live.js", "/assets/play.js", "/assets/\(own).js"]
  }

  /// What stands on an article's page: its playground, and where its recipe is started.
  static func livePart(
    _ article: String, _ language: PageLanguage, takesComments: Bool
  ) -> Website.LivePart? {
    let playground = all.first { $0.articles.contains(article) }
    // An article's page is two folders deep.
    let root = language == .chinese ? "../../" : "../../../"
    let start =
      "<p><a class=\"button\" href=\"\(root)\(language == .chinese ? "" : "en/")runs/?recipe=\(HTMLText.escaped(article))\">"
      + "\(language("运行这个配方", "Run this recipe"))</a></p>"
    let comments =
      takesComments ? "<section data-comments=\"\(HTMLText.escaped(article))\"></section>" : ""
    let played = playground.map { one in
      """
      <h2 id="try">\(language("试一试", "Try it"))</h2><p>\(HTMLText.escaped(one.about(language)))</p>
      <div class="panel" data-play="\(one.name)"></div>
      """
    }
    return Website.LivePart(
      html: "<link rel=\"stylesheet\" href=\"\(root)assets/live.css\">" + (played ?? "") + start
        + comments,
      scripts: (playground?.scripts ?? ["/assets/live.js"])
        + (takesComments ? ["/assets/comments.js"] : []))
  }
}

/// The pages of playgrounds.
enum PlaygroundPages {
  static func all() -> [Endpoint] {
    Endpoint.pages("/play") { _, language in
      SitePage(title: language("试验场", "Playgrounds"), section: .play) { address in
        let cards = Playground.all.map { one in
          let target = address("\(language.prefix)/play/\(one.name)/")
          return """
            <li><div class="card"><h3><a href="\(target)">\(HTMLText.escaped(one.title(language)))</a></h3>\
            <p>\(HTMLText.escaped(one.about(language)))</p></div></li>
            """
        }
        return """
          <div class="page-head"><h1>\(language("试验场", "Playgrounds"))</h1><p>\(language(
            "每个都是一次 API 调用，旁边给出同样的命令：<a href=\"\(address("/api/v1/openapi.json"))\">OpenAPI</a>。",
            "Each that asks the server is one call of its API, with the command that does the same: <a href=\"\(address("/api/v1/openapi.json"))\">OpenAPI</a>."))</p></div>
          <ul class="cards">\(cards.joined())</ul>
          """
      }
    }
      + Endpoint.pages("/play/{name}") { request, language in
        let name = request.parameters["name"]
        guard let one = Playground.all.first(where: { $0.name == name }) else {
          throw Problem.notFound("there is no playground of this name")
        }
        return SitePage(
          title: one.title(language), section: .play,
          body: { address in
            let links = one.articles.map { article in
              "<a href=\"\(address("\(language.prefix)/article/\(article)/"))\">\(HTMLText.escaped(article))</a>"
            }
            return """
              <div class="page-head"><h1>\(HTMLText.escaped(one.title(language)))</h1>
              <p>\(HTMLText.escaped(one.about(language)))</p>
              <p class="meta">\(language("文章", "Articles")): \(links.joined())</p></div>
              <div class="panel" data-play="\(one.name)"></div>
              """
          }, scripts: one.scripts)
      }
  }
}
