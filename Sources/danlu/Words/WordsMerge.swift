import ArgumentParser
import Formats
import Foundation
import Messages
import Text
import TextMining

struct WordsMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Add up counts that were made apart.",
    discussion: """
      Any scheduler may count parts of a text (array jobs of Slurm, Spark, a loop over machines) by 'danlu words count \
      PART --out PART.tsv'; the merged counts are those of counting everything at once, byte for byte.

      Examples:
        danlu words merge part-*.tsv --out counts.tsv
        danlu words merge one.tsv two.tsv --top 100
      """)

  @Argument(help: "Files of lines 'word TAB count'; gzip is unpacked.")
  var files: [String]

  @Option(help: "Write the counts to this file instead of standard output.")
  var out: String?

  @Option(help: TextOptions.encodingHelp)
  var encoding = TextEncoding.utf8

  @OptionGroup var selection: SelectionArguments
  @OptionGroup var output: OutputOptions

  private struct Word: Encodable {
    let word: String
    let count: Int
  }

  private struct Output: Encodable {
    let words: [Word]
    let types: Int
    let tokens: Int
  }

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("name at least one file of counts") }
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the counts", files)
    roles.reads("--exclude", selection.exclude)
    roles.writes("--out", out)
    try roles.check()
    let result = try WordFrequencies.merged(
      TextSource(paths: files, encoding: encoding), work: Terminal.work)
    if let skipped = result.skipped.first {
      throw FileError(path: skipped.path, reason: skipped.reason)
    }
    let shown = try selection.select(result.words) { $0.word }
    let lines = shown.map { "\($0.word)\t\($0.count)\n" }.joined()
    if let out { try AtomicFile.write(lines, to: out) }
    if output.json {
      try Console.json(
        Output(
          words: shown.map { Word(word: $0.word, count: $0.count) }, types: result.words.count,
          tokens: result.tokens))
    } else if out == nil {
      try Console.write(Array(lines.utf8))
    }
    Console.note("\(result.words.count) words from \(files.count) files")
  }
}
