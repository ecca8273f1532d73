import Formats
import Foundation
import TestSupport
import Testing
import TextMining

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct VectorsCommandTests {
  static let groups = GroupedText.groups.prefix(4).map { Array($0.words.prefix(6)) }

  /// Runs `body` with a folder that holds `text.txt`, 400 documents of ten words about one of four
  /// things, and `labels.txt`, which says about which.
  func withText<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      var state = 1
      func next(_ bound: Int) -> Int {
        state = (1_103_515_245 &* state &+ 12345) % (1 << 31)
        return (state >> 16) % bound
      }
      let documents = (0..<400).map { index in
        (0..<10).map { _ in Self.groups[index % 4][next(6)] }.joined(separator: " ")
      }
      try AtomicFile.write(documents.joined(separator: "\n") + "\n", to: folder + "/text.txt")
      try AtomicFile.write(
        (0..<400).map { "\($0 % 4)\n" }.joined(), to: folder + "/labels.txt")
      return try body(folder)
    }
  }

  /// Trains on `text.txt`; returns the model's path.
  func train(_ folder: String, _ more: [String] = []) throws -> String {
    let model = folder + "/model.safetensors"
    let outcome = try Command(
      ["vectors", "train", folder + "/text.txt", "--out", model, "--dimension", "16"]
        + ["--subsampling", "0", "--deterministic"] + more
    ).run()
    #expect(outcome.status == 0, "\(outcome.errors)")
    return model
  }

  func group(of word: String) -> Int? { Self.groups.firstIndex { $0.contains(word) } }

  @Test(arguments: ["jose", "skip-gram", "cbow"])
  func everyMethodPutsWordsOfOneKindTogether(_ method: String) throws {
    try withText { folder in
      let more = method.hasPrefix("jose") ? [] : ["--epochs", "20"]
      let model = try train(folder, ["--method", method] + more)
      let outcome = try succeed("vectors", "similar", model, "父亲", "股票", "--count", "3")
      #expect(outcome.rows.count == 6)
      for row in outcome.rows {
        #expect(group(of: row[0]) == group(of: row[1]), "\(method): \(row)")
      }
    }
  }

  @Test func jointTrainingHasTwoNames() throws {
    try withText { folder in
      let first = try contents(try train(folder, ["--joint"]))
      let second = try contents(try train(folder, ["--method", "jose-joint"]))
      #expect(first == second)
      #expect(try first != contents(try train(folder, ["--method", "jose"])))
    }
  }

  @Test func trainingSaysWhatItReadAndIsRepeatable() throws {
    try withText { folder in
      let words = folder + "/words.txt"
      let outcome = try succeed(
        "vectors", "train", folder + "/text.txt", "--out", folder + "/a.safetensors",
        "--dimension", "16", "--deterministic", "--word-output", words, "--json")
      let answer = try outcome.json()
      #expect(answer["method"]?.stringValue == "jose" && answer["words"]?.integerValue == 24)
      #expect(
        answer["documents"]?.integerValue == 400 && answer["tokens"]?.integerValue == 4000)
      let lines = Command.Outcome.rows(of: try text(words), separator: " ")
      #expect(lines[0] == ["24", "16"] && lines.count == 25)
      #expect(lines.dropFirst().allSatisfy { $0.count == 17 && group(of: $0[0]) != nil })
      try succeed(
        "vectors", "train", folder + "/text.txt", "--out", folder + "/b.safetensors",
        "--dimension", "16", "--deterministic")
      #expect(try contents(folder + "/a.safetensors") == contents(folder + "/b.safetensors"))
    }
  }

  @Test func neighborsBecomeANetwork() throws {
    try withText { folder in
      let model = try train(folder)
      let json = try succeed("vectors", "similar", model, "父亲", "--count", "2", "--json").json()
      let result = try #require(json["results"]?.arrayValue?.first)
      #expect(result["word"]?.stringValue == "父亲" && result["neighbors"]?.arrayValue?.count == 2)
      let network = folder + "/links.net"
      let all = try succeed("vectors", "similar", model, "--all", "--count", "5", "--out", network)
      #expect(all.output == "\(network): 120 links of 24 words\n")
      let found = try succeed("communities", network, "--directed", "--two-level", "--json").json()
      #expect(found["topModules"]?.integerValue == 4 && found["nodes"]?.integerValue == 24)
    }
  }

  @Test func analogiesAndJudgmentsAreEvaluated() throws {
    try withText { folder in
      let model = try train(folder)
      let answers = try succeed("vectors", "analogy", model, "父亲", "母亲", "爷爷").rows
      #expect(answers.count == 5 && answers[0].count == 2)
      #expect(group(of: answers[0][0]) == 0)
      let pairs = folder + "/pairs.tsv"
      try AtomicFile.write(
        "父亲\t母亲\t9\n父亲\t股票\t1\n老师\t学生\t8\n医生\t汇率\t2\n外星\t人\t3\n", to: pairs)
      let questions = folder + "/analogies.txt"
      try AtomicFile.write(": 家\n父亲 母亲 爷爷 奶奶\n父亲 母亲 外星 人\n", to: questions)
      let json = try succeed(
        "vectors", "evaluate", model, "--pairs", pairs, "--analogies", questions, "--json"
      ).json()
      #expect(json["pairs"]?.integerValue == 4 && json["missing"]?.integerValue == 1)
      #expect(try #require(json["spearman"]?.doubleValue) > 0.7)
      let section = try #require(json["analogies"]?.arrayValue?.first)
      #expect(
        section["section"]?.stringValue == "家" && section["answered"]?.integerValue == 1
          && section["missing"]?.integerValue == 1)
    }
  }

  @Test func documentsAreClusteredByWhatTheyAreAbout() throws {
    try withText { folder in
      let model = try train(folder)
      let json = try succeed(
        "vectors", "cluster", model, "--k", "4", "--table", "documents", "--labels",
        folder + "/labels.txt", "--json"
      ).json()
      #expect(json["vectors"]?.integerValue == 400)
      #expect(try #require(json["nmi"]?.doubleValue) > 0.9)
      let out = folder + "/clusters.tsv"
      try succeed("vectors", "cluster", model, "--k", "4", "--out", out)
      let rows = Command.Outcome.rows(of: try text(out))
      #expect(rows.count == 24 && Set(rows.map { $0[1] }).count == 4)
    }
  }

  @Test func newDocumentsGetVectors() throws {
    try withText { folder in
      let model = try train(folder)
      try AtomicFile.write("父亲 母亲 爷爷\n外星\n", to: folder + "/new.txt")
      let out = folder + "/new-vectors.txt"
      let json = try succeed(
        "vectors", "infer", model, folder + "/new.txt", "--out", out, "--json"
      ).json()
      #expect(json["documents"]?.integerValue == 2 && json["emptyDocuments"]?.integerValue == 1)
      #expect(json["knownWords"]?.integerValue == 3 && json["unknownWords"]?.integerValue == 1)
      let rows = Command.Outcome.rows(of: try text(out), separator: " ")
      #expect(rows[0] == ["2", "16"] && rows[1].count == 17)
      #expect(rows[2].dropFirst().allSatisfy { Double($0) == 0 })
    }
  }

  @Test func wrongUsageNamesTheFlag() throws {
    try withText { folder in
      let source = folder + "/text.txt"
      let out = folder + "/m"
      try expectUsage("vectors", "train", source, says: "--out")
      try expectUsage(
        "vectors", "train", source, "--out", out, "--dimension", "0", says: "dimension")
      try expectUsage(
        "vectors", "train", source, "--out", out, "--method", "cbow", "--margin", "0.1",
        says: "--margin")
      try expectUsage(
        "vectors", "train", source, "--out", out, "--min-count", "0", says: "--min-count")
      try expectUsage(
        "vectors", "train", source, "--out", out, "--deterministic", "--threads", "2",
        says: "--deterministic")
      try expectUsage("vectors", "similar", out, says: "--all")
      try expectUsage("vectors", "similar", out, "词", "--count", "0", says: "--count")
      try expectUsage("vectors", "evaluate", out, says: "--pairs")
      try expectUsage("vectors", "cluster", out, "--k", "0", says: "--k")
      try expectUsage("vectors", "infer", out, source, says: "--out")
      #expect(try Folder.names(in: folder).sorted() == ["labels.txt", "text.txt"])
    }
  }

  @Test func badFilesAreExplainedInOneLine() throws {
    try withText { folder in
      let missing = folder + "/nowhere"
      let labels = folder + "/labels.txt"
      expectFailure(
        try Command("vectors", "train", missing, "--out", folder + "/m").run(), "nowhere")
      expectFailure(try Command("vectors", "similar", missing, "词").run(), "nowhere")
      let model = try train(folder)
      expectFailure(
        try Command("vectors", "similar", model, "外公").run(), "no vector for '外公' among 24")
      expectFailure(
        try Command("vectors", "cluster", model, "--k", "2", "--labels", labels).run(),
        "400 labels for 24 vectors")
      let bytes = try contents(model)
      try AtomicFile.write(Array(bytes[..<(bytes.count / 2)]), to: model)
      expectFailure(try Command("vectors", "similar", model, "父亲").run(), "model.safetensors")
    }
  }

  @Test func anInterruptedTrainingGoesOn() throws {
    try withText { folder in
      let model = folder + "/model.safetensors"
      let arguments =
        ["vectors", "train", folder + "/text.txt", "--out", model]
        + ["--dimension", "100", "--deterministic", "--epochs", "3000"]
      var command = Command(arguments)
      command.hasTerminal = true
      let outcome = try command.run { $0.contains("training") }
      #expect(outcome.status == 130, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("\r\ninterrupted; \(model).checkpoint holds what is done"),
        "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: model))
      let resumed = try Command(arguments + ["--resume"]).run()
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(!FileManager.default.fileExists(atPath: model + ".checkpoint"))
      let similar = try succeed("vectors", "similar", model, "父亲", "--count", "1")
      #expect(group(of: similar.rows[0][1]) == 0)
    }
  }
}
