import Formats
import Foundation
import TestSupport
import Testing

@testable import Knowledge

@Suite struct AnswerEngineTests {
  private static let rows = """
    曹禺,出生地,天津
    曹禺,毕业院校,清华大学
    曹禺,逝世日期,1996年12月13日
    曹禺,中文名,万家宝
    曹禺,作品,雷雨、日出、原野
    钱钟书,毕业院校,清华大学
    清华大学,所在地,北京
    雷雨,作者,曹禺
    姚明,身高,2.26米
    郭敬明,身高,155cm
    天津,面积,约11966平方公里
    上海,人口,很多
    北京,人口,2000万
    """

  private func ask(_ question: String) throws -> Reply {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Self.rows, to: folder + "/rows.csv")
      _ = try KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")
      return AnswerEngine(try KnowledgeBase(path: folder + "/base.kno")).ask(question)
    }
  }

  @Test(arguments: [
    ("曹禺的出生地是哪里", ["天津"], Answer.Form.value), ("万家宝的出生地是哪里？", ["天津"], .value),
    ("请问《雷雨》的作者是谁", ["曹禺"], .value), ("曹禺的毕业院校的所在地", ["北京"], .twoHops),
    ("毕业院校是清华大学的有谁", ["曹禺", "钱钟书"], .reverse), ("有多少人的毕业院校是清华大学", ["2"], .count),
    ("曹禺有几部作品", ["3"], .count), ("身高最高的是谁", ["姚明"], .superlative),
    ("身高最矮的是哪位", ["郭敬明"], .superlative),
  ])
  func questionsAreAnswered(_ question: String, _ values: [String], _ form: Answer.Form) throws {
    let answer = try #require(try ask(question).answer)
    #expect(answer.values == values && answer.form == form)
    #expect(!answer.triples.isEmpty)
  }

  @Test func attributesWithTheSameValuesStandForEachOther() throws {
    try withTemporaryFolder { folder in
      // 籍贯 is 出生地 for three of four who have both; 职业 and 出生地 have one value by chance, once.
      let rows = """
        甲乙,出生地,天津
        甲乙,籍贯,天津
        丙丁,出生地,北京
        丙丁,籍贯,北京
        戊己,出生地,上海
        戊己,籍贯,上海
        庚辛,出生地,上海
        庚辛,籍贯,绍兴
        庚辛,职业,上海
        鲁迅,籍贯,绍兴
        鲁迅,职业,作家
        老舍,出生地,北京
        老舍,籍贯,满洲
        """
      try AtomicFile.write(rows, to: folder + "/rows.csv")
      _ = try KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")
      let base = try KnowledgeBase(path: folder + "/base.kno")
      let birthplace = try #require(base.attributes.number(of: "出生地"))
      let found = base.synonyms(of: birthplace)
      #expect(found.map { base.attributes[Int($0.other)] } == ["籍贯"])
      #expect(found.first?.share == 0.6)
      let work = try #require(base.attributes.number(of: "职业"))
      #expect(base.synonyms(of: work).isEmpty)
      let engine = AnswerEngine(base)
      let answer = try #require(engine.ask("鲁迅的出生地是哪里").answer)
      // The row says which attribute it was.
      #expect(answer.values == ["绍兴"] && answer.triples.map(\.attribute) == ["籍贯"])
      #expect(engine.ask("老舍的出生地是哪里").answer?.values == ["北京"])
      #expect(engine.ask("鲁迅的身高").answer == nil)
    }
  }

  @Test(arguments: ["曹禺的身高", "鲁迅的出生地是哪里", "\"*-((", "", "人口最多的是哪里"])
  func whatIsNotKnownIsRefused(_ question: String) throws {
    #expect(try ask(question).answer == nil)
  }

  @Test func aRefusalNamesTheNearestRow() throws {
    guard case .refusal(let nearest) = try ask("曹禺的血型") else {
      Issue.record("an answer where none is known")
      return
    }
    #expect(nearest.first?.triples.first?.entity == "曹禺")
  }

  @Test func quantitiesHaveOneUnit() {
    #expect(Quantity("1.86米") == Quantity("186 cm"))
    #expect(Quantity("2000万")?.amount == 2e7 && Quantity("约11,966平方公里（2010年）")?.unit == "m²")
    #expect(Quantity("很多") == nil && Quantity("3-5米") == nil)
    #expect(ValueKind("1996年（丙子年）12月13日") == .date && ValueKind("雷雨、日出") == .list)
    #expect(ValueKind("江苏省南京市") == .place && ValueKind("2.26米") == .number)
  }
}
