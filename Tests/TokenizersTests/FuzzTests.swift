import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import Tokenizers

/// Damaged tokenizer files: each is read or refused in one line, and what was read cuts text.
/// `make fuzz` reads a million.
@Suite struct FuzzTests {
  static let total = fuzzInputCount(4000)

  @Test(arguments: [
    "bpe.model.gz", "suffix.model.gz", "wordpiece.tokenizer.json",
    "t5.tokenizer.json", "gpt2.tokenizer.json",
  ])
  func survives(name: String) throws {
    var random = RandomStream(seed: 4, stream: UInt64(name.utf8.count))
    let seed = try ByteSource(path: GoldenTokenizerTests.path(name)).readAll()
    var outcomes: [Bool: Int] = [:]
    for _ in 0..<max(1, Self.total / 5) {
      var input = seed
      for _ in 0...random.below(3) { mutate(&input, &random) }
      let isRead = input.withUnsafeBytes { Self.read($0, isModel: name.hasSuffix(".gz")) }
      outcomes[isRead, default: 0] += 1
    }
    #expect(outcomes[false, default: 0] > 0)
    #expect(outcomes[true, default: 0] > 0)
  }

  private static func read(_ bytes: UnsafeRawBufferPointer, isModel: Bool) -> Bool {
    do {
      let tokenizer: any Tokenizer =
        isModel
        ? try SentencePieceTokenizer(SentencePieceModel(parsing: bytes))
        : try TokenizerFile.parse(bytes)
      let encoding = try tokenizer.encode("the state 我们 of", "<s> of")
      _ = tokenizer.decode(encoding.ids)
      return true
    } catch {
      if "\(error)".contains(where: \.isNewline) {
        Issue.record("an error of several lines: \(error)")
      }
      return false
    }
  }
}
