import Formats
import Foundation
import Parallel
import Questions
import Recipes
import Reports
import TextMining
import Tracking

/// 【分享】千万级百度知道语料: questions with tags are indexed, searched, compared, tagged, and their templates
/// counted.
public enum ZhidaoArticle: Article {
  public static let card = RecipeCard(
    name: "zhidao", title: "【分享】千万级百度知道语料",
    summary:
      "Indexes the article's two records and generated questions; every question finds itself, planted "
      + "near-duplicates are found, tags are guessed, templates counted.",
    date: "2018-01-30", archive: 5067, needsTorch: false,
    data: "the article's two records and generated questions",
    ownData: "a JSON array or JSON lines with url, question and tags", duration: "3 s")

  public struct Settings: RecipeSettings {
    @Knob("generated questions", in: 100...2_000_000) var questions = 5000
    @Knob("questions that search, tags and neighbors are tried on", in: 10...10_000) var tried = 300

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let folder = run.run.folder.path
    let planted: Int
    let file: String
    if let own = run.options.data {
      (file, planted) = (own, 0)
    } else {
      let made = generated(run.settings.questions, seed: run.seed)
      planted = made.planted
      file = folder + "/questions.jsonl"
      try AtomicFile.write((articleRecords + made.records).joined(separator: "\n") + "\n", to: file)
    }
    _ = try QuestionImport().run([file], to: folder + "/questions.que", work: run.work)
    let index = try QuestionIndex(path: folder + "/questions.que")
    var findings: [any Finding] = [
      FoundAgain(index, tried: run.settings.tried, isArticle: run.options.data == nil),
      TagGuess(index, tried: run.settings.tried),
    ]
    if planted > 0 { findings.append(NearPairs(index, planted: planted)) }
    findings.append(try TemplateCounts(index, run))
    return findings
  }

  /// The two records that the article shows, in its form.
  static let articleRecords = [
    #"{"url": "http://zhidao.baidu.com/question/565618371557484884.html", "question": "学文员有哪些专科学校", "tags": ["学校", "专科", "院校信息"]}"#,
    #"{"url": "http://zhidao.baidu.com/question/2079794100345438428.html", "question": "网赌和澳门赌有区别吗", "tags": ["网络", "澳门", "赌博"]}"#,
  ]

  /// Questions by five templates about three fields; every fiftieth one is followed by a twin that is
  /// longer by one character.
  static func generated(_ count: Int, seed: UInt64) -> (records: [String], planted: Int) {
    var random = RandomStream(seed: seed, stream: 0x7A68)
    let fields: [(tag: String, words: [String])] = [
      ("健康", ["感冒", "发烧", "头痛", "失眠", "胃病", "咳嗽", "高血压", "糖尿病", "过敏", "近视"]),
      ("教育", ["数学", "英语", "物理", "高考", "考研", "作文", "历史", "化学", "留学", "编程"]),
      ("电脑", ["硬盘", "显卡", "键盘", "内存", "路由器", "打印机", "浏览器", "蓝屏", "杀毒软件", "主板"]),
    ]
    let additions = ["老人", "孩子", "学生", "新手", "冬天", "夏天", "晚上", "平时", "突然", "经常"]
    var records: [String] = []
    var planted = 0
    for number in 0..<count {
      let field = fields[random.below(3)]
      func word() -> String { field.words[random.below(field.words.count)] }
      let some = additions[random.below(additions.count)]
      let text = [
        "\(word())是什么意思", "\(some)\(word())怎么办", "\(word())和\(word())有什么区别", "\(some)学习\(word())难吗",
        "请问\(word())的原因有哪些",
      ][random.below(5)]
      var texts = ["\(text)\(number)"]
      if number % 50 == 0 {
        texts.append("\(text)\(number)呢")
        planted += 1
      }
      for text in texts {
        records.append(
          #"{"url": "http://example.org/question/\#(1_000_000 + records.count).html", "question": "\#(text)", "tags": ["\#(field.tag)"]}"#
        )
      }
    }
    return (records, planted)
  }
}

/// A stored question's text finds it first.
private struct FoundAgain: Finding {
  private let tried: Int
  private let first: Int
  private let records: Int?

  init(_ index: QuestionIndex, tried: Int, isArticle: Bool) {
    let step = max(1, index.count / tried)
    let chosen = Array(stride(from: 0, to: index.count, by: step))
    self.tried = chosen.count
    // Another question of the same text is as good.
    first = chosen.count { question in
      index.search(index.text(question), limit: 1).first.map {
        index.text($0.question) == index.text(question)
      } ?? false
    }
    guard isArticle else {
      records = nil
      return
    }
    let shown = [index[0], index[1]]
    records =
      (shown[0].id == 565_618_371_557_484_884 && shown[0].text == "学文员有哪些专科学校"
        && shown[0].tags == ["学校", "专科", "院校信息"] ? 1 : 0)
      + (shown[1].id == 2_079_794_100_345_438_428 && shown[1].text == "网赌和澳门赌有区别吗"
        && shown[1].tags == ["网络", "澳门", "赌博"] ? 1 : 0)
  }

  var claims: [Claim] {
    var claims = [
      Claim(
        id: "itself", statement: "questions that find themselves first, share",
        measured: Double(first) / Double(max(1, tried)), atLeast: 0.99)
    ]
    if let records {
      claims.append(
        Claim(
          id: "records", statement: "records that the article shows and the index gives back, of 2",
          measured: Double(records), equals: 2, within: 0))
    }
    return claims
  }
}

/// The nearest questions' tags against the most frequent tag.
private struct TagGuess: Finding {
  private var nearest = 0.0
  private var majority = 0.0

  init(_ index: QuestionIndex, tried: Int) {
    let tagged = (0..<index.count).filter { !index[$0].tags.isEmpty }
    guard !tagged.isEmpty else { return }
    var counts: [String: Int] = [:]
    for question in tagged { for tag in Set(index[question].tags) { counts[tag, default: 0] += 1 } }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
    let chosen = Array(stride(from: 0, to: tagged.count, by: max(1, tagged.count / tried)))
    for place in chosen {
      let record = index[tagged[place]]
      let best = index.suggestTags(record.text, excluding: tagged[place]).first?.tag ?? ""
      nearest += record.tags.contains(best) ? 1 : 0
      majority += record.tags.contains(most) ? 1 : 0
    }
    nearest /= Double(chosen.count)
    majority /= Double(chosen.count)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "tags",
        statement: "first tags guessed rightly by neighbors less by the majority, share",
        measured: nearest - majority, atLeast: 0.2)
    ]
  }

  var metrics: [String: Double] { ["tags/nearest": nearest, "tags/majority": majority] }
}

/// Twins that were planted.
private struct NearPairs: Finding {
  private let planted: Int
  private let found: Int

  init(_ index: QuestionIndex, planted: Int) {
    self.planted = planted
    let texts = (0..<index.count).map { index.text($0) }
    found = NearDuplicates().pairs(texts).count { pair in
      let (a, b) = (texts[pair.first], texts[pair.second])
      return a + "呢" == b || b + "呢" == a
    }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "near-duplicates", statement: "planted twins that the join found, less those planted",
        measured: Double(found - planted), equals: 0, within: 0)
    ]
  }
}

/// The most frequent sentence templates, questions cut into words that repeat.
private struct TemplateCounts: Finding {
  private let templates: [(text: String, count: Int)]

  init(_ index: QuestionIndex, _ run: Running<ZhidaoArticle.Settings>) throws {
    let sentences: [[Substring]] = (0..<min(index.count, 20_000)).map { question in
      index.text(question).filter { $0.isLetter }.map { Substring(String($0)) }
    }
    var mining = TemplateMining()
    mining.threads = 1
    templates = try mining.mine(sentences, work: run.work).templates.lazy
      .filter { !$0.template.isTrivial }.prefix(20).map { ($0.template.text, $0.count) }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "templates", statement: "templates of several words that occur at least twenty times",
        measured: Double(templates.count { $0.count >= 20 }), atLeast: 3)
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Templates",
      [
        .table(
          Report.Table(
            columns: ["template", "count"],
            rows: templates.map { [.text($0.text), .number(Double($0.count))] }))
      ])
  }
}
