import ArgumentParser
import Reports
import WordVectors

struct VectorsEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Word similarity (Spearman) and analogies (accuracy).",
    discussion: """
      Pairs: two words and a number on each line. Analogies: four words on each line, `: name`
      begins a section. What has an unknown word is skipped and counted as missing.

      Examples:
        danlu vectors evaluate model.safetensors --pairs wordsim353.tsv --json
        danlu vectors evaluate model.safetensors --analogies ca8.txt
      """)

  @OptionGroup var file: VectorFileOptions

  @Option(help: "A file of word pairs and judgments.")
  var pairs: String?

  @Option(help: "A file of analogy questions.")
  var analogies: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if pairs == nil, analogies == nil { throw ValidationError("give --pairs or --analogies") }
  }

  private struct Section: Encodable {
    let section: String
    let accuracy: Double
    let correct, answered, missing: Int
  }
  private struct Output: Encodable {
    var spearman: Double?
    var pairs: Int?
    var missing: Int?
    var analogies: [Section]?
    var accuracy: Double?
  }

  func run() throws {
    let vectors = try file.read()
    var report = Output()
    if let pairs {
      let result = try WordSimilarity(contentsOf: pairs).evaluate(vectors)
      report.spearman = result.spearman
      report.pairs = result.pairs
      report.missing = result.missing
    }
    if let analogies {
      let sections = try AnalogyQuestions(contentsOf: analogies).evaluate(
        vectors, threads: threads.count, work: Terminal.work)
      let answered = sections.reduce(0) { $0 + $1.result.answered }
      report.accuracy =
        answered > 0
        ? Double(sections.reduce(0) { $0 + $1.result.correct }) / Double(answered) : 0
      report.analogies = sections.map {
        Section(
          section: $0.section, accuracy: $0.result.accuracy, correct: $0.result.correct,
          answered: $0.result.answered, missing: $0.result.missing)
      }
    }
    if output.json { return try Console.json(report) }
    if let spearman = report.spearman, let found = report.pairs, let missing = report.missing {
      Console.output("spearman \(spearman)  (\(found) pairs, \(missing) missing)")
    }
    for section in report.analogies ?? [] {
      Console.output(
        "\(section.section)  accuracy \(section.accuracy)  (\(section.correct) of "
          + "\(section.answered), \(section.missing) missing)")
    }
  }
}
