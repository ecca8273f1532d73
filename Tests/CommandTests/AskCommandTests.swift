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
