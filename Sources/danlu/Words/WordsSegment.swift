import ArgumentParser
import Formats
import Foundation
import Parallel
import Text
import TextMining

struct WordsSegment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segment",
    abstract: "Cut text into words of a dictionary.",
    discussion: """
      Reads files or standard input, writes one line for each line, words separated by one space.
      Spaces of the input separate words and are not words. With --field each record gives one line,
      an empty one where it has no text. Tokens told by their form (numbers, Latin words, addresses;
      --without-shapes) stay together unless the dictionary has a word that needs them otherwise.
      --rules jieba cuts as jieba does.

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

  @Option(help: "Write to this file instead of standard output.")
  var out: String?

  @OptionGroup var segmentation: SegmentationArguments
  @OptionGroup var text: TextOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let started = ContinuousClock.now
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.reads("--words", words)
    roles.reads("--user-words", segmentation.userWords)
    roles.writes("--out", out)
    try roles.check()
    let segmenter = try segmentation.segmenter(try WordList(noting: words))
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
    text.note(badRecords: totals.badRecords)
    SegmentationArguments.note(
      unmet: totals.unmetUserWords, of: segmenter.givenUserWords.count, option: "--user-words")
    if totals.words > 0, !totals.meetsDictionary {
      SegmentationArguments.noteUselessDictionary(words)
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    Console.note(
      String(
        format: "%d words in %d lines (%.1f MB) in %.2f s", totals.words, totals.lines,
        Double(totals.bytes) / 1e6, seconds))
    try text.requireAll(totals.skipped)
  }

  /// With --json the lines are the elements of one object's array.
  private func run(
    _ stream: SegmentationStream, write: ([UInt8]) throws -> Void
  ) throws -> SegmentationStream.Totals {
    let source = text.source(files)
    guard output.json else {
      return try stream.run(source, format: .text, work: Terminal.work, write: write)
    }
    var isFirst = true
    // A long line comes in pieces.
    var isWhole = true
    func begin() throws {
      if isFirst { try write(Array("{\"sentences\":[\n".utf8)) }
    }
    let totals: SegmentationStream.Totals
    do {
      totals = try stream.run(source, format: .json, work: Terminal.work) { bytes in
        for line in bytes.split(separator: 0x0A) {
          try Terminal.work.check()
          try begin()
          let comma = !isFirst && isWhole ? Array(",\n".utf8) : []
          isFirst = false
          isWhole = true
          try write(comma + line)
        }
        isWhole = bytes.isEmpty ? isWhole : bytes.last == 0x0A
      }
    } catch let cancelled as Cancelled {
      // What was cut until then is whole lines of a whole object.
      try begin()
      try write(Array("\(isWhole ? "" : "]}")\n],\"interrupted\":true}\n".utf8))
      throw cancelled
    }
    try begin()
    try write(Array("\n],\"lines\":\(totals.lines),\"tokens\":\(totals.words)}\n".utf8))
    return totals
  }
}
