import Formats
import Parallel
import Testing
import Text

@testable import TextMining

/// What is one token by its form, and what outranks it.
@Suite struct TokenShapeTests {
  private func list(_ words: String) -> WordList {
    WordList(words.split(separator: " ").map { (String($0), 20) })
  }

  private func cut(
    _ text: String, _ words: String = "天 气", without shapes: TokenShapes = [], user: [String] = [],
    rules: SegmentationRules = .atoms
  ) throws -> String {
    try Segmenter(
      list(words), userWords: user, rules: rules, shapes: TokenShapes.all.subtracting(shapes)
    ).words(in: text).joined(separator: " ")
  }

  @Test(arguments: [
    "5G", "4S", "3D", "4K", "2B", "PM2.5", "USB3.0", "Python3.10", "v1.2.3", "COVID-19", "GPT-4",
    "F-35",
    "5W-30", "AK47", "H2O", "T-shirt", "Node.js", "3.14", "16GB", "5kg", "100ml", "AT&T", "don't",
    "2019-03-05", "8:30", "50%", "37℃", "2008年", "https://example.com/a?b=c", "www.example.com",
    "name.x@mail.example.com", "#话题#", "#topic", "——", "……", "...", "二〇一九年", "第一百二十三",
    "👨‍👩‍👧", "👍🏽", "🇨🇳", "1️⃣", "nöl", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "한국", "Ａ４",
    "C++", "C#", "C++17", "Notepad++",
  ])
  func isOneToken(_ token: String) throws {
    #expect(try cut("天\(token)气") == "天 \(token) 气")
    #expect(try cut(token) == token)
  }

  @Test(arguments: [
    ("3，4", "3 ， 4"), ("一、二", "一 、 二"), ("a，b", "a ， b"), ("end.2", "end . 2"), ("🇨🇳🇯🇵", "🇨🇳 🇯🇵"),
    ("网址https://a.cn/x，天", "网 址 https://a.cn/x ， 天"), ("@小明 天", "@小明 天"), ("@user天", "@user 天"),
    ("好#天", "好 # 天"), ("a@b", "a @b"), ("统一一些", "统 一 一 些"), ("a\u{200B}b", "ab"),
    ("C#话题#天", "C #话题# 天"), ("a++b", "a + + b"), ("AI+天", "AI + 天"),
  ])
  func separatorsSeparate(_ text: String, _ right: String) throws {
    #expect(try cut(text) == right)
  }

  /// Words of the dictionary come out whole, whatever forms are in them.
  @Test(arguments: [
    "T恤", "卡拉OK", "乱七八糟", "十二指肠", "PM2.5值", "孤零零", "三五成群", "五四运动", "百万富翁", "感慨万千",
    "二十四史", "九三学社", "4S店", "AA制", "C++", "第一人民医院", "𠮷野家", "㐂寿", "Q&A", "维生素B12", "3D打印机",
    "β受体", "O型血", "一二三四五",
  ])
  func theDictionaryOutranksForms(_ word: String) throws {
    #expect(try cut("天\(word)气", "天 气 \(word)") == "天 \(word) 气")
    #expect(try cut("\(word)，\(word)", "天 气 \(word)") == "\(word) ， \(word)")
    #expect(try cut("天\(word)气", user: [word]) == "天 \(word) 气")
  }

  @Test func formsStayWhereNoWordNeedsThemOtherwise() throws {
    let words = "乱七八糟 十二指肠 溃疡 肠溃疡 T恤 二十"
    #expect(try cut("十二指肠溃疡", words) == "十二指肠 溃疡")
    #expect(try cut("二十五个，T恤衫，二〇一九年", words) == "二十五 个 ， T恤 衫 ， 二〇一九年")
    #expect(try cut("OKR", "OK 天") == "OKR")
  }

  @Test(arguments: TokenShapes.names.map(\.name))
  func everyShapeCanBeSwitchedOff(_ name: String) throws {
    let shape = try #require(TokenShapes.names.first { $0.name == name }?.shape)
    let example = [
      "url": "https://a.cn/b", "email": "a@b.cn", "topic": "#天气#", "mention": "@天气 ",
      "number": "3.14",
      "numeral": "二〇一九", "latin": "Node.js", "mixed": "5G", "repeated": "……",
    ]
    let text = try #require(example[name])
    #expect(try cut(text).split(separator: " ").count == 1)
    let apart = try cut(text, without: shape)
    #expect(apart.split(separator: " ").count > 1, "\(apart)")
  }

  @Test func nobodySeesWhatSeparatesNothing() throws {
    let words = "你好 世界 电影 葛城"
    for scalar in ["\u{200B}", "\u{FEFF}", "\u{2060}", "\u{AD}", "\u{200E}"] {
      #expect(try cut("你\(scalar)好世\(scalar)界\(scalar)", words) == "你好 世界")
    }
    // A variation selector stays with its ideograph.
    #expect(try cut("葛\u{E0100}城", words) == "葛\u{E0100}城")
    #expect(try cut("你\u{200B}好", words, rules: .jieba) != "你好")
  }

  @Test func placesAreThoseOfTheText() throws {
    let segmenter = try Segmenter(list("你好 世界"))
    var output: [UInt8] = []
    _ = try SegmentationStream(segmenter, threads: 1).run(
      TextSource(string: "你\u{200B}好世界👍🏽好\n"), format: .json
    ) { output += $0 }
    let words = try #require(JSONValue(parsing: output)["words"]?.arrayValue)
    let places = words.map { ($0["start"]?.integerValue, $0["end"]?.integerValue) }
    #expect(places.map(\.0) == [0, 3, 5, 7] && places.map(\.1) == [3, 5, 7, 8])
  }

  /// A line longer than a block is cut in pieces, with the same words.
  @Test(arguments: [SegmentationStream.Format.text, .json])
  func longLinesAreOneLine(_ format: SegmentationStream.Format) throws {
    let segmenter = try Segmenter(list("你好 世界 天气"))
    let piece = "你好世界，天气5G。"
    let count = 20_000
    let text = String(repeating: piece, count: count)
    var output: [UInt8] = []
    var writes = 0
    var stream = SegmentationStream(segmenter, threads: 2)
    stream.blockSize = 1 << 16
    let totals = try stream.run(
      TextSource(string: text + "\n" + piece), format: format
    ) {
      output += $0
      writes += 1
    }
    #expect(totals.lines == 2 && totals.words == (count + 1) * 6 && writes > 2)
    #expect(output.count(where: { $0 == 0x0A }) == 2)
    let first = output.prefix { $0 != 0x0A }
    if format == .text {
      #expect(first.count(where: { $0 == 0x20 }) == count * 6 - 1)
    } else {
      let words = try #require(JSONValue(parsing: Array(first))["words"]?.arrayValue)
      #expect(words.count == count * 6 && words.last?["end"]?.integerValue == count * 10)
    }
  }

  /// Runs of one character take time in proportion.
  @Test(arguments: ["一", "1", "a", "—", "#", "@", "第", "一1", "😀", "\u{301}", "a@"])
  func runsAreLinear(_ unit: String) throws {
    let segmenter = try Segmenter(list("天 气 一 T恤"))
    let clock = ContinuousClock()
    func time(_ count: Int) -> Duration {
      clock.measure { _ = segmenter.words(in: String(repeating: unit, count: count)) }
    }
    _ = time(1000)
    let (short, long) = (time(10_000), time(80_000))
    #expect(long < short * 40 + .milliseconds(200), "\(unit): \(short), \(long)")
  }

  @Test func countingKeepsFormsApart() throws {
    func count(_ text: String) throws -> [String] {
      try WordFrequencies(.separated, mode: .parallel, threads: 2).count(TextSource(string: text))
        .words
        .map { "\(Array($0.word.unicodeScalars).count) \($0.count)" }
    }
    #expect(try count("caf\u{E9} cafe\u{301} \u{FA19} \u{795E}\n").count == 4)
    #expect(
      try count("\u{3000}\u{3000}小明\u{3000}喜欢\u{A0}小明\u{2003}小\u{200B}明\n") == ["2 3", "2 1"])
  }
}
