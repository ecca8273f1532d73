import Formats
import Foundation
import TestSupport
import Testing

/// `danlu ask` of a reader that was hardly trained: what it says is nothing, how it says it is checked.
@Suite(.enabled(if: hasBinary && hasTorch, binaryReason), .serialized) struct AskCommandTests {
  @Test func answersFromRunsAndPassages() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/runs/one"
      let trained = try Command([
        "run", "reading-comprehension", "--steps", "3", "--set", "practice-steps=2", "--set",
        "questions=20", "--set", "hidden-size=16",
        "--set", "layers=1", "--set", "heads=2", "--out", run,
      ]).run()
      #expect(trained.status == 0 || trained.status == 1, "\(trained.errors)")
      // The newest of a folder of runs, and its own passages.
      let own = try Command(["ask", "--runs", folder + "/runs", "--json", "谁写了书？"]).run()
      #expect(own.status == 0, "\(own.errors)")
      let answer = try own.json()
      #expect(answer["question"]?.stringValue == "谁写了书？")
      #expect(answer["votes"]?.arrayValue?.count == 5)
      #expect(answer["score"]?.doubleValue != nil)
      // Passages of one's own; a long one is read in parts.
      try AtomicFile.write(to: folder + "/a.txt") { try $0.write("张三写了书。\n") }
      try AtomicFile.write(to: folder + "/long.txt") {
        try $0.write(String(repeating: "天地玄黄宇宙洪荒", count: 100))
      }
      let given = try Command([
        "ask", "--run", run, "--passage", folder + "/a.txt", "--passage", folder + "/long.txt",
        "--json",
        "谁写了书？",
      ]).run()
      #expect(given.status == 0, "\(given.errors)")
      #expect((try given.json()["votes"]?.arrayValue?.count ?? 0) > 4)
      let text = try Command(["ask", "--run", run, "--passage", folder + "/a.txt", "谁写了书？"]).run()
      #expect(text.status == 0 && text.output.filter { !"【】".contains($0) }.contains("张三写了书"))
      // Triples answer first, passages what they refuse.
      let base = folder + "/base.kno"
      try AtomicFile.write(to: folder + "/t.csv") { try $0.write("曹禺,出生地,天津\n曹禺,职业,剧作家\n") }
      #expect(
        try Command(["knowledge", "import", folder + "/t.csv", "--db", base]).run().status == 0)
      try AtomicFile.write(to: folder + "/q.txt") { try $0.write("曹禺的出生地是哪里\n谁写了书？\n") }
      var asking = Command(
        ["ask", "--run", run, "--knowledge", base, "--passage", folder + "/a.txt"])
      asking.redirection = "< \(folder)/q.txt"
      let both = try asking.run()
      #expect(both.status == 0, "\(both.errors)")
      #expect(both.output.hasPrefix("天津\n  "), "\(both.output)")
      #expect(both.output.contains("triple 曹禺 · 出生地 · 天津"), "\(both.output)")
      #expect(both.errors.contains("no triple answers; read from the passages"), "\(both.errors)")
      let known = try Command(
        ["ask", "--runs", folder + "/none", "--knowledge", base, "--json", "曹禺的出生地是哪里"]
      ).run().json()
      #expect(known["source"]?.stringValue == "triples" && known["answer"]?.stringValue == "天津")
      let unread = try Command(
        ["ask", "--runs", folder + "/none", "--knowledge", base, "谁写了书？"]
      ).run()
      #expect(unread.status == 1)
      #expect(
        unread.errors.contains("have no answer, and no reader can be asked"), "\(unread.errors)")
      // Other encodings are read as what they are.
      try Data([0xD5, 0xC5, 0xC8, 0xFD, 0xD0, 0xB4, 0xC1, 0xCB, 0xCA, 0xE9]).write(
        to: URL(fileURLWithPath: folder + "/gb.txt"))
      let gb = try Command(["ask", "--run", run, "--passage", folder + "/gb.txt", "谁写了书？"]).run()
      #expect(gb.output.filter { !"【】".contains($0) }.contains("张三写了书"), "\(gb.output)")
    }
  }

  @Test func badInput() throws {
    try withTemporaryFolder { folder in
      let none = try Command(["ask", "--runs", folder, "谁？"]).run()
      #expect(none.status == 1 && none.errors.contains("no finished run of reading-comprehension"))
      let other = try Command(["ask", "--run", folder, "谁？"]).run()
      #expect(other.status == 1 && other.errors.contains("reading-comprehension"))
      let empty = try Command(["ask", "--run", folder, " "]).run()
      #expect(empty.status == 2 && empty.errors.contains("the question is empty"))
    }
  }
}
