import ArgumentParser
import Formats
import Foundation
import Parallel
import Text
import TextMining

struct WordsCount: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Count words; compare the ways to do it.",
    discussion: """
      With --words the text is cut by that dictionary first; without it, spaces separate words.
      Modes: naive (one table, one thread), batched (a small table for each batch, one thread),
      parallel (batches on several threads), dense (dictionary words by number, several threads; the
      default with --words). All give the same counts. --compare runs them all and says what the
      threads are worth: against the batched serial way, not only against the naive one.

      Examples:
        danlu words count --words words.tsv corpus.txt > counts.tsv
        danlu words count segmented.txt --mode parallel --threads 4 --json
        danlu words count --words dict.txt corpus.txt --compare
        mpirun -n 4 danlu words count corpus.txt --out counts.tsv
      """)

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "A dictionary: word and count on each line.")
  var words: String?

  @Option(help: "naive, batched, parallel or dense.")
  var mode: WordFrequencies.Mode?

  @Option(help: "Lines of a batch.")
  var batch = 1000

  @Flag(help: "Run every mode and compare.")
  var compare = false

  @Option(help: "Write the counts to this file instead of standard output.")
  var out: String?

  @OptionGroup var selection: SelectionArguments
  @OptionGroup var segmentation: SegmentationArguments
  @OptionGroup var text: TextOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !files.isEmpty else {
      throw ValidationError("name at least one file, or - for standard input")
    }
    if batch < 1 { throw ValidationError("--batch \(batch): at least 1 line is needed") }
    if mode == .dense, words == nil { throw ValidationError("--mode dense needs --words") }
    if compare, files.contains("-") {
      throw ValidationError(
        "--compare reads its files several times; standard input can be read once")
    }
    if words == nil, !segmentation.userWords.isEmpty {
      throw ValidationError(
        "--user-words needs --words: without a dictionary spaces separate words")
    }
    if compare, mode != nil { throw ValidationError("--compare runs every mode; leave --mode out") }
  }

  private struct Word: Encodable {
    let word: String
    let count: Int
  }

  private struct Output: Encodable {
    let mode: String
    let words: [Word]
    let types: Int
    let tokens: Int
    let lines: Int
    let bytes: Int
    let seconds: Double
  }

  private struct Comparison: Encodable {
    struct Row: Encodable {
      let mode: String
      let threads: Int
      let seconds: Double
      let processorSeconds: Double
      let megabytesPerSecond: Double
      let againstNaive: Double
      let againstBatched: Double
    }
    let rows: [Row]
    let sameCounts: Bool
    let tokens: Int
    let types: Int
    let bytes: Int
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.reads("--words", words)
    roles.reads("--user-words", segmentation.userWords)
    roles.reads("--exclude", selection.exclude)
    if !Ranks.isSilent { roles.writes("--out", out) }
    try roles.check()
    let world = try ranks.start()
    if !world.isAlone {
      if compare { throw ValidationError("--compare runs as one process") }
      let lists = [words].compactMap { $0 } + segmentation.userWords
      try world.agree(on: [
        "the word lists": try Ranks.fingerprint(of: lists),
        "the options": CommandLine.arguments.dropFirst().joined(separator: " "),
      ])
    }
    let tokens: WordFrequencies.Tokens
    var dictionary: WordList?
    var userWords: [String] = []
    if let words {
      let list = try WordList(noting: words)
      let segmenter = try segmentation.segmenter(list)
      dictionary = list
      userWords = segmenter.givenUserWords
      tokens = .dictionary(segmenter, list)
    } else {
      tokens = .separated
    }
    if compare { return try runComparison(tokens) }
    let mode = mode ?? (words == nil ? .parallel : .dense)
    let result = try count(tokens, mode, text.source(files, of: world))
    guard world.isRoot else { return }
    text.note(skipped: result.skipped)
    text.note(badRecords: result.badRecords)
    if let dictionary, let words, !result.words.isEmpty {
      let found = WordList(result.words.map { ($0.word, 1) })
      SegmentationArguments.note(
        unmet: userWords.filter { !found.contains($0) }, of: userWords.count, option: "--user-words"
      )
      if !dictionary.words.contains(where: found.contains) {
        SegmentationArguments.noteUselessDictionary(words)
      }
    }
    let shown = try selection.select(result.words) { $0.word }
    let lines = shown.map { "\($0.word)\t\($0.count)\n" }.joined()
    if let out { try AtomicFile.write(lines, to: out) }
    if output.json {
      try Console.json(
        Output(
          mode: mode.rawValue, words: shown.map { Word(word: $0.word, count: $0.count) },
          types: result.words.count, tokens: result.tokens, lines: result.lines,
          bytes: result.bytes, seconds: result.seconds))
    } else if out == nil {
      try Console.write(Array(lines.utf8))
    }
    Console.note(
      String(
        format: "%d words, %d different, in %.2f s (%.1f MB/s)", result.tokens,
        result.words.count, result.seconds,
        Double(result.bytes) / 1e6 / max(1e-9, result.seconds)))
    try text.requireAll(result.skipped)
  }

  private func count(
    _ tokens: WordFrequencies.Tokens, _ mode: WordFrequencies.Mode, _ source: TextSource
  ) throws -> WordFrequencies.Result {
    try WordFrequencies(tokens, mode: mode, threads: threads.count, batch: batch).count(
      source, work: Terminal.work)
  }

  /// Seconds all threads of the process have computed: unlike the clock, not stretched by other work.
  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func runComparison(_ tokens: WordFrequencies.Tokens) throws {
    let modes = WordFrequencies.Mode.allCases.filter { $0 != .dense || words != nil }
    var processorSeconds: [Double] = []
    let results = try modes.map { mode in
      let before = processorTime()
      defer { processorSeconds.append(processorTime() - before) }
      return try count(tokens, mode, text.source(files))
    }
    let naive = results[0].seconds
    let batched = results[1].seconds
    let same = results.allSatisfy { result in
      result.words.elementsEqual(results[0].words) { $0 == $1 }
    }
    let rows = zip(zip(modes, results), processorSeconds).map { run, processor in
      let (mode, result) = run
      return Comparison.Row(
        mode: mode.rawValue, threads: mode == .parallel || mode == .dense ? threads.count : 1,
        seconds: result.seconds, processorSeconds: processor,
        megabytesPerSecond: Double(result.bytes) / 1e6 / result.seconds,
        againstNaive: naive / result.seconds, againstBatched: batched / result.seconds)
    }
    if output.json {
      try Console.json(
        Comparison(
          rows: rows, sameCounts: same, tokens: results[0].tokens,
          types: results[0].words.count, bytes: results[0].bytes))
    } else {
      Console.output("mode      threads  seconds  CPU s   MB/s   against naive   against batched")
      for row in rows {
        Console.output(
          row.mode.padding(toLength: 10, withPad: " ", startingAt: 0)
            + String(
              format: "%7d %8.2f %6.2f %6.1f %15.2f %17.2f", row.threads, row.seconds,
              row.processorSeconds, row.megabytesPerSecond, row.againstNaive, row.againstBatched))
      }
      Console.output(same ? "all counts are the same" : "the counts DIFFER")
    }
    if !same { throw Failure("the modes disagree on the counts; this is a defect") }
  }
}

extension WordFrequencies.Mode: ExpressibleByArgument {}
