import Formats
import Foundation
import Knowledge
import Parallel
import Recipes
import Reports
import Tracking

/// 【语料】2500万中文三元组！: rows of entity, attribute, value become a base that is looked up both ways and
/// answers questions, or refuses.
public enum TriplesArticle: Article {
  public static let card = RecipeCard(
    name: "triples", title: "【语料】2500万中文三元组！",
    summary:
      "Builds a base of the article's rows and of generated ones, looks every row up both ways, and asks "
      + "questions of one and two steps, with the answer there and taken away.",
    date: "2017-04-24", archive: 4359, needsTorch: false,
    data: "the article's 15 rows and generated people, schools and towns",
    ownData: "a CSV or TSV file of triples", duration: "2 s")

  public struct Settings: RecipeSettings {
    @Knob("generated people", in: 10...1_000_000) var people = 2000
    @Knob("questions of each kind", in: 10...10_000) var questions = 500

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let folder = run.run.folder.path
    var task = KnowledgeImport()
    task.replaces = true
    if let own = run.options.data {
      let summary = try task.run([own], to: folder + "/own.kno", work: run.work)
      let base = try KnowledgeBase(path: folder + "/own.kno")
      return [try BaseFinding(base, rows: summary.rows - summary.duplicates)]
    }
    let rows = articleRows + generated(run.settings.people, seed: run.seed)
    let base = try written(rows, "base", folder, task, run.work)
    return [
      PreviewFinding(base),
      try BaseFinding(base, rows: rows.count),
      try AskedFinding(rows, base, folder, run),
    ]
  }

  static func written(
    _ rows: [KnowledgeBase.Triple], _ name: String, _ folder: String, _ task: KnowledgeImport,
    _ work: Work
  ) throws -> KnowledgeBase {
    let source = "\(folder)/\(name).csv"
    let lines = rows.map { "\($0.entity),\($0.attribute),\($0.value)\n" }
    try AtomicFile.write(lines.joined(), to: source)
    _ = try task.run([source], to: "\(folder)/\(name).kno", work: work)
    return try KnowledgeBase(path: "\(folder)/\(name).kno")
  }

  /// What the article shows of its corpus; values keep their commas.
  static let articleRows: [KnowledgeBase.Triple] = [
    ("科学", "包涵", "自然、社会、思维等领域"), ("科学", "外文名", "science"), ("科学", "拼音", "kē xué"),
    ("科学", "中文名", "科学"), ("科学", "解释", "发现、积累的真理的运用与实践"),
    ("语法学", "外文名", "syntactics"), ("语法学", "中文名", "语法学"),
    ("物理宇宙学", "对象", "大尺度结构和宇宙形成"), ("物理宇宙学", "时间", "二十世纪"),
    ("物理宇宙学", "所属", "天体物理学"), ("物理宇宙学", "中文名", "物理宇宙学"), ("曹禺", "出生地", "天津"),
    ("曹禺", "毕业院校", "清华大学"), ("曹禺", "逝世日期", "1996年（丙子年）12月13日"), ("曹禺", "中文名", "万家宝"),
  ].map { KnowledgeBase.Triple($0.0, $0.1, $0.2) }

  /// People with four attributes, each at a school that lies in a town.
  static func generated(_ people: Int, seed: UInt64) -> [KnowledgeBase.Triple] {
    var random = RandomStream(seed: seed, stream: 0x7472)
    let family = Array("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜")
    let given = Array("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍健鹏辉")
    let towns = ["安平", "临川", "武宁", "长乐", "东明", "西和", "南康", "北安", "永清", "昌黎"].map { $0 + "县" }
    let trades = ["画家", "作家", "医生", "教师", "工程师", "演员"]
    var rows: [KnowledgeBase.Triple] = []
    let schools = towns.indices.map { towns[$0].dropLast() + "师范学院" }
    for (school, town) in zip(schools, towns.reversed()) {
      rows.append(KnowledgeBase.Triple(String(school), "所在地", town))
      rows.append(KnowledgeBase.Triple(String(school), "创办时间", "\(1900 + random.below(90))年"))
    }
    var used: Set<String> = []
    while used.count < people {
      func one(_ letters: [Character]) -> String { String(letters[random.below(letters.count)]) }
      let name = one(family) + one(given) + one(given) + (used.count > 4000 ? one(given) : "")
      guard used.insert(name).inserted else { continue }
      for (attribute, value) in [
        ("出生地", towns[random.below(towns.count)]),
        ("毕业院校", String(schools[random.below(schools.count)])),
        ("职业", trades[random.below(trades.count)]), ("身高", "\(150 + random.below(45))cm"),
      ] { rows.append(KnowledgeBase.Triple(name, attribute, value)) }
    }
    return rows
  }
}

/// The rows that the article prints.
private struct PreviewFinding: Finding {
  private let found: Int
  private let answer: String

  init(_ base: KnowledgeBase) {
    found = TriplesArticle.articleRows.count {
      base.values(of: $0.entity, $0.attribute).contains($0.value)
    }
    answer = AnswerEngine(base).ask("曹禺的出生地是哪里").answer?.values.joined(separator: "、") ?? "–"
  }

  var claims: [Claim] {
    [
      Claim(
        id: "preview", statement: "rows that the article prints and the base gives back, of 15",
        measured: Double(found), equals: 15, within: 0),
      Claim(
        id: "caoyu", statement: "曹禺的出生地是哪里 is answered 天津: wrong answers",
        measured: answer == "天津" ? 0 : 1, atMost: 0),
    ]
  }
}

/// Every row is found from either end.
private struct BaseFinding: Finding {
  private let rows: Int
  private let triples: Int
  private let lost: Int
  private let bytes: Int

  init(_ base: KnowledgeBase, rows: Int) throws {
    self.rows = rows
    triples = base.tripleCount
    bytes = base.byteCount
    var lost = 0
    var checked = 0
    // Every row of a small base, the first of a large one.
    base.forEachTriple { triple in
      guard checked < 50_000 else { return }
      checked += 1
      if !base.values(of: triple.entity, triple.attribute).contains(triple.value)
        || !base.entities(with: triple.attribute, triple.value).contains(triple.entity)
      {
        lost += 1
      }
    }
    self.lost = lost
  }

  var claims: [Claim] {
    [
      Claim(
        id: "rows", statement: "triples of the base less distinct rows of the file",
        measured: Double(triples - rows), equals: 0, within: 0),
      Claim(
        id: "both-ways", statement: "triples that entity or value do not lead to",
        measured: Double(lost), equals: 0, within: 0),
    ]
  }

  var metrics: [String: Double] {
    ["triples": Double(triples), "bytesPerTriple": Double(bytes) / Double(max(1, triples))]
  }
}

/// Questions of one and of two steps; then the same where the answer's row was taken out.
private struct AskedFinding: Finding {
  private var oneStep = 0.0
  private var twoSteps = 0.0
  private var refused = 0.0
  private var shown: [[Report.Table.Cell]] = []

  init(
    _ rows: [KnowledgeBase.Triple], _ base: KnowledgeBase, _ folder: String,
    _ run: Running<TriplesArticle.Settings>
  ) throws {
    var random = RandomStream(seed: run.seed, stream: 0x6173)
    let people = rows.filter { $0.attribute == "毕业院校" }
    let asked = (0..<run.settings.questions).map { _ in people[random.below(people.count)] }
    let engine = AnswerEngine(base)
    let forms = ["出生地是哪里", "职业是什么", "毕业院校是哪所", "身高是多少"]
    for (index, person) in asked.enumerated() {
      let form = forms[index % forms.count]
      let attribute = String(form.prefix { $0 != "是" })
      let question = "\(person.entity)的\(form)"
      let found = engine.ask(question).answer?.values ?? []
      let isRight = found == base.values(of: person.entity, attribute)
      oneStep += isRight ? 1 : 0
      if index < 5 {
        shown.append([
          .text(question), .text(found.joined(separator: "、")), .text(isRight ? "✓" : "✗"),
        ])
      }
      let far = engine.ask("\(person.entity)的毕业院校的所在地").answer?.values ?? []
      let isFarRight = found.isEmpty ? false : far == base.values(of: person.value, "所在地")
      twoSteps += isFarRight ? 1 : 0
      if index < 5 {
        shown.append([
          .text("\(person.entity)的毕业院校的所在地"), .text(far.joined(separator: "、")),
          .text(isFarRight ? "✓" : "✗"),
        ])
      }
    }
    // No row says who was born where any more.
    var task = KnowledgeImport()
    task.replaces = true
    let without = AnswerEngine(
      try TriplesArticle.written(
        rows.filter { $0.attribute != "出生地" }, "without", folder, task, run.work))
    refused = Double(asked.count { without.ask("\($0.entity)的出生地是哪里").answer == nil })
    let count = Double(asked.count)
    (oneStep, twoSteps, refused) = (oneStep / count, twoSteps / count, refused / count)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "one-step", statement: "questions for an attribute answered rightly, share",
        measured: oneStep, atLeast: 0.99),
      Claim(
        id: "two-steps", statement: "questions of two steps answered rightly, share",
        measured: twoSteps, atLeast: 0.95),
      Claim(
        id: "refused", statement: "questions refused whose rows were taken out, share",
        measured: refused, atLeast: 0.9),
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Questions", [.table(Report.Table(columns: ["question", "answer", ""], rows: shown))])
  }
}
