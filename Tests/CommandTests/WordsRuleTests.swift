import Formats
import Foundation
import TestSupport
import Testing

/// One rule for all of `danlu words`: what one subcommand checks or understands, its siblings do.
@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct WordsRuleTests {
  private func withFiles(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      func write(_ text: String, _ name: String) throws {
        try AtomicFile.write(text, to: folder + "/" + name)
      }
      try write("电风扇 9\n小明 5\n商场 4\n安静 3\n", "dict.txt")
      let lines = ["小明去商场，电风扇很安静", "商场有电风扇，小明很安静", "安静的商场，电风扇给小明"]
      try write(String(repeating: lines.joined(separator: "\n") + "\n", count: 20), "text.txt")
      try write("小明 去 商场 ， 电风扇 很 安静\n", "gold.txt")
      try write(
        "{\"t\":\"电风扇很安静\"}\n{\"t\":null}\n{\"t\":\"第一\\n第二\"}\n{\"x\":1}\n", "records.jsonl")
      try write("大象\n小明\n", "names.txt")
      // 电风扇 5 in GB18030.
      try AtomicFile.write(
        [0xB5, 0xE7, 0xB7, 0xE7, 0xC9, 0xC8, 0x20, 0x35, 0x0A], to: folder + "/gb.txt")
      try AtomicFile.write([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x01], to: folder + "/text.xz")
      try body(folder)
    }
  }

  private func run(_ command: String, in folder: String) throws -> Command.Outcome {
    try Command(
      command.split(separator: " ").map { $0.contains(".") ? folder + "/" + $0 : String($0) }
    ).run()
  }

  @Test(arguments: [
    "segment --words dict.txt text.txt none.txt", "count --words dict.txt none.txt text.txt",
    "count text.txt none.txt", "discover text.txt none.txt",
    "templates --words dict.txt text.txt none.txt",
    "domain --target text.txt none.txt --no-expand --method autonomy --min-length 2",
  ])
  func aMissingFileAmongGoodOnesIsToldAndEndsWithOne(_ command: String) throws {
    try withFiles { folder in
      let outcome = try run("words " + command, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains("/none.txt"), "\(outcome)")
    }
  }

  @Test(arguments: [
    "segment --words dict.txt --field content records.jsonl",
    "count --words dict.txt --field content records.jsonl", "count --field content records.jsonl",
    "discover --field content records.jsonl",
    "templates --words dict.txt --field content records.jsonl",
    "domain --target records.jsonl --field content --no-expand",
  ])
  func aFieldThatNoRecordHasIsAMistake(_ command: String) throws {
    try withFiles { folder in
      let outcome = try run("words " + command, in: folder)
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("--field content: none of 4 lines"), "\(outcome.errors)")
    }
  }

  @Test func recordsGiveOneLineEach() throws {
    try withFiles { folder in
      let outcome = try run("words segment --words dict.txt --field t records.jsonl", in: folder)
      #expect(outcome.output == "电风扇 很 安静\n\n第一 第二\n\n")
      #expect(outcome.errors.contains("2 lines without a usable --field"))
      let json = try run(
        "words segment --words dict.txt --field t --json records.jsonl", in: folder)
      #expect(try json.json()["sentences"]?.arrayValue?.count == 4)
    }
  }

  @Test(arguments: [
    "segment --words gb.txt text.txt", "count --words gb.txt text.txt",
    "score --gold gold.txt --words gb.txt",
    "templates --words gb.txt text.txt",
  ])
  func sideFilesAreReadInAnyEncoding(_ command: String) throws {
    try withFiles { folder in
      let outcome = try run("words " + command, in: folder)
      #expect(outcome.status == 0 && !outcome.errors.contains("no word of"), "\(outcome.errors)")
    }
  }

  @Test(arguments: [
    "segment --words dict.txt text.xz", "segment --words text.xz text.txt", "count text.xz",
    "discover text.xz",
    "templates text.xz", "score --gold text.xz text.txt", "domain --target text.xz --no-expand",
    "segment --words dict.txt --user-words text.xz text.txt",
    "domain --target text.txt --seeds text.xz",
  ])
  func packedFilesAreNamed(_ command: String) throws {
    try withFiles { folder in
      let outcome = try run("words " + command, in: folder)
      #expect(outcome.status == 1 && outcome.errors.contains("xz -dc"), "\(outcome.errors)")
    }
  }

  @Test(arguments: [
    ("segment --words dict.txt --user-words names.txt text.txt", "1 of 2 words of --user-words"),
    ("count --words dict.txt --user-words names.txt text.txt", "1 of 2 words of --user-words"),
    ("count text.txt --exclude names.txt", "2 of 2 words of --exclude"),
    ("segment --words names.txt records.jsonl", "no word of"),
    (
      "domain --target text.txt --seeds names.txt --method autonomy --min-length 2",
      "1 of 2 words of --seeds"
    ),
  ])
  func whatMatchesNothingIsTold(_ command: String, _ note: String) throws {
    try withFiles { folder in
      let outcome = try run("words " + command, in: folder)
      #expect(outcome.errors.contains(note), "\(outcome.errors)")
    }
  }

  @Test func noPrintedCountIsBelowTheLimit() throws {
    try withTemporaryFolder { folder in
      let text =
        "大学生活动中心\n大学生活动中心\n大学生喜欢运动\n大学生喜欢音乐\n大学里有活动\n生活动静结合\n生活很美好\n大学生的生活\n"
      try AtomicFile.write(text, to: folder + "/corpus.txt")
      for (method, limit) in [("autonomy", 3), ("autonomy", 2), ("v1", 2), ("v3", 2), ("v5", 2)] {
        let outcome = try succeed(
          "words", "discover", folder + "/corpus.txt", "--method", method, "--min-count", "\(limit)"
        )
        #expect(outcome.rows.allSatisfy { (Int($0[1]) ?? 0) >= limit }, "\(method)")
      }
      let shown = try succeed(
        "words", "discover", folder + "/corpus.txt", "--top", "2", "--min-length", "2")
      #expect(shown.rows.count == 2 && shown.rows.allSatisfy { $0[0].count >= 2 })
    }
  }

  /// Heard inside one line, within a second (more beside other tests). What reads once gets a line without an end;
  /// what looks at a text again gets one that takes it many times as long as it is given.
  @Test(arguments: [
    ["words", "segment", "--words", "dict.txt", "--out", "out"],
    ["words", "segment", "--words", "dict.txt", "--out", "out", "--json"],
    ["words", "segment", "--words", "dict.txt", "--json"],
    ["words", "count", "--words", "dict.txt"],
    ["words", "count", "--words", "dict.txt", "--mode", "naive"],
    ["words", "templates", "--words", "dict.txt"], ["words", "templates"],
    ["words", "discover", "--method", "v4"], ["words", "discover"],
    ["vectors", "train", "--out", "out"],
  ])
  func interruptionIsHeardInsideALine(_ arguments: [String]) throws {
    try withTemporaryFolder { folder in
      let isSpaced = arguments.contains("train") || arguments.last == "templates"
      let isEndless = !arguments.contains("train") && arguments.last != "discover"
      let text = String(repeating: isSpaced ? "天气 很好 今天 去 商场 " : "天气很好今天去商场", count: 20_000)
      try AtomicFile.write(text, to: folder + "/piece.txt")
      try AtomicFile.write("天气 3\n今天 2\n", to: folder + "/dict.txt")
      let writer = Process()
      writer.executableURL = URL(fileURLWithPath: "/bin/sh")
      writer.currentDirectoryURL = URL(fileURLWithPath: folder)
      writer.arguments = [
        "-c",
        isEndless
          ? "mkfifo line.txt; while cat piece.txt; do :; done > line.txt 2> /dev/null"
          : "for i in $(seq 200); do cat piece.txt; done > line.txt",
      ]
      try writer.run()
      if isEndless {
        while !FileManager.default.fileExists(atPath: folder + "/line.txt") { usleep(1_000) }
      } else {
        writer.waitUntilExit()
      }
      let paths = arguments.map { ["dict.txt", "out"].contains($0) ? folder + "/" + $0 : $0 }
      let began = ContinuousClock.now
      var sent = began
      let outcome = try Command(paths + [folder + "/line.txt", "--threads", "1"])
        .run { _ in
          sent = .now
          return sent - began > .seconds(1)
        }
      #expect(outcome.status == 130, "\(arguments): \(outcome.errors)")
      #expect(ContinuousClock.now - sent < .seconds(3), "\(arguments)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
      if arguments.contains("--json"), !arguments.contains("--out") {
        // What was cut until then is a whole object.
        #expect(try outcome.json()["interrupted"] == true)
      }
      writer.waitUntilExit()
    }
  }
}
