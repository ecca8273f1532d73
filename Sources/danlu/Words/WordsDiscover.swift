import ArgumentParser
import Formats
import Foundation
import Parallel
import TextMining

struct WordsDiscover: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discover",
    abstract: "Find the words of raw text, without labels or a dictionary.",
    discussion: """
      Methods: v0 entropy (2015), v1 cut at weak pairs (2016), v2 character language model (2016),
      v3 cohesion of n-grams (2017), v4 minimum entropy (2018), v5 the word-discovery program (2019),
      autonomy (the default: best segmentation on news, see docs/benchmarks/words.md).

      The output is one word, count and score a line, most frequent first; the same bytes for any
      --threads and --memory.

      EXAMPLES
        danlu words discover corpus.txt --out words.tsv
        danlu words discover news.jsonl.gz --field text --method v5 --min-count 16 --json
        zcat *.gz | danlu words discover - --method v3 --memory 1G > words.tsv
        danlu words discover corpus.txt --method v3 --explain 电力系统
      """)

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "v0, v1, v2, v3, v4, v5 or autonomy.")
  var method = DiscoveryMethod.autonomy

  @Option(
    help: "Least number of occurrences (v0 more than 10, v1 and v2 16, v3 and v5 32, autonomy 2).")
  var minCount: Int?

  @Option(
    help:
      "Least cohesion in nats: one value, or one for each length, such as 2,4,6 (v1 and v4 1, v5 2,4,6)."
  )
  var minPmi: String?

  @Option(help: "Least share of all pieces (v4; 1e-7).")
  var minProba: Double?

  @Option(help: "Least entropy of the neighbors on each side (v0; 3).")
  var minEntropy: Double?

  @Option(help: "Longest n-gram that is judged, 2 to 4.")
  var order: Int?

  @Option(help: "Leave out words longer than this; 0 keeps all.")
  var maxLength = 0

  @Option(help: "true or kenlm: what cohesion is computed from (v3 true, v5 kenlm).")
  var counting: GramCounting?

  @Option(
    help: "article, code or repository: how long pieces are checked (v3 code, v5 repository).")
  var backtracking: Backtracking?

  @Flag(
    help:
      "Spaces vanish for counting, and spaces and line ends are words (v5), as the program has it.")
  var repositoryWhitespace = false

  @Option(help: "standard (the articles' characters) or wide.")
  var alphabet = Alphabet.Preset.standard

  @Option(help: "Tell why this word was kept or dropped; repeatable.")
  var explain: [String] = []

  @Option(help: "Write the words to this file instead of standard output.")
  var out: String?

  @Option(help: "Write a page with tables and charts to this file.")
  var report: String?

  @OptionGroup var text: TextOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var output: OutputOptions

  private func discoveryOptions() throws -> DiscoveryOptions {
    var options = DiscoveryOptions(method: method)
    options.minCount = minCount
    if let minPmi {
      let values = minPmi.split(separator: ",").map { Double($0) }
      let numbers = values.compactMap { $0 }
      guard numbers.count == values.count, !numbers.isEmpty else {
        throw ValidationError("--min-pmi \(minPmi): numbers separated by commas are needed")
      }
      options.minPMI = numbers
    }
    options.minProbability = minProba
    options.minEntropy = minEntropy
    options.order = order
    options.maxLength = maxLength
    options.counting = counting
    options.backtracking = backtracking
    options.repositoryWhitespace = repositoryWhitespace
    options.explain = explain
    return options
  }

  func validate() throws {
    guard !files.isEmpty else {
      throw ValidationError("name at least one file, or - for standard input")
    }
    do {
      try discoveryOptions().validate()
    } catch let error as TextMiningError {
      throw ValidationError(error.description)
    }
  }

  private struct Summary: Encodable {
    let method: String
    let words: [DiscoveredWord]
    let score: String
    let characters: Int
    let bytes: Int
    let seconds: Double
    let lines: Int
    let invalidBytes: Int
    let spilled: Bool
    let skipped: [[String: String]]
    let explanations: [WordExplanation]?
  }

  func run() throws {
    Interruption.install()
    let started = ContinuousClock.now
    let progress = TerminalProgress()
    let options = try discoveryOptions()
    var corpusOptions = resources.corpusOptions(text)
    corpusOptions.alphabet = Alphabet(alphabet)
    let result = try WordDiscovery.discover(
      files, options: options, corpus: corpusOptions, progress: progress,
      cancellation: Interruption.cancellation)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let statistics = result.statistics
    text.note(statistics)
    if let out { try AtomicFile.write(result.tabSeparated(), to: out) }
    if let report {
      try DiscoveryReport.page(result, method: method, seconds: seconds).write(to: report)
    }
    if output.json {
      try Console.json(
        Summary(
          method: method.rawValue, words: result.words, score: result.scoreMeaning,
          characters: statistics.characters, bytes: statistics.bytes, seconds: seconds,
          lines: statistics.lines, invalidBytes: statistics.invalidBytes,
          spilled: statistics.spilled,
          skipped: statistics.skipped.map { ["path": $0.path, "reason": $0.reason] },
          explanations: explain.isEmpty ? nil : result.explanations))
      return
    }
    if !explain.isEmpty {
      for explanation in result.explanations {
        Console.output(describe(explanation), terminator: "")
      }
    } else if out == nil {
      Console.output(result.tabSeparated(), terminator: "")
    }
    Console.note(
      String(
        format: "%d words from %.2fM characters (%.1f MB) in %.2f s", result.words.count,
        Double(statistics.characters) / 1e6, Double(statistics.bytes) / 1e6, seconds))
  }

  private func describe(_ word: WordExplanation) -> String {
    var text = "\(word.word): \(word.kept ? "kept" : "dropped"): \(word.reason)\n"
    text += "  occurs \(word.count) times, cut out \(word.pieces) times\n"
    for split in word.splits {
      let cohesion = split.cohesion.map { String(format: "%.3f nats (ratio %.3f)", $0, exp($0)) }
      text +=
        "  \(split.left) (\(split.leftCount)) | \(split.right) (\(split.rightCount)): cohesion "
        + "\(cohesion ?? "none")\n"
    }
    return text
  }
}
