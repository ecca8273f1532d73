import ArgumentParser
import Formats
import Foundation
import Parallel
import TextMining

struct WordsDiscover: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "discover",
    abstract: "Find the words of raw text, without labels or a dictionary.",
    discussion: """
      Methods: v0 entropy (2015), v1 cut at weak pairs (2016), v2 character language model (2016),
      v3 cohesion of n-grams (2017), v4 minimum entropy (2018), v5 the word-discovery program (2019),
      autonomy (the default: best segmentation on news, see docs/benchmarks/words.md).

      The output is one word, count and score a line, most frequent first; the same bytes for any
      --threads and --memory.

      Examples:
        danlu words discover corpus.txt --out words.tsv
        danlu words discover news.jsonl.gz --field text --method v5 --min-count 16 --json
        zcat *.gz | danlu words discover - --method v3 --memory 1G > words.tsv
        danlu words discover corpus.txt --method v3 --explain 电力系统
      """)

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String]

  @Option(help: "v0, v1, v2, v3, v4, v5 or autonomy.")
  var method = DiscoveryPreset.autonomy

  @Option(
    help: """
      Least number of occurrences (v0 more than 10, v1 and v2 16, v3 and v5 32). autonomy judges what \
      occurs twice and prints how often a word was cut out; given, the option is about both.
      """)
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
  var counting: CohesionGlue.Counting?

  @Option(
    help: "article, code or repository: how long pieces are checked (v3 code, v5 repository).")
  var backtracking: CohesionGlue.Backtracking?

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

  @OptionGroup var selection: SelectionArguments
  @OptionGroup var text: TextOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard !files.isEmpty else {
      throw ValidationError("name at least one file, or - for standard input")
    }
    try refuseForeignOptions()
    if maxLength < 0 {
      throw ValidationError("--max-length \(maxLength): 0 (no limit) or more is needed")
    }
    try discoveryMethod().check()
  }

  /// Each option belongs to some methods; with another one it would be ignored.
  private func refuseForeignOptions() throws {
    let counted = DiscoveryPreset.allCases.filter { $0 != .v4 }
    let options: [(name: String, isGiven: Bool, methods: [DiscoveryPreset])] = [
      ("--min-count", minCount != nil, counted), ("--min-proba", minProba != nil, [.v4]),
      ("--min-pmi", minPmi != nil, [.v0, .v1, .v3, .v4, .v5]),
      ("--order", order != nil, [.v0, .v3, .v5]),
      ("--min-entropy", minEntropy != nil, [.v0]), ("--counting", counting != nil, [.v3, .v5]),
      ("--backtracking", backtracking != nil, [.v3, .v5]),
      ("--repository-whitespace", repositoryWhitespace, [.v5]),
    ]
    for option in options where option.isGiven && !option.methods.contains(method) {
      let names = option.methods.map(\.rawValue).joined(separator: ", ")
      let instead =
        switch option.name {
        case "--min-count": ", which takes --min-proba"
        case "--min-proba": ", which takes --min-count"
        default: ""
        }
      throw ValidationError(
        "\(option.name) belongs to --method \(names); it does not apply to \(method.rawValue)\(instead)"
      )
    }
  }

  /// The values of --min-pmi; empty without it.
  private func cohesions() throws -> [Double] {
    guard let minPmi else { return [] }
    let values = minPmi.split(separator: ",").map { Double($0) }
    let numbers = values.compactMap { $0 }
    guard numbers.count == values.count, !numbers.isEmpty, !numbers.contains(where: \.isNaN) else {
      throw ValidationError("--min-pmi \(minPmi): numbers separated by commas are needed")
    }
    let lengths = (order ?? 4) - 1
    let takesLengths = method == .v3 || method == .v5
    guard numbers.count == 1 || takesLengths && numbers.count == lengths else {
      throw ValidationError(
        "--min-pmi got \(numbers.count) values: one is needed"
          + (takesLengths ? ", or \(lengths), for 2 to \(lengths + 1) characters" : ""))
    }
    return numbers
  }

  /// The method with the options given, the articles' settings otherwise.
  private func discoveryMethod() throws -> any DiscoveryMethod {
    let nats = try cohesions()
    switch method {
    case .v0:
      var entropy = BoundaryEntropy()
      set(&entropy.minCount, minCount)
      set(&entropy.minRatio, nats.first.map { exp($0) })
      set(&entropy.minEntropy, minEntropy)
      set(&entropy.order, order)
      return entropy
    case .v1:
      var cutting = PairCutting()
      set(&cutting.minCount, minCount)
      set(&cutting.minPMI, nats.first)
      return cutting
    case .v2:
      var tagging = CharacterTagging()
      set(&tagging.minCount, minCount)
      return tagging
    case .v3, .v5:
      var glue = method == .v3 ? CohesionGlue.v3 : .v5
      set(&glue.minCount, minCount)
      set(&glue.order, order)
      set(&glue.counting, counting)
      set(&glue.backtracking, backtracking)
      glue.repositoryWhitespace = repositoryWhitespace
      if let first = nats.first {
        let all = nats.count > 1 ? nats : [first, first, first]
        glue.threshold = method == .v3 ? .above(ratios: all.map { exp($0) }) : .atLeast(nats: all)
      }
      return glue
    case .v4:
      var minimum = MinimumEntropy()
      set(&minimum.minProbability, minProba)
      set(&minimum.minPMI, nats.first)
      return minimum
    case .autonomy:
      var autonomy = Autonomy()
      autonomy.minCount = minCount
      set(&autonomy.order, order)
      return autonomy
    }
  }

  private func set<Value>(_ property: inout Value, _ given: Value?) {
    if let given { property = given }
  }

  private struct Output: Encodable {
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
    let started = ContinuousClock.now
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.reads("--exclude", selection.exclude)
    if !Ranks.isSilent {
      roles.writes("--out", out)
      roles.writes("--report", report)
    }
    try roles.check()
    let world = try ranks.start()
    if !world.isAlone {
      try world.agree(on: ["the options": CommandLine.arguments.dropFirst().joined(separator: " ")])
    }
    var options = resources.corpusOptions
    options.alphabet = Alphabet(alphabet)
    var result = try discoveryMethod().words(
      of: text.source(files, of: world), corpus: options, explaining: explain,
      work: Terminal.work)
    guard world.isRoot else { return }
    if let minCount { result.words.removeAll { $0.count < minCount } }
    if maxLength > 0 { result.words.removeAll { $0.word.unicodeScalars.count > maxLength } }
    result.words = try selection.select(result.words, word: \.word)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let statistics = result.statistics
    text.note(statistics)
    if let out { try AtomicFile.write(result.tabSeparated(), to: out) }
    if let report {
      try DiscoveryReport.page(result, method: method, seconds: seconds).write(to: report)
    }
    if output.json {
      try Console.json(
        Output(
          method: method.rawValue, words: result.words, score: result.scoreMeaning,
          characters: statistics.characters, bytes: statistics.bytes, seconds: seconds,
          lines: statistics.lines, invalidBytes: statistics.invalidBytes,
          spilled: statistics.spilled,
          skipped: statistics.skipped.map { ["path": $0.path, "reason": $0.reason] },
          explanations: explain.isEmpty ? nil : result.explanations))
      return try text.requireAll(statistics.skipped)
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
    try text.requireAll(statistics.skipped)
  }

  private func describe(_ word: WordExplanation) -> String {
    var text = "\(word.word): \(word.kept ? "kept" : "dropped"): \(word.reason)\n"
    let all = word.textCount ?? word.count
    let touching = all - word.count
    text += "  occurs \(all) times"
    if touching > 0 {
      text += " (\(touching) of them with a number or a Latin word in it or beside it)"
    }
    text += ", cut out \(word.pieces) times\n"
    for split in word.splits {
      let cohesion = split.cohesion.map { String(format: "%.3f nats (ratio %.3f)", $0, exp($0)) }
      text +=
        "  \(split.left) (\(split.leftCount)) | \(split.right) (\(split.rightCount)): cohesion "
        + "\(cohesion ?? "none")\n"
    }
    return text
  }
}
