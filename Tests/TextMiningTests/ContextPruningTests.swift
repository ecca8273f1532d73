import Parallel
import Testing
import Text

@testable import TextMining

/// Words are judged by what stands around them.
@Suite struct ContextPruningTests {
  /// Function words before any word of their kind, and compounds that live in a place of their own.
  private static let text: String = {
    var random = RandomStream(seed: 9)
    let subjects = ["商店", "房间", "早餐", "老师", "天气", "音乐"]
    let qualities = ["漂亮", "便宜", "干净", "安静", "热闹", "新鲜"]
    func any(_ words: [String]) -> String { words[random.below(words.count)] }
    return (0..<3000).map { _ in
      switch random.below(6) {
      case 0: any(subjects) + "也" + any(qualities)
      case 1: any(subjects) + "很" + any(qualities)
      case 2: any(subjects) + "也很" + any(qualities)
      case 3: "进口" + any(["石油", "钢材", "木材"]) + any(["公司", "价格", "市场"])
      case 4: any(["搬", "采", "磨"]) + "石" + any(["工人", "机器"])
      default: any(["炒菜", "点灯"]) + any(["用", "费"]) + "油" + any(["不少", "太多"])
      }
    }.joined(separator: "\n")
  }()

  private func kept(_ words: [String], threads: Int = 2) throws -> Set<String> {
    var options = CorpusOptions()
    options.threads = threads
    let corpus = try TextCorpus.read(
      TextSource(string: Self.text), as: .withoutAtoms, options: options)
    let text = Self.text
    let counts = try words.map { word in
      (
        key: PackedGram.pack(try #require(corpus.alphabet.numbers(word))),
        count: text.ranges(of: word).count
      )
    }
    var pruning = ContextPruning(counts, of: corpus, order: 4)
    for _ in 0..<2 { try pruning.round(work: .silent) }
    let (scores, _) = pruning.scores()
    return Set(zip(counts, words).filter { scores[$0.0.key] != nil }.map(\.1))
  }

  private static let words = [
    "商店", "房间", "早餐", "老师", "天气", "音乐", "漂亮", "便宜", "干净", "安静", "热闹", "新鲜", "也", "很", "进口", "石油",
    "钢材", "木材", "公司", "价格", "市场", "石", "油", "搬", "采", "磨", "工人", "机器", "炒菜",
    "点灯", "用", "费", "不少", "太多",
  ]

  @Test(arguments: [1, 3]) func functionWordsStandAlone(threads: Int) throws {
    let kept = try kept(Self.words + ["也很"], threads: threads)
    #expect(!kept.contains("也很"))
    #expect(kept == Set(Self.words))
  }
}
