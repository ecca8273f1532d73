import Distributed
import Foundation
import Parallel
import TestSupport
import Testing

/// The command itself as several ranks.
@Suite(.enabled(if: Ranks.launcher != nil && danlu != nil, Ranks.reason), .serialized)
struct CommandsTests {
  /// Made-up words, in lines; more than one block of text.
  private func text() -> String {
    var random = RandomStream(seed: 4, stream: 0)
    let words = (0..<600).map { number in
      String(
        String.UnicodeScalarView(
          (0..<1 + number % 4).compactMap { _ in
            Unicode.Scalar(UInt32(0x4E00 + random.below(1 + random.below(900))))
          }))
    }
    var text = ""
    for line in 0..<22_000 {
      for _ in 0..<8 { text += words[random.below(1 + random.below(words.count))] }
      text += line % 7 == 0 ? "。\n" : "\n"
    }
    return text
  }

  private func run(_ ranks: Int, _ arguments: String...) throws -> Ranks.Outcome {
    let command = try #require(danlu)
    return try Ranks.start(
      (ranks == 1
        ? []
        : [try #require(Ranks.launcher), "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"])
        + [command] + arguments)
  }

  @Test(arguments: ["autonomy", "v5"]) func wordsAreTheSameBytes(method: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/text.txt"
      try text().write(toFile: path, atomically: true, encoding: .utf8)
      let alone = try run(1, "words", "discover", path, "--method", method, "--threads", "1")
      #expect(alone.output.split(separator: "\n").count > 50)
      let together = try run(3, "words", "discover", path, "--method", method, "--threads", "1")
      #expect(together.status == 0, "\(together.errors)")
      #expect(together.output == alone.output)
    }
  }

  @Test func countsAreTheSameBytesByRanksAndByParts() throws {
    try withTemporaryFolder { folder in
      let lines = text().split(separator: "\n").map { line in
        line.enumerated().map { $0 % 3 == 2 ? "\($1) " : "\($1)" }.joined()
      }
      let path = folder + "/text.txt"
      try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let alone = try run(1, "words", "count", path)
      #expect(alone.status == 0)
      #expect(try run(2, "words", "count", path).output == alone.output)
      var parts: [String] = []
      for part in 0..<3 {
        let place = "\(folder)/part-\(part)"
        let own = lines[lines.count * part / 3..<lines.count * (part + 1) / 3]
        try own.joined(separator: "\n").write(toFile: place, atomically: true, encoding: .utf8)
        #expect(try run(1, "words", "count", place, "--out", place + ".tsv").status == 0)
        parts.append(place + ".tsv")
      }
      let merged = try Ranks.start([try #require(danlu), "words", "merge"] + parts)
      #expect(merged.output == alone.output)
    }
  }

  @Test(.enabled(if: hasTorch, torchReason)) func linesAreEncodedByAllRanks() throws {
    try withTemporaryFolder { folder in
      let (path, model) = (folder + "/text.txt", folder + "/model")
      // Fewer lines in the last window than ranks would share evenly.
      let lines = text().split(separator: "\n").prefix(41)
      try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let trained = try run(
        2, "bert", "pretrain", path, "--out", model, "--layers", "1", "--hidden-size", "16",
        "--heads", "2", "--vocabulary-size", "300", "--steps", "3", "--batch", "3", "--max-length",
        "32", "--no-whole-words", "--sync-batch-norm", "--shard-optimizer", "--overlap")
      #expect(trained.status == 0, "\(trained.errors)")
      func vectors(_ ranks: Int) throws -> [[Double]] {
        let run = try run(ranks, "bert", "encode", path, "--model", model)
        #expect(run.status == 0, "\(run.errors)")
        return try run.output.split(separator: "\n").map { line in
          let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
          return try #require(object?["vector"] as? [Double])
        }
      }
      let alone = try vectors(1)
      let together = try vectors(3)
      #expect(alone.count == 41 && together.count == 41 && alone[0].count == 16)
      for (one, other) in zip(together, alone) {
        #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 })
      }
    }
  }

  @Test func aFieldThatNoLineHasIsAMistake() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/records.jsonl"
      try #"{"text": "一 二"}"#.write(toFile: path, atomically: true, encoding: .utf8)
      for ranks in [1, 2] {
        let run = try run(ranks, "words", "count", path, "--field", "body")
        #expect(run.status == 1 && run.says("none of 1 lines is a JSON object"), "\(run.errors)")
      }
    }
  }

  @Test func trialsAreSharedWithoutChangingTheAnswer() throws {
    try withTemporaryFolder { folder in
      var random = RandomStream(seed: 9, stream: 0)
      let links = (0..<900).map { _ -> String in
        let group = random.below(8)
        return
          "\(group * 20 + random.below(20)) \(random.below(9) == 0 ? random.below(160) : group * 20 + random.below(20))"
      }
      let path = folder + "/links.txt"
      try links.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      func found(_ ranks: Int) throws -> String {
        let run = try run(ranks, "communities", path, "--trials", "5", "--json")
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n").filter { !$0.contains("\"seconds\"") }
        return lines.joined(separator: "\n")
      }
      let alone = try found(1)
      #expect(alone.contains("trialCodelengths"))
      #expect(try found(3) == alone)
    }
  }

  @Test func whatGainsNothingByRanksIsRefused() throws {
    let run = try run(2, "recipes")
    #expect(run.status == 1)
    let said = run.errors.split(separator: "\n").filter {
      $0.contains("this command runs as one process")
    }
    #expect(said.count == 1)
  }

  @Test func launchPrintsWhatItWouldRun() throws {
    let command = try #require(danlu)
    let run = try Ranks.start(
      [command, "launch", "-n", "3", "--threads", "2", "--dry-run", "run", "gan-qp"])
    #expect(run.status == 0)
    #expect(run.output.contains("mpirun -n 3") && run.output.hasSuffix("run gan-qp\n"))
    #expect(run.output.contains("OMP_NUM_THREADS=2"))
    #expect(try Ranks.start([command, "launch", "run", "gan-qp"]).status == 2)
  }
}

/// The built command beside the tests' own program.
private let danlu: String? = Ranks.probe.map {
  ($0 as NSString).deletingLastPathComponent + "/danlu"
}.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
