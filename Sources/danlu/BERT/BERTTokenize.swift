import ArgumentParser
import Formats
import Foundation
import Text
import Tokenizers

struct BERTTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Cut lines of text into tokens of a vocabulary.",
    discussion: """
      Writes one JSON object for each line: tokens, ids, and offsets as scalars of the line, end not
      included. Special tokens have the offsets [0,0].

      Examples:
        danlu bert tokenize --vocab vocab.txt corpus.txt > tokens.jsonl
        danlu bert tokenize --vocab vocab.txt --cased --no-special-tokens < text.txt
        danlu bert tokenize --vocab spiece.model --out tokens.jsonl corpus.txt.gz
      """)

  @Argument(help: "Text files; standard input without them. gzip is unpacked.")
  var files: [String] = ["-"]

  @OptionGroup var source: TokenizerOptions

  @Option(help: "The most tokens of a line, special ones included; the rest is cut off.")
  var maxLength: Int?

  @Flag(
    inversion: .prefixedNo, help: "Put special tokens such as [CLS] and [SEP] around each line.")
  var specialTokens = true

  @Option(help: "Write to this file instead of standard output.")
  var out: String?

  @OptionGroup var text: TextOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    let started = ContinuousClock.now
    var stream = TokenizationStream(try source.tokenizer())
    stream.truncation = maxLength.map { Truncation(maxLength: $0) }
    stream.addsSpecialTokens = specialTokens
    stream.threads = threads.count
    var totals = TokenizationStream.Totals()
    let lines = text.source(files)
    if let out {
      try AtomicFile.write(to: out) { file in
        totals = try stream.run(lines, work: Terminal.work) { try file.write($0) }
      }
    } else {
      totals = try stream.run(lines, work: Terminal.work) { try Console.write($0) }
    }
    text.note(skipped: totals.skipped)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    Console.note(
      String(
        format: "%d tokens of %d lines (%.1f MB) in %.2f s", totals.tokens, totals.lines,
        Double(totals.bytes) / 1e6, seconds))
  }
}
