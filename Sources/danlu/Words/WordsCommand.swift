import ArgumentParser
import Distributed
import Formats
import Foundation
import Memory
import Parallel
import Text
import TextMining

struct WordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Vocabulary, segmentation, domain terms and counts from raw Chinese text.",
    discussion: """
      Examples:
        danlu words discover corpus.txt.gz --out words.tsv
        danlu words segment --words words.tsv < text.txt > segmented.txt
        danlu words score --gold gold.txt segmented.txt
        danlu words domain --target power.txt --background news.txt
        danlu words count --words words.tsv corpus.txt
        danlu words merge part-1.tsv part-2.tsv
      """,
    subcommands: [
      WordsDiscover.self, WordsSegment.self, WordsScore.self, WordsDomain.self,
      WordsTemplates.self, WordsCount.self, WordsMerge.self,
    ])
}

extension TextEncoding: ExpressibleByArgument {}
extension DiscoveryPreset: ExpressibleByArgument {}
extension CohesionGlue.Counting: ExpressibleByArgument {}
extension CohesionGlue.Backtracking: ExpressibleByArgument {}
extension Alphabet.Preset: ExpressibleByArgument {}
extension SegmentationRules: ExpressibleByArgument {}
extension SegmentationSearch: ExpressibleByArgument {}

/// How text is read; shared by the subcommands.
struct TextOptions: ParsableArguments {
  @Option(help: "The text's key where each line is a JSON object.")
  var field: String?

  static let encodingHelp: ArgumentHelp =
    "utf8, utf16, gb18030, big5, shift-jis, or auto (UTF-8 or GB18030, line by line)."

  @Option(help: TextOptions.encodingHelp)
  var encoding = TextEncoding.utf8

  func source(_ paths: [String]) -> TextSource {
    TextSource(paths: paths, field: field, encoding: encoding)
  }

  /// A text that ranks read together; it must be the same on all of them.
  func source(_ paths: [String], of ranks: Communicator) throws -> TextSource {
    var source = source(paths)
    guard !ranks.isAlone else { return source }
    if paths.contains("-") {
      throw ValidationError("standard input reaches one rank only; name files that all hosts have")
    }
    try ranks.agree(on: ["the text": try Ranks.fingerprint(of: paths)])
    source.ranks = ranks
    return source
  }

  /// Notes about what was left out, on standard error.
  func note(_ statistics: CorpusStatistics) {
    note(skipped: statistics.skipped)
    if statistics.invalidBytes > 0 {
      Console.note("note: \(statistics.invalidBytes) bytes are not valid UTF-8 and were skipped")
    }
    if statistics.nulBytes > 0 {
      Console.note("note: \(statistics.nulBytes) NUL bytes were skipped")
    }
    if statistics.badRecords > 0 {
      Console.note("note: \(statistics.badRecords) lines without a usable --field were skipped")
    }
  }

  func note(skipped: [SkippedFile]) {
    for file in skipped { Console.note("note: left out \(file.path): \(file.reason)") }
  }

  func note(badRecords: Int) {
    if badRecords > 0 { Console.note("note: \(badRecords) lines without a usable --field") }
  }

  /// Ends with status 1 where a file that was named could not be read: what was asked for is not all there.
  func requireAll(_ skipped: [SkippedFile]) throws {
    if !skipped.isEmpty { throw ExitCode(1) }
  }
}

/// Memory, disk and threads of a count.
struct ResourceOptions: ParsableArguments {
  @Option(help: "Memory to use at most, such as 512M or 2G; beyond it the text goes to disk.")
  var memory = "2G"

  @Option(help: "Folder for text that does not fit in memory.")
  var spill: String?

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    guard MemorySize.parse(memory) != nil else {
      throw ValidationError("--memory \(memory): a size such as 512M or 2G is needed")
    }
    try corpusOptions.check()
  }

  var corpusOptions: CorpusOptions {
    var options = CorpusOptions()
    options.memory = MemorySize.parse(memory) ?? options.memory
    if let spill { options.spillFolder = spill }
    options.threads = threads.count
    return options
  }
}
