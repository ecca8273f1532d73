import ArgumentParser
import Formats
import Foundation
import Parallel
import Text
import TextMining

struct WordsDomain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "domain",
    abstract: "Find the terms of a domain: target text against background text.",
    discussion: """
      The article's pipeline (分享一次专业领域词汇的无监督挖掘, 2019): a vocabulary of each side, a ranking of
      words by how much they belong to the target, word vectors of the target, expansion from seed
      words to similar ones, rules that drop what is no term. Without --seeds the program proposes some; given
      seeds are always in the answer.

      Examples:
        danlu words domain --target power.txt
        danlu words domain --target power.txt --background news.txt laws.txt
        danlu words domain --target power.jsonl.gz --background rest.jsonl.gz --field text --seeds seeds.txt
        danlu words domain --target laws.txt --background news.txt --no-expand --ranking log-odds --json
        danlu words domain --print-rules > rules.json
      """)

  @Option(parsing: .upToNextOption, help: "Files of the domain; gzip is unpacked.")
  var target: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: "Files of other text; without them counts of general Chinese that Danlu brings.")
  var background: [String] = []

  @Option(help: "Seed words, one a line.")
  var seeds: String?

  @Option(
    help: """
      What is no term: general (function words, numbers), article (made for one power company's papers), \
      none, or a rule file (JSON; --print-rules prints one).
      """)
  var rules = "general"

  @Flag(help: "Print the rules that --rules names as a rule file.")
  var printRules = false

  @Option(help: "share, log-odds, likelihood-ratio, weirdness, divergence or frequency.")
  var ranking = DomainRanking.share

  @Option(help: "How the vocabularies are found: v4 (the article's), v1, v3, v5 or autonomy.")
  var method = DiscoveryPreset.v4

  @Flag(inversion: .prefixedNo, help: "Spread from seeds by word vectors.")
  var expand = true

  @Option(help: "Least cosine that admits a neighbor of a seed.")
  var minSimilarity: Float = 0.6

  @Option(help: "How fast that threshold rises with the distance from the seeds.")
  var steepness: Float = 0.35

  @Option(parsing: .upToNextOption, help: "Words whose mean vector is added to each query.")
  var center: [String] = []

  @Option(parsing: .upToNextOption, help: "Words whose mean vector is subtracted.")
  var negative: [String] = []

  @Option(help: "Shortest term.")
  var minLength = 3

  @Option(help: "How many terms.")
  var top = 10_000

  @Option(help: "How many contexts to show for each of the first 100 terms.")
  var contexts = 0

  @Flag(help: "Leave words that one side lacks without a score, as the published code does.")
  var naCompat = false

  @Option(help: "Write the terms to this file instead of standard output.")
  var out: String?

  @Option(help: "Write a page with tables and charts to this file.")
  var report: String?

  @OptionGroup var text: TextOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if printRules { return }
    if target.isEmpty { throw ValidationError("--target is missing: files of the domain") }
    if (target + background).contains("-") {
      throw ValidationError(
        "the files are read more than once: standard input cannot be one of them")
    }
    if !expand, seeds != nil || !center.isEmpty || !negative.isEmpty {
      throw ValidationError("--no-expand uses no seeds, --center or --negative")
    }
    if naCompat, ranking != .share {
      throw ValidationError("--na-compat belongs to --ranking share")
    }
    if !(minSimilarity >= 0 && minSimilarity <= 1) {
      throw ValidationError("--min-similarity \(minSimilarity): a cosine between 0 and 1 is needed")
    }
    if method == .v0 {
      throw ValidationError("--method v0 counts no cut pieces; v1 to v5 or autonomy are needed")
    }
  }

  private struct Output: Encodable {
    struct Entry: Encodable {
      let word: String
      let score: Double
      let count: Int
      let backgroundCount: Int
      let depth: Int?
      let contexts: [KeywordInContext]?
    }
    let terms: [Entry]
    let seeds: [String]
    let proposedSeeds: Bool
    let targetWords: Int
    let backgroundWords: Int
    let admitted: Int
    let seconds: Double
  }

  func run() throws {
    let ruleSet =
      try DomainRules.named.first { $0.name == rules }?.rules ?? DomainRules(contentsOf: rules)
    if printRules { return try Console.json(ruleSet) }
    let started = ContinuousClock.now
    var roles = FileRoles()
    roles.reads("--target", target)
    roles.reads("--background", background)
    roles.reads("--seeds", seeds)
    roles.reads("--rules", rules)
    roles.writes("--out", out)
    roles.writes("--report", report)
    try roles.check()
    var options = DomainVocabulary.Options()
    // The article's v4 is not that of the default settings.
    if method != .v4 { options.discovery = method.method }
    options.ranking = ranking
    options.missingIsUndefined = naCompat
    options.rules = ruleSet
    if let seeds {
      let list = try WordList(linesOf: seeds)
      list.noteOmissions(seeds)
      options.seeds = list.words
    }
    options.expands = expand
    options.expansion.minSimilarity = minSimilarity
    options.expansion.steepness = steepness
    options.expansion.center = center
    options.expansion.negatives = negative
    options.expansion.threads = resources.threads.count
    options.minLength = minLength
    options.termLimit = top > 0 ? top : .max
    let source = text.source(target)
    let result = try DomainVocabulary(options, corpus: resources.corpusOptions).run(
      target: source, background: background.isEmpty ? nil : text.source(background),
      work: Terminal.work)
    note(result)
    let shown = result.terms.prefix(DomainReport.shownTerms).map(\.word)
    // The page always shows one.
    let limit = report == nil ? contexts : max(1, contexts)
    let found =
      limit > 0 ? try KeywordInContext.find(shown, in: source, limit: limit) : [:]
    let asked = contexts > 0 ? found : [:]
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let lines = result.terms.map { term in
      let line =
        "\(term.word)\t\(String(format: "%.6f", term.score))\t\(term.targetCount)\t\(term.backgroundCount)\n"
      return line
        + (asked[term.word] ?? []).map { "#\t\($0.left)【\($0.word)】\($0.right)\n" }.joined()
    }.joined()
    if let out { try AtomicFile.write(lines, to: out) }
    if let report {
      try DomainReport.page(result, ranking: ranking, contexts: found).write(to: report)
    }
    if output.json {
      try Console.json(
        Output(
          terms: result.terms.map { term in
            Output.Entry(
              word: term.word, score: term.score, count: term.targetCount,
              backgroundCount: term.backgroundCount, depth: term.depth, contexts: asked[term.word])
          }, seeds: result.seeds, proposedSeeds: result.proposedSeeds,
          targetWords: result.targetWords, backgroundWords: result.backgroundWords,
          admitted: result.admitted, seconds: seconds))
      return try text.requireAll(result.skipped)
    }
    if result.proposedSeeds {
      Console.note("proposed seeds: \(result.seeds.prefix(20).joined(separator: " ")) …")
    }
    if out == nil { Console.output(lines, terminator: "") }
    Console.note(
      String(
        format: "%d terms of %d target words in %.2f s", result.terms.count, result.targetWords,
        seconds))
    try text.requireAll(result.skipped)
  }

  /// What was left out, and what was asked for and is not there.
  private func note(_ result: DomainVocabulary.Result) {
    text.note(skipped: result.skipped)
    if background.isEmpty {
      Console.note("note: no --background; compared with counts of general Chinese")
    }
    if !result.dropped.isEmpty {
      let examples = result.dropped.prefix(3).map { "\($0.word) (\($0.objection))" }
      Console.note(
        "note: rules dropped \(result.dropped.count) words, such as \(examples.joined(separator: ", "))"
      )
    }
    SegmentationArguments.note(
      unmet: result.unmetSeeds, of: result.seeds.count, option: "--seeds")
  }
}

extension DomainRanking: ExpressibleByArgument {}
