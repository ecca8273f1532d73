import FineTuning
import Messages
import Parallel

/// Texts with a label each: invented reviews, or a user's file.
struct LabelledTexts {
  /// In the order of their numbers.
  let labels: [String]
  let training: [Item]
  /// What the judge learns from and is tried on: texts that the writer never sees.
  let forJudge: [Item]
  let heldOut: [Item]

  struct Item: Sendable, Equatable {
    let label: Int
    let text: String
  }

  /// Reviews of eight kinds, drawn by the seed.
  init(count: Int, seed: UInt64) {
    labels = InventedReviews.labels
    func draw(_ count: Int, _ stream: UInt64) -> [Item] {
      var random = RandomStream(seed: seed, stream: stream)
      return (0..<count).map { index in
        let label = index % InventedReviews.labels.count
        return Item(label: label, text: InventedReviews.draw(label, &random))
      }
    }
    training = draw(count, 71_240)
    forJudge = draw(max(400, count / 3), 71_241)
    heldOut = draw(400, 71_242)
  }

  /// A file of labels and texts (`.tsv`, `.csv`, `.jsonl`); a third of it is the judge's.
  ///
  /// Throws `InputError` for too few texts and a single label.
  init(file path: String, maxLength: Int, seed: UInt64) throws {
    var items = try TextFiles.read(path, for: .classify, isLabeled: true)
      .filter { !$0.text.allSatisfy(\.isWhitespace) }
    let names = Set(items.compactMap(\.label)).sorted()
    guard names.count > 1 else {
      throw InputError(
        "all \(items.count) texts of \(path) have one label; a condition needs at least two")
    }
    guard items.count >= 30 else {
      throw InputError("\(path) has \(items.count) labelled texts; at least 30 are needed")
    }
    labels = names
    var random = RandomStream(seed: seed, stream: 71_243)
    items.shuffle(using: &random)
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let all = items.compactMap { item in
      item.label.flatMap { places[$0] }.map {
        Item(label: $0, text: Self.beginning(item.text, maxLength))
      }
    }
    let (judges, held) = (all.count / 4, min(400, all.count / 12))
    forJudge = Array(all.prefix(judges))
    heldOut = Array(all[judges..<judges + held])
    training = Array(all[(judges + held)...])
  }

  /// As many whole sentences as have room, at least the first characters.
  private static func beginning(_ text: String, _ length: Int) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard line.count > length else { return line }
    let cut = line.prefix(length)
    let end = cut.lastIndex { "。！？；，!?;,".contains($0) }
    return String(end.map { cut[...$0] } ?? cut)
  }
}

/// Reviews of four kinds of things, liked or not.
enum InventedReviews {
  private struct Kind {
    let name: String
    let openings: [String]
    /// What is spoken of, and what is said of it where it is liked and where not.
    let aspects: [(name: String, good: [String], bad: [String])]
  }

  private static func aspect(_ name: String, _ good: String, _ bad: String) -> (
    name: String, good: [String], bad: [String]
  ) {
    (name, good.split(separator: " ").map(String.init), bad.split(separator: " ").map(String.init))
  }

  private static let kinds: [Kind] = [
    Kind(
      name: "酒店", openings: ["上周在这家酒店住了两晚", "出差时住过这里", "带家人来住", "第三次入住这家酒店"],
      aspects: [
        aspect("房间", "干净 宽敞 安静", "又小又旧 有霉味 吵闹"), aspect("服务", "热情 周到", "冷淡 敷衍"),
        aspect("早餐", "丰盛 可口", "单调 难吃"), aspect("位置", "方便 好找", "偏僻 难找"),
      ]),
    Kind(
      name: "水果", openings: ["买了一箱苹果", "给父母寄了一箱橙子", "趁活动买的葡萄", "又买了两斤樱桃"],
      aspects: [
        aspect("味道", "香甜 清爽", "发酸 寡淡"), aspect("个头", "很大 均匀", "太小 大小不一"),
        aspect("包装", "结实 用心", "破了 简陋"), aspect("水分", "充足 饱满", "很少 不足"),
      ]),
    Kind(
      name: "手机", openings: ["手机用了一个月", "给妈妈换了新手机", "昨天收到手机", "等了三天手机才到"],
      aspects: [
        aspect("屏幕", "清晰 明亮", "发黄 有划痕"), aspect("电池", "耐用 够用一天", "半天就没电 发烫"),
        aspect("拍照", "好看 清楚", "模糊 偏色"), aspect("系统", "流畅 稳定", "卡顿 老是死机"),
      ]),
    Kind(
      name: "图书", openings: ["这本书读了两遍", "给孩子买的书", "朋友推荐的小说", "周末看完了这本书"],
      aspects: [
        aspect("内容", "精彩 有深度", "空洞 啰嗦"), aspect("印刷", "清楚 精美", "模糊 有错字"),
        aspect("纸张", "厚实 舒服", "太薄 有异味"), aspect("翻译", "流畅 准确", "生硬 不通顺"),
      ]),
  ]

  private static let degrees = ["很", "非常", "真的", "比较", "特别"]
  private static let praise = ["下次还会来", "推荐给大家", "值得购买", "非常满意", "五星好评"]
  private static let blame = ["再也不会来了", "不推荐", "后悔了", "非常失望", "浪费钱"]

  /// `酒店好评`, `酒店差评`, ….
  static let labels = kinds.flatMap { ["\($0.name)好评", "\($0.name)差评"] }

  static func draw(_ label: Int, _ random: inout RandomStream) -> String {
    let kind = kinds[label / 2]
    let isGood = label % 2 == 0
    func pick(_ words: [String], _ random: inout RandomStream) -> String {
      words[random.below(words.count)]
    }
    var aspects = kind.aspects
    aspects.shuffle(using: &random)
    let parts = aspects.prefix(1 + random.below(3)).map { aspect in
      let words = isGood ? aspect.good : aspect.bad
      let word = pick(words, &random)
      return aspect.name + (word.count == 2 ? pick(degrees, &random) : "") + word
    }
    let end = pick(isGood ? praise : blame, &random)
    return ([pick(kind.openings, &random)] + parts + [end]).joined(separator: "，") + "。"
  }
}
