import Foundation
import Tokenizers

/// Lines of a text through BERT's tokenizer, as Hugging Face's fast one cuts: tokens, ids and offsets.
enum Tokenizing {
  static func run(_ arguments: [String]) throws {
    let tokenizer = try WordPieceTokenizer(
      vocabulary: Vocabulary(contentsOf: arguments[0]), rules: .huggingFace(lowercases: true))
    let lines = try String(contentsOfFile: arguments[1], encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let threads = ProcessInfo.processInfo.environment["DANLU_BENCH_THREADS"].flatMap(Int.init) ?? 1
    var tokens = 0
    var failure: (any Error)?
    let rounds = Rounds(5) {
      do {
        tokens = try tokenizer.encode(lines, threads: threads).reduce(0) { $0 + $1.count }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    rounds.report("tokenize", repetitions: 1, extra: ", \"tokens\": \(tokens)")
  }
}
