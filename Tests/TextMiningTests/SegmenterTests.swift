import Foundation
import Messages
import Parallel
import Testing
import Text

@testable import TextMining

@Suite struct SegmenterTests {
  private func list(_ pairs: [(String, Double)]) -> WordList {
    WordList(pairs.map { (word: $0.0, count: $0.1) })
  }

  @Test func takesTheMostProbablePath() throws {
    let segmenter = try Segmenter(
      list([("结婚", 10), ("和", 50), ("和尚", 4), ("尚", 1), ("未", 8), ("尚未", 9), ("的", 99)]))
    #expect(segmenter.words(in: "结婚的和尚未结婚的") == ["结婚", "的", "和", "尚未", "结婚", "的"])
  }

  @Test func longerFirstWordWinsTies() throws {
    // 2·3/10·10 against 3·2/10·10.
    let segmenter = try Segmenter(list([("甲", 2), ("乙丙", 3), ("甲乙", 3), ("丙", 2)]))
    #expect(segmenter.words(in: "甲乙丙") == ["甲乙", "丙"])
  }

  @Test func keepsNumbersDatesAndLatinWordsTogether() throws {
    let segmenter = try Segmenter(
      list([("我们", 5), ("在", 9), ("买", 2), ("了", 9), ("统一", 3), ("一些", 3)]))
    #expect(
      segmenter.words(in: "我们在2019年买了3.5%的iPhone 12 Pro,一九九八年 第二十一,统一一些")
        == [
          "我们", "在", "2019年", "买", "了", "3.5%", "的", "iPhone", "12", "Pro", ",", "一九九八年", "第二十一",
          ",", "统一", "一些",
        ])
  }

  @Test func jiebaRulesJoinSingleLettersAndDigits() throws {
    let segmenter = try Segmenter(list([("中国", 5), ("T恤", 3)]), rules: .jieba)
    #expect(
      segmenter.words(in: "中国ab12，T恤x。 y") == ["中国", "ab12", "，", "T恤", "x", "。", "y"])
    // Joined only to what stands beside it in the block.
    #expect(segmenter.words(in: "a.b") == ["a", ".", "b"])
  }

  @Test func userWordsAreAlwaysWords() throws {
    let segmenter = try Segmenter(list([("中国", 9), ("人民", 9)]), userWords: ["国人", "5G网络"])
    #expect(segmenter.words(in: "中国人民用5G网络") == ["中", "国人", "民", "用", "5G网络"])
  }

  @Test func unigramTokenizerOfTheLibrary() throws {
    let words = list([("最小", 4), ("熵", 3), ("最小熵", 1), ("原理", 2)])
    let segmenter = try Segmenter(words, search: .unigram)
    // ln .4 + ln .3 = −2.12 beats ln .1 = −2.30.
    #expect(segmenter.words(in: "最小熵原理，最小") == ["最小", "熵", "原理", "，", "最小"])
    // A character without a word costs 100 nats, once where nothing else reaches past it.
    #expect(segmenter.words(in: "原最小") == ["原", "最小"])
  }

  @Test func unknownWordsAreGuessedFromRareOnes() throws {
    var pairs: [(String, Double)] = [("的", 5000), ("在", 3000), ("说", 800)]
    // Surnames before rare second characters, each pair once.
    for index in 0..<300 {
      let given = String(Unicode.Scalar(0x5000 + UInt32(index)) ?? " ")
      pairs.append(("庞" + given, 1))
      pairs.append((given, 1))
    }
    pairs.append(("庞", 1))
    let words = list(pairs)
    let name = "庞" + String(Unicode.Scalar(0x5000) ?? " ") + String(Unicode.Scalar(0x5001) ?? " ")
    let guessing = try Segmenter(words).words(in: "在\(name)说的")
    #expect(guessing.count <= 5)
    let second = "庞" + "\u{7389}"
    #expect(try Segmenter(words).words(in: "在\(second)说").contains(second))
    #expect(
      try Segmenter(words, guessesUnknownWords: false).words(in: "在\(second)说")
        == ["在", "庞", "\u{7389}", "说"])
  }

  @Test(arguments: [1, 2, 8]) func streamKeepsOrderAndOffsets(threads: Int) throws {
    let segmenter = try Segmenter(list([("中国", 5), ("人民", 5)]))
    let lines = (0..<5000).map { "中国人民\($0) 𠀀x" }
    try withTemporaryFile(Array((lines.joined(separator: "\n")).utf8)) { path in
      var bytes: [UInt8] = []
      let source = TextSource(paths: [path])
      let totals = try SegmentationStream(segmenter, threads: threads).run(source, format: .text) {
        bytes += $0
      }
      let expected = (0..<5000).map { "中国 人民 \($0) 𠀀 x\n" }.joined()
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
      #expect(totals.lines == 5000 && totals.words == 25_000)
      bytes = []
      _ = try SegmentationStream(segmenter, threads: threads).run(source, format: .json) {
        bytes += $0
      }
      let first = try #require(bytes.split(separator: 0x0A).first)
      struct Line: Decodable, Equatable {
        struct Word: Decodable, Equatable {
          let word: String
          let start: Int
          let end: Int
        }
        let words: [Word]
      }
      let line = try JSONDecoder().decode(Line.self, from: Data(first))
      #expect(line.words.map(\.start) == [0, 2, 4, 6, 7])
      #expect(line.words.map(\.word) == ["中国", "人民", "0", "𠀀", "x"])
    }
  }

  @Test func anyBytesAreCutWithoutLoss() throws {
    let segmenter = try Segmenter(list([("中国", 5), ("人民", 5)]))
    var random = RandomStream(seed: 5)
    let workspace = Segmenter.Workspace()
    let pieces: [[UInt8]] = [
      Array("中国人民".utf8), Array("１２．５％年第十".utf8), Array("a-b&c ".utf8), [0xE4], [0xFF, 0x80], [0],
      [0xF0, 0x9F, 0x98, 0x80], Array("——……".utf8),
    ]
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<random.below(6) { bytes += pieces[random.below(pieces.count)] }
      if !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      bytes.withUnsafeBufferPointer { buffer in
        var last = 0
        segmenter.cut(buffer, workspace) { start, end, _, _ in
          // Only spaces lie between words.
          #expect(start >= last && end > start)
          last = end
        }
        #expect(last <= buffer.count)
      }
    }
  }

  @Test func scoresSpans() throws {
    let gold = [["共和国", "人民", "很", "好"].map { Substring($0) }]
    let predicted = [["共和国", "人", "民", "很好"].map { Substring($0) }]
    let score = try SegmentationScore(
      gold: gold, predicted: predicted,
      vocabulary: WordList([("人民", 1.0), ("好", 1.0)].map { (word: $0.0, count: $0.1) }),
      names: ("gold", "predicted"))
    #expect(score.correctWords == 1 && score.goldWords == 4 && score.predictedWords == 4)
    #expect(score.f1 == 0.25)
    #expect(score.unknownWords == 2 && score.correctUnknownWords == 1)
    #expect(throws: InputError.self) {
      try SegmentationScore(
        gold: gold, predicted: [["别的"]], vocabulary: nil, names: ("gold", "predicted"))
    }
  }

  @Test func readsGoldFilesOfAnyKind() throws {
    let old = try withTemporaryFile([0xD6, 0xD0, 0xB9, 0xFA, 0x20, 0xC8, 0xCB, 0x0D, 0x0A]) {
      try SegmentationScore.lines(of: $0)
    }
    #expect(old == [["中国", "人"]])
    let text = try withTemporaryFile(Array("中国　人\t a \u{304}b\n\n好\n".utf8)) {
      try SegmentationScore.lines(of: $0)
    }
    #expect(text == [["中国", "人", "a", "\u{304}b"], [], ["好"]])
  }

  @Test func refusesDictionariesThatAreNone() throws {
    for text in ["", "中国\tabc\n", "中国 -5\n", "中国 nan\n"] {
      #expect(throws: (any Error).self) { try WordList(text, named: "words") }
    }
    let list = try WordList("中国 5 ns\n人民\t3\t1.5\n好\n中国 2\r\n", named: "words")
    #expect(list.count(of: "中国") == 7 && list.count(of: "人民") == 3 && list.count(of: "好") == 1)
  }
}

/// Runs `body` with the path of a file that holds `bytes`.
func withTemporaryFile<Result>(
  _ bytes: [UInt8], _ body: (String) throws -> Result
) throws -> Result {
  let path = NSTemporaryDirectory() + "danlu-words-\(UUID().uuidString)"
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
