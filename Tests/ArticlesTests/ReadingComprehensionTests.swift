import Formats
import Parallel
import TestSupport
import Testing
import Tokenizers
import Torch
import Transformers

@testable import Articles
@testable import Datasets

struct ReadingComprehensionTests {
  private static func layout(_ text: String) throws -> ReadingLayout {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    var characters: [String] = []
    for scalar in text.unicodeScalars where !characters.contains(String(scalar)) {
      characters.append(String(scalar))
    }
    return try ReadingLayout(
      WordPieceTokenizer(
        vocabulary: Vocabulary(special + characters), rules: .huggingFace(lowercases: true)))
  }

  @Test func rowsAsTheArticleHasThem() throws {
    let layout = try Self.layout("北京,是首都谁")
    func tokens(_ ids: [Int]) -> [String] { ids.map { layout.tokenizer.vocabulary.tokens[$0] } }
    let item = ReadingItem(
      id: "1", question: "首都是", passages: [.init(text: "北京，是首都", answer: "北京")])
    let passage = ReadingLayout.prepared(item.passages[0].text)
    #expect(passage == "北京,是首都")
    #expect(layout.answer(of: item, in: passage) == "北京")
    func ids(_ text: String) -> [Int] { layout.tokenizer.tokens(text).map(\.id) }
    func sequence(_ example: Example, _ name: String) -> [Int] {
      example[name].bytes.withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
    }
    let row = layout.example(passage: ids(passage), question: ids("首都是"), answer: ids("北京"))
    #expect(
      tokens(sequence(row, "tokens")) == [
        "[CLS]", "北", "京", ",", "是", "首", "都", "[SEP]", "首", "都", "是", "[SEP]", "北", "京", "[SEP]",
      ])
    #expect(sequence(row, "segments") == Array(repeating: 0, count: 12) + [1, 1, 1])
    let none = layout.example(passage: ids(passage), question: ids("谁"), answer: [])
    #expect(tokens(Array(sequence(none, "tokens").suffix(4))) == ["[SEP]", "谁", "[SEP]", "[SEP]"])
    #expect(sequence(none, "segments").reduce(0, +) == 1)
    var masked = layout
    masked.decoding = .mlm
    let slots = masked.example(passage: ids(passage), question: ids("谁"), answer: ids("北京"))
    let masks = Array(repeating: "[MASK]", count: 32)
    #expect(
      tokens(sequence(slots, "tokens"))
        == ["[CLS]"] + masks + ["[SEP]", "谁", "[SEP]", "北", "京", ",", "是", "首", "都", "[SEP]"])
    #expect(tokens(Array(sequence(slots, "targets")[1...3])) == ["北", "京", "[SEP]"])
    #expect(sequence(slots, "targets").count { $0 != 0 } == 3)
  }

  @Test func answersThatAPassageHolds() throws {
    let layout = try Self.layout("a")
    let item = ReadingItem(
      id: "1", question: "?",
      passages: [.init(text: "巴西、俄罗斯", answer: "巴西 俄罗斯"), .init(text: "中国", answer: "")])
    #expect(layout.answer(of: item, in: "巴西,俄罗斯") == "巴西,俄罗斯")
    #expect(layout.answer(of: item, in: "中国") == "")
  }

  @Test func votes() {
    func votes(_ rows: [[Double]]) -> [Double] {
      rows[0].indices.map { column in VotingModel.vote(rows.map { $0[column] }) }
    }
    expectClose(votes([[0.05, 0.9, 0.05]]), [0.002381, 0.426316, 0.002381], 1e-6)
    let sure = [0.05, 0.9, 0.05]
    let silent = [0.94, 0.03, 0.03]
    expectClose(
      votes([sure] + Array(repeating: silent, count: 4)), [0.735322, 0.402772, 0.005214], 1e-6)
    expectClose(votes([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]]), [0.086667, 0.29, 0.113333], 1e-6)
  }

  @Test func onlyWhatFollowsInAPassage() {
    // 北京,是首都 as 0 1 2 3 4 5.
    let passage = [0, 1, 2, 3, 4, 5]
    func followers(_ beginning: [Int]) -> Set<Int> {
      VotingModel.followers(of: beginning, in: [passage])
    }
    #expect(followers([]) == Set(0...5))
    #expect(followers([0]) == [1])
    #expect(followers([1]) == [2])
    #expect(followers([5]) == [])
    #expect(followers([1, 5]) == [])
    #expect(VotingModel.followers(of: [1], in: [passage, [1, 9]]) == [2, 9])
  }

  @Test func metrics() {
    let score = AnswerMetrics.score("北京市", accepted: ["北京", "北京城"])
    #expect(!score.exact && abs(score.f1 - 0.8) < 1e-12)
    #expect(AnswerMetrics.isExact("俄罗斯,巴西", accepted: ["巴西 俄罗斯"]))
    #expect(AnswerMetrics.score("ＡＢ Ｃ", accepted: ["abc"]) == (true, 1))
    #expect(AnswerMetrics.score("", accepted: ["a"]) == (false, 0))
    var figures = AnswerFigures()
    figures.add("北京", accepted: ["北京"])
    figures.add("", accepted: ["上海"])
    figures.add("", accepted: [])
    figures.add("x", accepted: [])
    #expect(figures.exactMatch == 0.5 && figures.f1 == 0.5)
    #expect(figures.noAnswerPrecision == 0.5 && figures.noAnswerRecall == 0.5)
  }

  @Test(.enabled(if: SharedData.has("sogouqa-scorer"), SharedData.reason))
  func sogousScript() throws {
    let path = SharedData.path("sogouqa-scorer/sogouqa_answers_part.jsonl.gz")
    let bytes = try ByteSource(path: path).readAll()
    let records = try bytes.withUnsafeBytes { try JSONLines.parse($0, path: path).values }
    var differing: [String] = []
    for record in records {
      let submitted = try #require(record["submitted"]?.stringValue)
      let accepted =
        [try #require(record["standard"]?.stringValue)]
        + (record["accepted"]?.arrayValue?.compactMap(\.stringValue) ?? [])
      let score = AnswerMetrics.score(submitted, accepted: accepted)
      if score.exact != (record["correct"]?.integerValue == 1)
        || abs(score.f1 - (record["f1"]?.doubleValue ?? -1)) > 1e-6
      {
        differing.append(submitted)
      }
    }
    #expect(records.count == 1500)
    #expect(differing.isEmpty, "\(differing.prefix(10))")
  }

  @Test func inventedFacts() {
    let corpus = FactCorpus(heldOutCount: 300, seed: 1)
    var random = RandomStream(seed: 5)
    let drawn = (0..<500).map { _ in corpus.draw(&random) }
    let all = drawn + corpus.heldOut
    for item in all {
      #expect(item.passages.count == 3)
      #expect(item.passages.allSatisfy { $0.answer.isEmpty || $0.text.contains($0.answer) })
      // All passages that tell say the same.
      #expect(Set(item.answers).count <= 1)
    }
    let unanswered = all.count { $0.answers.isEmpty }
    #expect((110...210).contains(unanswered))
    #expect(FactCorpus(heldOutCount: 300, seed: 1).heldOut == corpus.heldOut)
    #expect(FactCorpus(heldOutCount: 300, seed: 2).heldOut != corpus.heldOut)
    var again = RandomStream(seed: 5)
    #expect((0..<500).map { _ in corpus.draw(&again) } == drawn)
    let questions = Set(drawn.map(\.question))
    #expect(corpus.heldOut.allSatisfy { !questions.contains($0.question) })
  }

  @Test func lookalikesTellTheAskedOfSeveral() {
    let corpus = FactCorpus(heldOutCount: 10, seed: 1)
    var random = RandomStream(seed: 6)
    let items = (0..<400).map { _ in corpus.drawLookalikes(&random) }
    for item in items {
      #expect(item.passages.count == 1)
      let passage = item.passages[0]
      #expect((2...3).contains(passage.text.count { $0 == "。" }))
      #expect(passage.text.contains(passage.answer) || passage.answer.isEmpty)
      // Subjects have three scalars at least, and the question holds its own.
      let scalars = Array(item.question)
      let isNamed = (0...scalars.count - 3).contains {
        passage.text.contains(String(scalars[$0..<$0 + 3]))
      }
      #expect(isNamed || passage.answer.isEmpty)
    }
    #expect((80...160).contains(items.count { $0.answers.isEmpty }))
  }

  @Test(
    .enabled(if: SharedData.has("webqa"), SharedData.reason),
    arguments: [
      ("webqa/webqa_ann_part.jsonl.gz", 2024), ("webqa/webqa_passages_sample.json.gz", 7),
      ("cmrc2018/cmrc2018_trial.json.gz", 1000), ("dureader-demo/search.train.jsonl.gz", 100),
    ])
  func readsTheCollections(file: String, count: Int) throws {
    let items = try ReadingFiles.read(SharedData.path(file))
    #expect(items.count == count)
    #expect(items.contains { !$0.answers.isEmpty })
    #expect(items.allSatisfy { !$0.question.isEmpty && !$0.passages.isEmpty })
  }

  @Test func whatHoldsNoQuestionIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/items.json"
      for text in ["{}", "[]", "{\"question\": \"a\"}\n", "{\"data\": []}"] {
        try AtomicFile.write(to: path) { try $0.write(text) }
        #expect(message { _ = try ReadingFiles.read(path) }.contains("no question with passages"))
      }
      try AtomicFile.write(to: path) { try $0.write("no json\n") }
      #expect(message { _ = try ReadingFiles.read(path) }.contains("line 1"))
    }
  }

  @Test func itemsSurviveWriting() throws {
    let items = FactCorpus(heldOutCount: 5, seed: 3).heldOut
    try withTemporaryFolder { folder in
      try ReadingFiles.write(items, to: folder + "/items.jsonl")
      let read = try ReadingFiles.read(folder + "/items.jsonl")
      #expect(read == items)
    }
  }

  @Test func longPassagesAreReadInWindows() {
    let text = String((0..<100).map { Character(Unicode.Scalar(0x4E00 + $0)!) })
    let windows = SavedReader.windows(text, of: 40)
    #expect(windows.allSatisfy { $0.count <= 40 })
    #expect(windows.first?.first == text.first && windows.last?.last == text.last)
    // Whatever is a quarter of a window long stands whole in one.
    let scalars = Array(text)
    for start in 0..<90 {
      #expect(windows.contains { $0.contains(String(scalars[start..<start + 10])) })
    }
    #expect(SavedReader.windows("短", of: 40) == ["短"])
  }

  @Test(.enabled(if: hasTorch, torchReason)) func silentPassagesAreLeftOut() throws {
    // A model of random weights: what it says is nothing, but passages, places and votes must fit together.
    let layout = try Self.layout("北京是首都上海市大城谁")
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = layout.tokenizer.vocabulary.count
    configuration.hiddenSize = 16
    configuration.numLayers = 1
    configuration.numHeads = 2
    configuration.intermediateSize = 32
    configuration.attention = .prefix
    configuration.heads = [.languageModel]
    configuration.initializerRange = 1
    for seed in 0..<6 {
      let model = Transformer(configuration, generator: RandomGenerator(seed: UInt64(seed)))
      model.evaluate()
      let reader = PassageReader(model: model, layout: layout, beamCount: 2)
      let passages = ["北京是首都", "上海市大", "城"]
      let answer = try reader.answer("谁", passages: passages)
      #expect(answer.text.isEmpty == (answer.place == nil))
      if let place = answer.place {
        let scalars = Array(passages[place.passage].unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[place.range])) == answer.text)
        #expect(!answer.isSilent[place.passage])
      }
      for (vote, isSilent) in zip(answer.votes, answer.isSilent) where isSilent {
        #expect(vote == 0)
      }
      #expect(try reader.answer("谁", passages: passages) == answer)
    }
  }
}
