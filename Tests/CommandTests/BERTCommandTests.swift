import Formats
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct BERTCommandTests {
  private func withVocabulary<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "中", "文", "be", "##rt", "Be"]
      try AtomicFile.write(to: folder + "/vocab.txt") {
        try $0.write(tokens.joined(separator: "\n") + "\n")
      }
      try AtomicFile.write(to: folder + "/text.txt") { try $0.write("中文BERT\n\n我 be\r\n") }
      return try body(folder)
    }
  }

  private func records(_ outcome: Command.Outcome) throws -> [JSONValue] {
    let bytes = Array(outcome.output.utf8)
    return try bytes.withUnsafeBytes { try JSONLines.parse($0, path: "output").values }
  }

  @Test func tokenizesLines() throws {
    try withVocabulary { folder in
      for source in [["--vocab", folder + "/vocab.txt"], ["--model", folder]] {
        let outcome = try Command(["bert", "tokenize", folder + "/text.txt"] + source).run()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try records(outcome)
        #expect(lines.count == 3)
        #expect(lines[0]["ids"] == [2, 5, 6, 7, 8, 3])
        #expect(lines[0]["offsets"] == [[0, 0], [0, 1], [1, 2], [2, 4], [4, 6], [0, 0]])
        #expect(lines[1]["tokens"] == ["[CLS]", "[SEP]"])
        #expect(lines[2]["tokens"] == ["[CLS]", "[UNK]", "be", "[SEP]"])
      }
    }
  }

  @Test func optionsOfTokenize() throws {
    try withVocabulary { folder in
      let out = folder + "/tokens.jsonl"
      try succeed(
        "bert", "tokenize", folder + "/text.txt", "--vocab", folder + "/vocab.txt", "--cased",
        "--no-special-tokens", "--max-length", "2", "--out", out, "--threads", "1")
      let lines = try JSONLines.read(path: out).values
      #expect(lines[0]["ids"] == [5, 6])
      let long = try Command([
        "bert", "tokenize", folder + "/text.txt", "--vocab", folder + "/vocab.txt", "--max-length",
        "1",
      ]).run()
      #expect(long.status == 2 && long.errors.contains("--max-length"))
    }
  }

  @Test func badInput() throws {
    try withVocabulary { folder in
      let missing = try Command(["bert", "tokenize", "--vocab", folder + "/none.txt"]).run()
      #expect(missing.status == 1 && missing.errors.contains("none.txt"))
      let neither = try Command(["bert", "tokenize"]).run()
      #expect(neither.status == 2 && neither.errors.contains("--vocab FILE"))
      try AtomicFile.write(to: folder + "/bad.txt") { try $0.write("a\nb\n") }
      let bad = try Command(["bert", "tokenize", "--vocab", folder + "/bad.txt"]).run()
      #expect(bad.status == 1 && bad.errors.contains("lacks [UNK]"))
    }
  }
}
