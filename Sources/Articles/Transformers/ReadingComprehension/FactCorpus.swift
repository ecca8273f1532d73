import Parallel

/// Questions about invented people, towns, firms, books and rivers, with passages that tell or do not.
///
/// A fact is a subject, an attribute and a value. A passage tells two or three facts in words that vary; a
/// question asks for one. Each question has three passages: of those that can be answered one or two hold the
/// fact; the others speak of the subject and not of the attribute, or of the same attribute of something else, so
/// that neither the subject nor the attribute alone gives the answer. One question of five has no answer.
/// Held-out questions are a fixed list. Training questions are drawn anew at each visit, and never about a subject
/// of that list, so that nothing can be learnt by heart.
struct FactCorpus: Sendable {
  let heldOut: [ReadingItem]
  private let heldOutSubjects: Set<String>

  init(heldOutCount: Int = 400, seed: UInt64) {
    var maker = Maker(random: RandomStream(seed: seed, stream: 7115))
    heldOut = (0..<heldOutCount).map { maker.item(id: "\($0)") }
    heldOutSubjects = maker.used
  }

  /// A question to train on.
  func draw(_ random: inout RandomStream) -> ReadingItem {
    drawn(&random) { $0.item(id: "") }
  }

  /// A question for practice: its one passage tells the asked attribute of two or three subjects, so that nothing but
  /// whom the question is about leads to the answer; of three in ten it tells it of others alone. Half of the questions
  /// are a statement with a question mark in place of the value: these are the first that can be answered.
  func drawLookalikes(_ random: inout RandomStream) -> ReadingItem {
    drawn(&random) { $0.lookalikes() }
  }

  private func drawn(_ random: inout RandomStream, _ make: (inout Maker) -> ReadingItem)
    -> ReadingItem
  {
    var maker = Maker(random: random)
    maker.used = heldOutSubjects
    defer { random = maker.names.random }
    return make(&maker)
  }

  private struct Attribute: Sendable {
    let name: String
    /// Sentences with {s} for the subject and {v} for the value.
    let statements: [String]
    let questions: [String]
    let value: @Sendable (inout Names) -> String
  }

  private struct Kind: Sendable {
    let subject: @Sendable (inout Names) -> String
    let attributes: [Attribute]
  }

  private struct Fact {
    var subject: String
    var attribute: Int
    var value: String
  }

  private struct Maker {
    var names: Names
    var used: Set<String> = []

    init(random: RandomStream) { names = Names(random: random) }

    private mutating func below(_ bound: Int) -> Int { names.random.below(bound) }

    /// A subject that no question has been about; there are tens of thousands of each kind.
    private mutating func subject(_ kind: Kind) -> String {
      while true {
        let name = kind.subject(&names)
        if used.insert(name).inserted { return name }
      }
    }

    private mutating func facts(_ kind: Kind) -> [Fact] {
      let subject = subject(kind)
      return kind.attributes.indices.map {
        Fact(subject: subject, attribute: $0, value: kind.attributes[$0].value(&names))
      }
    }

    mutating func item(id: String) -> ReadingItem {
      let kind = FactCorpus.kinds[below(FactCorpus.kinds.count)]
      let facts = facts(kind)
      let other = self.facts(kind)
      let asked = below(facts.count)
      let fact = facts[asked]
      let question = pick(kind.attributes[asked].questions)
        .replacing("{s}", with: fact.subject)
      let telling = below(5) == 0 ? 0 : 1 + below(2)
      var passages: [ReadingItem.Passage] = []
      for index in 0..<3 {
        // Beside the fact, or in its place, one of the subject's other facts; in half of the passages the same
        // attribute of something else.
        var told = [facts[(asked + 1 + below(facts.count - 1)) % facts.count]]
        if index < telling { told.append(fact) }
        if below(2) == 0 { told.append(other[asked]) }
        passages.append(
          ReadingItem.Passage(
            text: text(&told, of: kind), answer: index < telling ? fact.value : ""))
      }
      shuffle(&passages)
      return ReadingItem(id: id, question: question, passages: passages)
    }

    mutating func lookalikes() -> ReadingItem {
      let kind = FactCorpus.kinds[below(FactCorpus.kinds.count)]
      let asked = below(kind.attributes.count)
      let isTold = below(10) >= 3
      let fact = facts(kind)[asked]
      var told = isTold ? [fact] : []
      let count = 2 + below(2)
      while told.count < count { told.append(facts(kind)[asked]) }
      let attribute = kind.attributes[asked]
      let wordings = below(2) == 0 ? attribute.questions : attribute.statements
      return ReadingItem(
        id: "",
        question: pick(wordings).replacing("{s}", with: fact.subject).replacing("{v}", with: "？"),
        passages: [
          ReadingItem.Passage(text: text(&told, of: kind), answer: isTold ? fact.value : "")
        ])
    }

    /// Sentences that tell the facts, in any order.
    private mutating func text(_ told: inout [Fact], of kind: Kind) -> String {
      shuffle(&told)
      return told.map { fact in
        pick(kind.attributes[fact.attribute].statements).replacing("{s}", with: fact.subject)
          .replacing("{v}", with: fact.value)
      }.joined()
    }

    private mutating func pick(_ list: [String]) -> String { list[below(list.count)] }

    private mutating func shuffle<Element>(_ list: inout [Element]) {
      for index in stride(from: list.count - 1, to: 0, by: -1) {
        list.swapAt(index, below(index + 1))
      }
    }
  }

  /// Invented names and values.
  private struct Names: Sendable {
    var random: RandomStream

    mutating func scalar(_ list: String) -> String {
      let scalars = Array(list.unicodeScalars)
      return String(scalars[random.below(scalars.count)])
    }

    mutating func word(_ list: String) -> String {
      let words = list.split(separator: " ")
      return String(words[random.below(words.count)])
    }

    mutating func number(_ range: ClosedRange<Int>) -> String {
      String(range.lowerBound + random.below(range.count))
    }

    mutating func person() -> String {
      let given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建文辉力宁波志云飞鹏雪梅琳倩俊"
      return scalar("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗") + scalar(given) + scalar(given)
    }

    mutating func town() -> String {
      scalar("安北长东丰广海河湖吉江金晋临龙南宁平青清泉上石太天西新兴阳永云")
        + scalar("安宝昌春德福贵和华嘉康乐林明南宁庆瑞顺泰文武祥义元远") + scalar("川城谷湖江口陵浦泉沙山田溪阳原州") + "市"
    }

    mutating func title() -> String {
      "《" + scalar("春夏秋冬山海风雪月夜星云故远长归") + scalar("天日行路城歌声河光影雨乡人") + scalar("中外里边上下前后")
        + scalar("记梦书传曲词集") + "》"
    }

    mutating func firm() -> String {
      scalar("安北长东丰广海河湖吉江金") + scalar("华中国大恒宏鼎盛泰瑞康嘉祥") + scalar("信达科通联创博智诚兴润力")
        + word("电器 汽车 药业 食品 软件 钢铁") + "公司"
    }

    mutating func year(_ range: ClosedRange<Int>) -> String { number(range) + "年" }
  }

  private static let kinds: [Kind] = [
    Kind(
      subject: { $0.person() },
      attributes: [
        Attribute(
          name: "birthplace", statements: ["{s}出生于{v}。", "{s}是{v}人。", "{s}的家乡在{v}。"],
          questions: ["{s}出生在哪里？", "{s}是哪里人？", "{s}的家乡是哪？"], value: { $0.town() }),
        Attribute(
          name: "birthyear", statements: ["{s}生于{v}。", "{v}，{s}来到人世。"],
          questions: ["{s}是哪年出生的？", "{s}生于哪一年？"], value: { $0.year(1900...1999) }),
        Attribute(
          name: "profession", statements: ["{s}是一名{v}。", "{s}的职业是{v}。"],
          questions: ["{s}是做什么的？", "{s}的职业是什么？"],
          value: { $0.word("医生 教师 画家 演员 律师 记者 厨师 作家 导演 歌手 工程师 飞行员 物理学家 化学家 建筑师") }),
        Attribute(
          name: "work", statements: ["{s}写了{v}。", "{s}的代表作是{v}。"],
          questions: ["{s}的代表作是什么？", "{s}写了哪本书？"], value: { $0.title() }),
      ]),
    Kind(
      subject: { $0.town() },
      attributes: [
        Attribute(
          name: "flower", statements: ["{s}的市花是{v}。", "{s}以{v}为市花。"],
          questions: ["{s}的市花是什么？", "{s}以什么花为市花？"],
          value: { $0.word("月季 玉兰 杜鹃 牡丹 荷花 菊花 茉莉 山茶 桂花 梅花 丁香 紫薇") }),
        Attribute(
          name: "population", statements: ["{s}有{v}人。", "{s}人口约{v}。"],
          questions: ["{s}有多少人？", "{s}的人口是多少？"], value: { $0.number(11...989) + "万" }),
        Attribute(
          name: "mayor", statements: ["{s}的市长是{v}。", "{v}任{s}市长。"],
          questions: ["{s}的市长是谁？", "谁是{s}的市长？"], value: { $0.person() }),
        Attribute(
          name: "area", statements: ["{s}的面积是{v}。", "{s}方圆{v}。"],
          questions: ["{s}面积多大？", "{s}的面积是多少？"],
          value: { $0.number(200...9999) + "平方公里" }),
      ]),
    Kind(
      subject: { $0.firm() },
      attributes: [
        Attribute(
          name: "seat", statements: ["{s}的总部在{v}。", "{s}设在{v}。"],
          questions: ["{s}的总部在哪？", "{s}在哪里？"], value: { $0.town() }),
        Attribute(
          name: "founder", statements: ["{s}由{v}创办。", "{v}创立了{s}。"],
          questions: ["{s}是谁创办的？", "谁创立了{s}？"], value: { $0.person() }),
        Attribute(
          name: "founded", statements: ["{s}成立于{v}。", "{v}，{s}开业。"],
          questions: ["{s}是哪年成立的？", "{s}什么时候开业？"], value: { $0.year(1950...2019) }),
        Attribute(
          name: "staff", statements: ["{s}有{v}员工。", "{s}员工共{v}。"],
          questions: ["{s}有多少员工？", "{s}员工有几人？"], value: { $0.number(30...9999) + "名" }),
      ]),
    Kind(
      subject: { $0.title() },
      attributes: [
        Attribute(
          name: "author", statements: ["{s}的作者是{v}。", "{v}写成{s}。"],
          questions: ["{s}的作者是谁？", "{s}是谁写的？"], value: { $0.person() }),
        Attribute(
          name: "published", statements: ["{s}于{v}出版。", "{s}初版在{v}。"],
          questions: ["{s}是哪年出版的？", "{s}什么时候出版？"], value: { $0.year(1900...2019) }),
        Attribute(
          name: "pages", statements: ["{s}共{v}。", "{s}厚{v}。"],
          questions: ["{s}有多少页？", "{s}多厚？"], value: { $0.number(80...999) + "页" }),
        Attribute(
          name: "hero", statements: ["{s}的主角叫{v}。", "{v}是{s}的主角。"],
          questions: ["{s}的主角是谁？", "{s}的主角叫什么？"], value: { $0.person() }),
      ]),
  ]
}
