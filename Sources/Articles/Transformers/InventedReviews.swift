import Parallel

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
        aspect("房间", "干净 宽敞 安静 整洁", "又小又旧 有霉味 吵闹 昏暗"), aspect("服务", "热情 周到 贴心", "冷淡 敷衍 拖拉"),
        aspect("早餐", "丰盛 可口 新鲜", "单调 难吃 冰凉"), aspect("位置", "方便 好找 优越", "偏僻 难找 遥远"),
      ]),
    Kind(
      name: "水果", openings: ["买了一箱苹果", "给父母寄了一箱橙子", "趁活动买的葡萄", "又买了两斤樱桃"],
      aspects: [
        aspect("味道", "香甜 清爽 浓郁", "发酸 寡淡 苦涩"), aspect("个头", "很大 均匀 饱满", "太小 大小不一 干瘪"),
        aspect("包装", "结实 用心 严实", "破损 简陋 松散"), aspect("水分", "充足 丰富", "很少 不足"),
      ]),
    Kind(
      name: "手机", openings: ["手机用了一个月", "给妈妈换了新手机", "昨天收到手机", "等了三天手机才到"],
      aspects: [
        aspect("屏幕", "清晰 明亮 细腻", "发黄 有划痕 闪烁"), aspect("电池", "耐用 够用一天 持久", "半天就没电 发烫 鼓包"),
        aspect("拍照", "好看 清楚 锐利", "糊成一片 偏色 失焦"), aspect("系统", "流畅 稳定 灵敏", "卡顿 老是死机 迟钝"),
      ]),
    Kind(
      name: "图书", openings: ["这本书读了两遍", "给孩子买的书", "朋友推荐的小说", "周末看完了这本书"],
      aspects: [
        aspect("内容", "精彩 有深度 动人", "空洞 啰嗦 无聊"), aspect("印刷", "工整 精美", "潦草 有错字"),
        aspect("纸张", "厚实 舒服 光滑", "太薄 有异味 粗糙"), aspect("翻译", "通顺 准确 优美", "生硬 别扭 拗口"),
      ]),
  ]

  private static let degrees = ["很", "非常", "真的", "比较", "特别"]
  private static let praise = ["下次还会来", "推荐给大家", "值得购买", "非常满意", "五星好评"]
  private static let blame = ["再也不会来了", "不推荐", "后悔了", "非常失望", "浪费钱"]

  /// `酒店好评`, `酒店差评`, ….
  static let labels = kinds.flatMap { ["\($0.name)好评", "\($0.name)差评"] }

  /// The words that it speaks with, of two characters or more.
  static var words: Set<String> {
    Set(kinds.flatMap(\.aspects).flatMap { [$0.name] + $0.good + $0.bad })
  }

  /// - Parameter hasVerdict: Whether the last words say outright what is thought of it.
  static func draw(
    _ label: Int, hasVerdict: Bool = true, _ random: inout RandomStream
  ) -> String {
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
    let end = hasVerdict ? [pick(isGood ? praise : blame, &random)] : []
    return ([pick(kind.openings, &random)] + parts + end).joined(separator: "，") + "。"
  }
}
