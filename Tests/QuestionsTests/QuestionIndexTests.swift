import Formats
import Foundation
import Parallel
import TestSupport
import Testing

@testable import Questions

private let records = """
  [{"url": "https://zhidao.baidu.com/question/565618371557484884.html", "question": "学文员有哪些专科学校", "tags": ["学校", "专科", "院校信息"]},
   {"url": "https://zhidao.baidu.com/question/2079794100345438428.html", "question": "网赌和澳门赌有区别吗", "tags": ["网络", "澳门", "赌博"]}]
  """

private func withIndex<Result>(
  _ text: String, _ body: (QuestionIndex, QuestionImport.Summary) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    try AtomicFile.write(text, to: folder + "/questions")
    let summary = try QuestionImport().run([folder + "/questions"], to: folder + "/q.que")
    return try body(QuestionIndex(path: folder + "/q.que"), summary)
  }
}

/// Questions of few characters, so that many share terms.
private func generated(_ count: Int, seed: UInt64) -> [String] {
  var random = RandomStream(seed: seed)
  let letters = Array("天地人你我他的是在有不了和中大小上下多少怎么什为如何")
  return (0..<count).map { _ in
    String((0..<2 + random.below(9)).map { _ in letters[random.below(letters.count)] })
  }
}

@Suite struct QuestionIndexTests {
  @Test func theArticlesRecordsAreRead() throws {
    try withIndex(records) { index, summary in
      #expect(summary.questions == 2 && summary.malformedCount == 0)
      #expect(
        index[0]
          == QuestionRecord(
            id: 565_618_371_557_484_884, text: "学文员有哪些专科学校", tags: ["学校", "专科", "院校信息"]))
      #expect(index[1].id == 2_079_794_100_345_438_428 && index[1].tags == ["网络", "澳门", "赌博"])
      #expect(index.search("网赌和澳门赌有区别吗").first?.question == 1)
      try index.verify()
    }
  }

  @Test func linesAndTagsAreRead() throws {
    try withIndex("怎么学习\t教育\t学校\n\n天气如何\n") { index, summary in
      #expect(summary.questions == 2 && index[0].tags == ["教育", "学校"] && index[1].tags.isEmpty)
    }
  }

  @Test func theTopTenAreThoseOfBruteForce() throws {
    let texts = generated(2000, seed: 3)
    try withIndex(texts.joined(separator: "\n")) { index, _ in
      let terms = texts.map { QuestionTerms($0).pairs }
      let lengths = terms.map(\.count)
      let scoring = BM25(
        documents: texts.count,
        averageLength: Double(lengths.reduce(0, +)) / Double(texts.count))
      var containing: [UInt64: Int] = [:]
      for term in terms { for key in Set(term) { containing[key, default: 0] += 1 } }
      for query in generated(60, seed: 5) {
        let keys = QuestionTerms(query).pairs
        var expected: [(question: Int, score: Double)] = []
        for (question, own) in terms.enumerated() {
          var score = 0.0
          for key in keys {
            let frequency = own.count { $0 == key }
            guard frequency > 0 else { continue }
            score +=
              scoring.idf(containing[key] ?? 0)
              * scoring.impact(frequency: frequency, length: lengths[question])
          }
          if score > 0 { expected.append((question, score)) }
        }
        expected.sort { ($1.score, $0.question) < ($0.score, $1.question) }
        let found = index.matches(query, limit: 10)
        expectClose(found.map(\.score), expected.prefix(10).map(\.score), 1e-9)
      }
    }
  }

  @Test func aStoredQuestionRanksFirst() throws {
    let texts = generated(800, seed: 9)
    try withIndex(texts.joined(separator: "\n")) { index, _ in
      for question in stride(from: 0, to: 800, by: 37) {
        let best = try #require(index.search(texts[question], limit: 1).first)
        #expect(index.text(best.question) == texts[question])
      }
    }
  }

  @Test(arguments: ["", "\"*-((", "？？？", "\u{0}", "龘龘龘"])
  func queriesWithoutTermsFindNothing(_ query: String) throws {
    try withIndex("怎么学习\n天气如何\n") { index, _ in
      #expect(index.search(query).isEmpty)
    }
  }

  @Test func oneCharacterAndLatinWordsAreFound() throws {
    try withIndex("怎么学习Swift语言\n天气如何\nswift难吗\n") { index, _ in
      #expect(index.search("天").map(\.question) == [1])
      #expect(Set(index.search("ＳＷＩＦＴ").map(\.question)) == [0, 2])
    }
  }

  @Test func badRecordsAreCounted() throws {
    let deep = String(repeating: "[", count: 10_000)
    let text =
      "[{\"question\": \"好问题\"}, {\"tags\": []}, {\"question\": \(deep)1}, {\"question\": \"\\ud800\"},\n"
      + "{\"question\": \"没有结束\n{\"question\": \"另一个\", \"tags\": [\"a\", 3]}]"
    try withIndex(text) { index, summary in
      #expect((0..<index.count).map { index.text($0) }.contains("另一个"))
      #expect(index.text(0) == "好问题" && summary.malformedCount >= 3)
    }
  }

  @Test func nearDuplicatesAreThoseOfBruteForce() throws {
    var texts = generated(500, seed: 21)
    for index in 0..<60 { texts.append(texts[index] + "吗") }
    let found = NearDuplicates().pairs(texts)
    let sets = texts.map { text in
      let terms = QuestionTerms(text)
      return Set(terms.pairs.isEmpty ? terms.characters.map(UInt64.init) : terms.pairs)
    }
    var expected: [NearDuplicates.Pair] = []
    for i in sets.indices {
      for j in i + 1..<sets.count {
        let union = sets[i].union(sets[j]).count
        let similarity = Double(sets[i].intersection(sets[j]).count) / Double(max(1, union))
        if similarity >= 0.7 {
          expected.append(NearDuplicates.Pair(first: i, second: j, similarity: similarity))
        }
      }
    }
    #expect(found == expected && found.count > 40)
  }

  @Test func exactDuplicatesAndTags() throws {
    try withIndex("怎么学习？\t教育\n怎么，学习\t教育\n今天天气\t气象\n明天天气\t气象\n") { index, _ in
      #expect(index.exactDuplicates() == [[0, 1]])
      #expect(index.suggestTags("后天天气").first?.tag == "气象")
    }
  }

  @Test func readersSurviveFuzz() throws {
    var random = RandomStream(seed: 11)
    try withTemporaryFolder { folder in
      for _ in 0..<fuzzInputCount(300) {
        var bytes = Array(records.utf8)
        for _ in 0..<1 + random.below(5) { mutate(&bytes, &random) }
        try AtomicFile.write(bytes, to: folder + "/q")
        let reader = try QuestionReader(path: folder + "/q")
        while let record = try? reader.next() { _ = QuestionTerms(record.text) }
      }
    }
  }
}
