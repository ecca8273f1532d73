import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import Knowledge

/// The rows that the corpus was announced with.
private let preview = """
  科学, 包涵, 自然、社会、思维等领域
  科学, 外文名, science
  科学, 拼音, kē xué
  科学, 中文名, 科学
  科学, 解释, 发现、积累的真理的运用与实践
  语法学, 外文名, syntactics
  语法学, 中文名, 语法学
  物理宇宙学, 对象, 大尺度结构和宇宙形成
  物理宇宙学, 时间, 二十世纪
  物理宇宙学, 所属, 天体物理学
  物理宇宙学, 中文名, 物理宇宙学
  曹禺, 出生地, 天津
  曹禺, 毕业院校, 清华大学
  曹禺, 逝世日期, 1996年（丙子年）12月13日
  曹禺, 中文名, 万家宝

  """

/// Runs `body` with a base made of `text`, and the summary of its import.
private func withBase<Result>(
  _ text: String, name: String = "rows.csv", change: (inout KnowledgeImport) -> Void = { _ in },
  _ body: (KnowledgeBase, KnowledgeImport.Summary, String) throws -> Result
) throws -> Result {
  try withTemporaryFolder { folder in
    try AtomicFile.write(text, to: folder + "/" + name)
    var task = KnowledgeImport()
    task.threads = 2
    change(&task)
    let summary = try task.run([folder + "/" + name], to: folder + "/base.kno")
    return try body(KnowledgeBase(path: folder + "/base.kno"), summary, folder)
  }
}

@Suite struct KnowledgeBaseTests {
  @Test func theAnnouncedRowsAreFoundBothWays() throws {
    try withBase(preview) { base, summary, _ in
      #expect(summary.rows == 15 && summary.malformedCount == 0 && summary.generation == 1)
      #expect(base.tripleCount == 15 && base.entities.count == 4)
      #expect(base.values(of: "曹禺", "出生地") == ["天津"])
      #expect(base.values(of: "曹禺", "逝世日期") == ["1996年（丙子年）12月13日"])
      #expect(base.entities(with: "毕业院校", "清华大学") == ["曹禺"])
      #expect(base.triples(of: "科学").map(\.attribute) == ["包涵", "外文名", "拼音", "中文名", "解释"])
      #expect(base.values(of: "鲁迅", "出生地").isEmpty && base.values(of: "曹禺", "身高").isEmpty)
      try base.verify()
    }
  }

  @Test func whatGoesInComesOut() throws {
    let rows = (0..<5000).map { "实体\($0 / 5),属性\($0 * 7 % 40),值\($0 * $0 % 701)" }
    try withBase(rows.joined(separator: "\n")) { base, summary, _ in
      var found: [String] = []
      base.forEachTriple { found.append("\($0.entity),\($0.attribute),\($0.value)") }
      #expect(found.sorted() == Set(rows).sorted())
      #expect(summary.duplicates == rows.count - Set(rows).count)
      for number in stride(from: 0, to: 701, by: 50) {
        let expected = Set(rows.filter { $0.hasSuffix(",值\(number)") })
        guard let value = base.values.number(of: "值\(number)") else {
          #expect(expected.isEmpty)
          continue
        }
        let reverse = base.reversePairs(of: value).map {
          "\(base.entities[Int($0.entity)]),\(base.attributes[Int($0.attribute)]),值\(number)"
        }
        #expect(Set(reverse) == expected && reverse.count == expected.count)
      }
    }
  }

  @Test func threadsChangeNothing() throws {
    let rows = (0..<20_000).map { "e\($0 / 4),a\($0 % 31),v\($0 &* 7919 % 5003) 长一些的值，带逗号, 的" }
      .joined(separator: "\n")
    func bytes(_ threads: Int) throws -> [UInt8] {
      let change: (inout KnowledgeImport) -> Void = { $0.threads = threads }
      return try withBase(rows, change: change) { _, _, folder in
        try contents(folder + "/base.kno")
      }
    }
    #expect(try bytes(1) == bytes(4))
  }

  @Test func quotesCommasAndSpaces() throws {
    let text = #"""
      甲,简介,"第一行
      第二行, ""引号"" 了"
      甲,别名,a, b，c,d
      甲,称号,"东方"影院
        乙 \#t, 属性 ,  值  \#r
      """#
    try withBase(text) { base, summary, _ in
      #expect(summary.malformedCount == 0)
      #expect(base.values(of: "甲", "简介") == ["第一行\n第二行, \"引号\" 了"])
      #expect(base.values(of: "甲", "别名") == ["a, b，c,d"])
      #expect(base.values(of: "甲", "称号") == ["\"东方\"影院"])
      #expect(base.values(of: "乙", "属性") == ["值"])
    }
  }

  @Test func badRowsAreCountedAndNamed() throws {
    let long = String(repeating: "长", count: 10_000)
    let text =
      "实体,属性,值\n一列\n两,列\n,空,值\n\(long),属性,可以\n甲,坏\0处,值\n乙,说,\"不合上的引号\n丙,'; DROP TABLE x; --,值\n\n"
    try withBase(text) { base, summary, _ in
      #expect(summary.rows == 2 && summary.malformedCount == 5)
      #expect(
        summary.malformed.map(\.line) == [2, 3, 4, 6, 7], "\(summary.malformed.map(\.description))")
      #expect(summary.malformed.last?.reason == "a quote that does not close")
      #expect(base.values(of: long, "属性") == ["可以"])
      #expect(base.values(of: "丙", "'; DROP TABLE x; --") == ["值"])
    }
  }

  @Test func bytesThatAreNotUTF8AreLeftOut() throws {
    try withTemporaryFolder { folder in
      var bytes = Array("甲,属性,值\n乙,属性,".utf8)
      bytes += [0xE4, 0xB8, 0x0A] + Array("丙,属性,值\n".utf8)
      try AtomicFile.write(bytes, to: folder + "/rows.csv")
      let summary = try KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")
      #expect(summary.rows == 2 && summary.malformed.map(\.line) == [2])
      #expect(try KnowledgeBase(path: folder + "/base.kno").triples(of: "丙").count == 1)
    }
  }

  @Test func namesAreComparedInNFC() throws {
    try withBase("cafe\u{301},拼写,e\u{301}\n") { base, _, _ in
      #expect(base.values(of: "caf\u{e9}", "拼写").first?.unicodeScalars.count == 2)
      #expect(base.values(of: "cafe\u{301}", "拼写").count == 1)
    }
  }

  @Test func anImportAddsAGenerationWhileReadersGoOn() throws {
    try withBase(preview) { old, _, folder in
      try AtomicFile.write("曹禺\t作品\t雷雨\n曹禺\t出生地\t天津\n", to: folder + "/more.tsv")
      let summary = try KnowledgeImport().run([folder + "/more.tsv"], to: folder + "/base.kno")
      #expect(summary.generation == 2 && summary.triples == 16 && summary.duplicates == 1)
      #expect(old.values(of: "曹禺", "作品").isEmpty && old.values(of: "曹禺", "出生地") == ["天津"])
      let new = try KnowledgeBase(path: folder + "/base.kno")
      #expect(new.values(of: "曹禺", "作品") == ["雷雨"] && new.values(of: "科学", "外文名") == ["science"])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["base.kno", "more.tsv", "rows.csv"])
    }
  }

  @Test func aSecondImporterIsToldAndDebrisIsCleared() throws {
    try withBase(preview) { _, _, folder in
      let base = folder + "/base.kno"
      let lock = try ImportLock(path: base, waits: false, work: .silent)
      var task = KnowledgeImport()
      task.waits = false
      #expect(
        message { _ = try task.run([folder + "/rows.csv"], to: base) }.contains("under way"))
      lock.release()
      try AtomicFile.write("half", to: folder + "/.base.kno.abc.partial")
      _ = try task.run([folder + "/rows.csv"], to: base)
      #expect(!FileManager.default.fileExists(atPath: folder + "/.base.kno.abc.partial"))
    }
  }

  @Test func damagedFilesAreRefusedInOneLine() throws {
    try withBase(preview) { _, _, folder in
      let path = folder + "/base.kno"
      let whole = try contents(path)
      func refusal(_ bytes: [UInt8]) throws -> String {
        try AtomicFile.write(bytes, to: path)
        return message { try KnowledgeBase(path: path).verify() }
      }
      #expect(try refusal(Array(whole.dropLast(9))).contains("cut short"))
      #expect(try refusal(Array("hello".utf8)).contains("is not a knowledge base"))
      var other = whole
      other[8] = 9
      #expect(try refusal(other).contains("version 9"))
      other = whole
      other[40] ^= 1
      #expect(try refusal(other).contains("table of sections"))
      other = whole
      other[whole.count - 3] ^= 1
      #expect(try refusal(other).contains("checksum of section"))
    }
  }

  @Test func fileWithoutTriplesIsAnError() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("只有一列\n", to: folder + "/rows.csv")
      let text = message {
        _ = try KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")
      }
      #expect(text.contains("no triples") && text.contains("line 1"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/base.kno"))
    }
  }

  @Test func namesAreSearchedByPrefixAndByLikeness() throws {
    try withBase("清华大学,a,b\n清华附中,a,b\n青华大学,a,b\n北京大学,a,b\n清,a,b\n") { base, _, _ in
      #expect(base.entities(withPrefix: "清华", limit: 9) == ["清华大学", "清华附中"])
      #expect(base.entities(withPrefix: "清", limit: 2) == ["清", "清华大学"])
      #expect(base.entities(withPrefix: "上海", limit: 9).isEmpty)
      let similar = try base.entities(similarTo: "清华大字", limit: 9)
      #expect(similar.map(\.name) == ["清华大学"] && similar.map(\.distance) == [1])
    }
  }

  /// Texts of questions and bases that somebody has tampered with: an answer, a refusal or an error.
  @Test func questionsSurviveFuzz() throws {
    var random = RandomStream(seed: 12)
    let rows = "曹禺,出生地,天津\n曹禺,中文名,万家宝\n天津,面积,\"11,966\"\n清华,身高,1.9米\n"
    let questions = [
      "曹禺的出生地是哪里", "万家宝的出生地的面积", "出生地是天津的有谁", "身高最高的是谁", "\"*-(曹禺) OR 1=1",
    ].map { Array($0.utf8) }
    try withBase(rows) { base, _, _ in
      let engine = AnswerEngine(base)
      for _ in 0..<fuzzInputCount(2000) {
        var question = questions[random.below(questions.count)]
        for _ in 0...random.below(4) { mutate(&question, &random) }
        let text = String(decoding: question, as: UTF8.self)
        _ = engine.ask(text)
        _ = base.entities(withPrefix: text, limit: 3)
      }
    }
    try withTemporaryFolder { folder in
      try AtomicFile.write(rows, to: folder + "/rows.csv")
      _ = try KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")
      let whole = try ByteSource(path: folder + "/base.kno").readAll()
      var refused = 0
      let count = fuzzInputCount(300)
      for _ in 0..<count {
        var bytes = whole
        mutate(&bytes, &random)
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/damaged.kno"))
        do {
          let engine = AnswerEngine(try KnowledgeBase(path: folder + "/damaged.kno"))
          _ = engine.ask("曹禺的出生地是哪里")
        } catch let error as FileError {
          refused += 1
          #expect(error.description.split(separator: "\n").count == 1)
        }
      }
      #expect(refused > count / 10)
    }
  }

  @Test func importersSurviveFuzz() throws {
    var random = RandomStream(seed: 7)
    try withTemporaryFolder { folder in
      for _ in 0..<fuzzInputCount(60) {
        var bytes = Array(preview.utf8) + Array("甲,乙,\"多\n行\"\n".utf8)
        for _ in 0..<1 + random.below(6) { mutate(&bytes, &random) }
        try AtomicFile.write(bytes, to: folder + "/rows.csv")
        guard
          (try? KnowledgeImport().run([folder + "/rows.csv"], to: folder + "/base.kno")) != nil
        else { continue }
        let base = try KnowledgeBase(path: folder + "/base.kno")
        try base.verify()
        let engine = AnswerEngine(base)
        _ = engine.ask(String(decoding: bytes.prefix(random.below(200)), as: UTF8.self))
      }
    }
  }
}
