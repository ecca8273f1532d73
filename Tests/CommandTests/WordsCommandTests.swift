import Formats
import Foundation
import TestSupport
import Testing
import TextMining

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct WordsCommandTests {
  /// Runs `body` with a folder that holds `text.txt`, 600 lines of sixteen words without separators.
  func withText<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      try AtomicFile.write(ExampleCorpora.synthetic(lines: 600), to: folder + "/text.txt")
      return try body(folder)
    }
  }

  /// Writes the words that method v1 finds in `text.txt`: all sixteen.
  func discover(_ folder: String) throws -> String {
    let words = folder + "/words.tsv"
    try succeed("words", "discover", folder + "/text.txt", "--method", "v1", "--out", words)
    return words
  }

  @Test func wordsAreFoundCountedAndOrdered() throws {
    try withText { folder in
      let words = try discover(folder)
      let rows = Command.Outcome.rows(of: try text(words))
      #expect(Set(rows.map { $0[0] }) == Set(ExampleCorpora.syntheticVocabulary.map(\.word)))
      #expect(rows.first == ["的", "908", "0.0000"])
      let counts = rows.compactMap { Int($0[1]) }
      #expect(counts.count == 16 && counts == counts.sorted(by: >))
    }
  }

  @Test(arguments: [
    ("v0", ["数学", "喜欢", "变压器", "电力系统"]), ("v1", ["中华人民共和国", "电力系统"]),
    ("v2", ["电力系统", "林心如"]), ("v3", ["变压器", "林心如"]), ("v4", ["变压器", "数学"]),
    ("v5", ["喜欢", "数学"]), ("autonomy", ["变压器", "共和国"]),
  ])
  func everyMethodFindsWords(_ method: String, _ expected: [String]) throws {
    try withText { folder in
      var arguments = ["words", "discover", folder + "/text.txt", "--method", method, "--json"]
      if method == "v0" { arguments += ["--min-entropy", "1.5"] }
      if ["v3", "v5"].contains(method) { arguments += ["--min-count", "8"] }
      let outcome = try Command(arguments).run()
      #expect(outcome.status == 0, "\(outcome.errors)")
      let answer = try outcome.json()
      #expect(answer["method"]?.stringValue == method)
      #expect(answer["lines"]?.integerValue == 600 && answer["spilled"]?.boolValue == false)
      let found = Set(answer["words"]?.arrayValue?.compactMap { $0["word"]?.stringValue } ?? [])
      #expect(found.isSuperset(of: expected), "\(found)")
    }
  }

  @Test func wordsAreExplainedAndReported() throws {
    try withText { folder in
      let page = folder + "/page.html"
      let outcome = try succeed(
        "words", "discover", folder + "/text.txt", "--method", "v1", "--explain", "电力系统",
        "--explain", "的和", "--report", page)
      #expect(outcome.output.contains("电力系统: kept: cut out at least 16 times"))
      #expect(outcome.output.contains("的和: dropped: its pair 的和 has cohesion 0.135"))
      let html = try text(page)
      #expect(html.contains("中华人民共和国") && html.contains("<svg"))
    }
  }

  @Test func linesAreCutIntoWords() throws {
    try withText { folder in
      let words = try discover(folder)
      let sentence = folder + "/sentence.txt"
      try AtomicFile.write("我们喜欢数学\n中华人民共和国的电力系统\n", to: sentence)
      let text = try succeed("words", "segment", "--words", words, sentence)
      #expect(text.output == "我们 喜欢 数学\n中华人民共和国 的 电力系统\n")
      let json = try succeed("words", "segment", "--words", words, "--json", sentence).json()
      #expect(json["lines"]?.integerValue == 2 && json["tokens"]?.integerValue == 6)
      let first = try #require(json["sentences"]?.arrayValue?.first?["words"]?.arrayValue)
      #expect(first.compactMap { $0["word"]?.stringValue } == ["我们", "喜欢", "数学"])
      #expect(first.compactMap { $0["start"]?.integerValue } == [0, 2, 4])
      try AtomicFile.write("喜欢数学\n", to: folder + "/names.txt")
      let kept = try succeed(
        "words", "segment", "--words", words, "--user-words", folder + "/names.txt", sentence)
      #expect(kept.output.hasPrefix("我们 喜欢数学\n"))
    }
  }

  @Test func aSegmentationIsScored() throws {
    try withText { folder in
      let words = try discover(folder)
      let cut = folder + "/cut.txt"
      try succeed("words", "segment", "--words", words, folder + "/text.txt", "--out", cut)
      let perfect = try succeed("words", "score", "--gold", cut, cut)
      #expect(
        perfect.output.hasPrefix(
          "precision 1.0000  recall 1.0000  F1 1.0000  (4800 of 4800 gold words in 600 lines)"))
      try AtomicFile.write("我们 喜欢 数学\n", to: folder + "/gold.txt")
      try AtomicFile.write("我们 喜欢数学\n", to: folder + "/other.txt")
      let score = try succeed(
        "words", "score", "--gold", folder + "/gold.txt", folder + "/other.txt", "--json"
      ).json()
      #expect(score["correctWords"]?.integerValue == 1)
      #expect(score["precision"]?.doubleValue == 0.5)
      let recut = try succeed(
        "words", "score", "--gold", folder + "/gold.txt", "--words", words, "--json"
      ).json()
      #expect(recut["f1"]?.doubleValue == 1 && recut["unknownShare"]?.doubleValue == 0)
    }
  }

  @Test func wordsAreCountedTheSameWayByEveryMode() throws {
    try withText { folder in
      let words = try discover(folder)
      let source = folder + "/text.txt"
      let dense = try succeed("words", "count", "--words", words, source, "--top", "3")
      #expect(dense.rows == [["的", "908"], ["和", "567"], ["是", "552"]])
      let cut = folder + "/cut.txt"
      try succeed("words", "segment", "--words", words, source, "--out", cut)
      let separated = try succeed("words", "count", cut, "--mode", "naive", "--json").json()
      #expect(separated["tokens"]?.integerValue == 4800 && separated["types"]?.integerValue == 16)
      let comparison = try succeed(
        "words", "count", "--words", words, source, "--compare", "--json"
      )
      .json()
      #expect(comparison["sameCounts"]?.boolValue == true)
      let modes = comparison["rows"]?.arrayValue?.compactMap { $0["mode"]?.stringValue }
      #expect(modes == ["naive", "batched", "parallel", "dense"])
    }
  }

  @Test func termsOfADomainComeFirst() throws {
    try withText { folder in
      let background = ExampleCorpora.synthetic(lines: 600, leavingOut: ["变压器", "电力系统"])
      try AtomicFile.write(background, to: folder + "/background.txt")
      let outcome = try succeed(
        "words", "domain", "--target", folder + "/text.txt", "--background",
        folder + "/background.txt", "--min-length", "2", "--no-expand", "--contexts", "1",
        "--report", folder + "/page.html")
      let terms = outcome.rows.filter { $0[0] != "#" }
      #expect(terms.prefix(2).map { $0[0] } == ["变压器", "电力系统"])
      #expect(terms[0][2...] == ["157", "0"])
      #expect(outcome.output.contains("#\t共和国数学【变压器】数学在在喜欢项目\n"))
      #expect(try text(folder + "/page.html").contains("变压器"))
      let json = try succeed(
        "words", "domain", "--target", folder + "/text.txt", "--background",
        folder + "/background.txt", "--min-length", "2", "--no-expand", "--ranking", "log-odds",
        "--top", "2", "--json"
      ).json()
      #expect(
        json["terms"]?.arrayValue?.compactMap { $0["backgroundCount"]?.integerValue } == [0, 0])
      let rules = try succeed("words", "domain", "--print-rules").json()
      #expect(rules["minLength"]?.integerValue == 2)
    }
  }

  @Test func templatesAreFoundAndReadWith() throws {
    try withTemporaryFolder { folder in
      let sentences = ["鸡蛋 可以 吃 吗", "苹果 可以 吃 吗", "豆腐 可以 吃 吗"]
      let source = folder + "/questions.txt"
      try AtomicFile.write(
        Array(repeating: sentences, count: 5).joined().joined(separator: "\n") + "\n", to: source)
      let found = try succeed("words", "templates", source, "--min-pmi", "0.1")
      #expect(found.rows.contains(["鸡蛋 可以 吃 吗", "5"]) && found.rows.contains(["苹果 X 吗", "5"]))
      let file = folder + "/templates.tsv"
      try succeed("words", "templates", source, "--min-pmi", "0.1", "--out", file)
      #expect(try text(file) == found.output)
      let reading = try succeed(
        "words", "templates", "--templates", file, "--parse", "苹果 可以 吃 吗")
      #expect(reading.rows.count == 1 && reading.rows[0].count == 2)
      let json = try succeed(
        "words", "templates", source, "--min-pmi", "0.1", "--non-trivial", "--top", "2", "--json"
      ).json()
      #expect(json["sentences"]?.integerValue == 15)
      #expect(json["templates"]?.arrayValue?.compactMap { $0["count"]?.integerValue } == [5, 5])
    }
  }

  @Test func wrongUsageNamesTheFlag() throws {
    try withText { folder in
      let source = folder + "/text.txt"
      try expectUsage("words", "discover", source, "--min-count", "0", says: "--min-count")
      try expectUsage(
        "words", "discover", source, "--method", "v4", "--min-count", "8", says: "--min-proba")
      try expectUsage("words", "discover", source, "--memory", "some", says: "--memory")
      try expectUsage("words", "discover", source, "--threads", "0", says: "--threads")
      try expectUsage("words", "discover", source, "--method", "v9", says: "v9")
      try expectUsage("words", "segment", source, says: "--words")
      try expectUsage("words", "count", source, "--mode", "dense", says: "--words")
      try expectUsage("words", "count", source, "--batch", "0", says: "--batch")
      try expectUsage("words", "domain", "--background", source, says: "--target")
      try expectUsage("words", "templates", source, "--window", "0", says: "--window")
    }
  }

  @Test func badFilesAreExplainedInOneLine() throws {
    try withText { folder in
      let source = folder + "/text.txt"
      let missing = folder + "/nowhere"
      expectFailure(try Command("words", "discover", missing).run(), "nowhere")
      expectFailure(
        try Command("words", "discover", source, "--out", missing + "/words.tsv").run(), "nowhere")
      expectFailure(try Command("words", "segment", "--words", missing, source).run(), "nowhere")
      expectFailure(try Command("words", "score", "--gold", missing, source).run(), "nowhere")
      expectFailure(try Command("words", "count", missing).run(), "nowhere")
      try AtomicFile.write("", to: folder + "/empty.txt")
      expectFailure(
        try Command("words", "templates", folder + "/empty.txt").run(), "empty.txt: no sentences")
    }
  }

  @Test func anInterruptClosesTheBarAndSaysSo() throws {
    try withTemporaryFolder { folder in
      let lines = ExampleCorpora.synthetic(lines: 20_000)
      let source = folder + "/long.txt"
      try AtomicFile.write(String(repeating: lines, count: 20), to: source)
      var command = Command(
        "words", "discover", source, "--threads", "1", "--out", folder + "/words.tsv")
      let plain = try command.run { $0.contains("reading") }
      #expect(plain.status == 130 && plain.output.isEmpty)
      #expect(plain.lastError == "interrupted", "\(plain.errors)")
      #expect(try Folder.names(in: folder) == ["long.txt"])
      command.hasTerminal = true
      let terminal = try command.run { $0.contains("counting") }
      #expect(terminal.status == 130)
      #expect(terminal.errors.hasSuffix("\r\ninterrupted\r\n"), "\(terminal.errors)")
    }
  }
}
