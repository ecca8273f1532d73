import ArgumentParser
import Formats
import Foundation
import Text
import TextMining

struct WordsSegment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Cut text into words of a dictionary.",
    discussion: """
      Reads files or standard input, writes one line for each line, words separated by one space.
      Spaces of the input separate words and are not words. Numbers, dates and Latin words stay
      together (--rules jieba cuts as jieba does).

      Examples:
        danlu words segment --words words.tsv < text.txt > segmented.txt
        danlu words segment --words words.tsv --user-words names.txt text.txt
        danlu words segment --words dict.txt --rules jieba --json text.txt
      """)

  @Argument(help: "Text files; standard input without them. gzip is unpacked.")
  var files: [String] = ["-"]

  @Option(
    help: "The dictionary: word and count on each line, as `danlu words discover --out` writes.")
  var words: String

  @Option(help: "Words that are always kept whole, one on each line; repeatable.")
  var userWords: [String] = []

  @Option(help: "atoms or jieba: what the dictionary is not asked about.")
  var rules = SegmentationRules.atoms

  @Option(help: "dictionary (most probable path) or unigram (nlp-zero's tokenizer).")
  var search = SegmentationSearch.dictionary

  @Option(help: "Write to this file instead of standard output.")
  var out: String?

  @OptionGroup var text: TextOptions
  @OptionGroup var threads: ThreadOptions
  @Flag(
    inversion: .prefixedNo,
    help: "Guess words outside the dictionary from what its rare words look like.")
  var unknownWords = true

  @OptionGroup var output: OutputOptions

  func run() throws {
    let started = ContinuousClock.now
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.reads("--words", words)
    roles.reads("--user-words", userWords)
    roles.writes("--out", out)
    try roles.check()
    let dictionary = try WordList(contentsOf: words)
    let always = try userWords.flatMap { try WordList(contentsOf: $0).words }
    let segmenter = try Segmenter(
      dictionary, userWords: always, rules: rules, search: search,
      guessesUnknownWords: unknownWords)
    let stream = SegmentationStream(segmenter, threads: threads.count)
    let totals: SegmentationStream.Totals
    if let out {
      var result = SegmentationStream.Totals()
      try AtomicFile.write(to: out) { file in
        result = try run(stream) { try file.write($0) }
      }
      totals = result
    } else {
      totals = try run(stream) { bytes in try Console.write(bytes) }
    }
    text.note(skipped: totals.skipped)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    Console.note(
      String(
        format: "%d words in %d lines (%.1f MB) in %.2f s", totals.words, totals.lines,
        Double(totals.bytes) / 1e6, seconds))
  }

  /// With --json the lines are the elements of one object's array.
  private func run(
    _ stream: SegmentationStream, write: ([UInt8]) throws -> Void
  ) throws -> SegmentationStream.Totals {
    let source = text.source(files)
    guard output.json else {
      return try stream.run(source, format: .text, work: Terminal.work, write: write)
    }
    try write(Array("{\"sentences\":[\n".utf8))
    var isFirst = true
    let totals = try stream.run(source, format: .json, work: Terminal.work) { bytes in
      for line in bytes.split(separator: 0x0A) {
        if !isFirst { try write(Array(",\n".utf8)) }
        isFirst = false
        try write(Array(line))
      }
    }
    try write(Array("\n],\"lines\":\(totals.lines),\"tokens\":\(totals.words)}\n".utf8))
    return totals
  }
}
