import ArgumentParser
import Formats
import Foundation
import Parallel
import Text
import TextMining

struct WordsTemplates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "templates",
    abstract: "Find sentence templates, and read sentences with them.",
    discussion: """
      One sentence a line. With --words it is cut by that dictionary; without it, spaces separate
      words. X stands for one or more words. Source: 最小熵原理（三） (2018).

      Examples:
        danlu words templates --words words.tsv questions.txt --top 50
        danlu words templates --words words.tsv questions.txt --out templates.tsv
        danlu words templates --templates templates.tsv --words words.tsv --parse 鸡蛋可以吃吗
      """)

  @Argument(help: "Text files, or - for standard input; gzip is unpacked.")
  var files: [String] = []

  @Option(help: "A dictionary: word and count on each line.")
  var words: String?

  @Option(help: "Templates to read with: `template TAB count` lines, as --out writes.")
  var templates: String?

  @Option(help: "Read this sentence; repeatable. Needs --templates, or files to find templates in.")
  var parse: [String] = []

  @Option(help: "How far apart two words may stand.")
  var window = 5

  @Option(help: "Least share of a pair or a template.")
  var minProba = 1e-5

  @Option(help: "Least PMI of a pair, nats.")
  var minPmi = 2.0

  @Option(help: "How many templates to print; 0 prints all.")
  var top = 0

  @Flag(help: "Leave out templates that only say a word occurs (X w X).")
  var nonTrivial = false

  @Option(help: "Write the templates to this file instead of standard output.")
  var out: String?

  @OptionGroup var segmentation: SegmentationArguments
  @OptionGroup var text: TextOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if files.isEmpty, templates == nil {
      throw ValidationError("name text files to find templates in, or give --templates")
    }
    if !files.isEmpty, templates != nil {
      throw ValidationError("--templates are ready templates; leave the text files out")
    }
    if templates != nil, parse.isEmpty { throw ValidationError("--templates needs --parse") }
    if words == nil, !segmentation.userWords.isEmpty {
      throw ValidationError(
        "--user-words needs --words: without a dictionary spaces separate words")
    }
    if window < 1 { throw ValidationError("--window \(window): at least 1 is needed") }
    if !(minProba > 0 && minProba < 1) {
      throw ValidationError("--min-proba \(minProba): a share between 0 and 1 is needed")
    }
  }

  private struct Template: Encodable {
    let template: String
    let count: Int
  }

  private struct Reading: Encodable {
    let sentence: String
    let reading: String
    let score: Double
  }

  private struct Output: Encodable {
    let templates: [Template]
    let sentences: Int
    let crowded: Int
    let readings: [Reading]
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the text", files)
    roles.reads("--words", words)
    roles.reads("--user-words", segmentation.userWords)
    roles.reads("--templates", templates)
    roles.writes("--out", out)
    try roles.check()
    let segmenter = try words.map { try segmentation.segmenter(try WordList(noting: $0)) }
    var mining = TemplateMining()
    mining.window = window
    mining.minProbability = minProba
    mining.minPMI = minPmi
    mining.threads = threads.count
    var skipped: [SkippedFile] = []
    let result: TemplateMining.Result
    if let templates {
      var ready = TemplateMining.Result()
      ready.templates = try SentenceTemplate.list(contentsOf: templates)
      result = ready
    } else {
      let sentences = try sentences(segmenter, skipped: &skipped)
      guard !sentences.isEmpty else {
        throw Failure("\(files.joined(separator: ", ")): no sentences")
      }
      result = try mining.mine(
        sentences,
        work: Terminal.work)
    }
    if result.crowded > 0 {
      Console.note(
        "note: \(result.crowded) sentences with more than \(mining.pathLimit) paths left out")
    }
    let parser = TemplateParser(result.templates)
    let readings = try parse.map { sentence in
      let words =
        segmenter?.words(in: sentence) ?? sentence.split(separator: " ").map(String.init)
      let (tree, score) = try parser.parse(words)
      return Reading(sentence: sentence, reading: tree.text, score: score)
    }
    var shown = result.templates.filter { !nonTrivial || !$0.template.isTrivial }
    if top > 0 { shown = Array(shown.prefix(top)) }
    let lines = shown.map { "\($0.template.text)\t\($0.count)\n" }.joined()
    if let out { try AtomicFile.write(lines, to: out) }
    if output.json {
      try Console.json(
        Output(
          templates: shown.map { Template(template: $0.template.text, count: $0.count) },
          sentences: result.sentences, crowded: result.crowded, readings: readings))
    } else {
      for reading in readings {
        Console.output("\(reading.reading)\t\(String(format: "%.4f", reading.score))")
      }
      if readings.isEmpty, out == nil { Console.output(lines, terminator: "") }
    }
    try text.requireAll(skipped)
  }

  private func sentences(_ segmenter: Segmenter?, skipped: inout [SkippedFile]) throws
    -> [[Substring]]
  {
    guard let segmenter else {
      var sentences: [[Substring]] = []
      skipped = try text.source(files).forEachLine("reading", work: Terminal.work) { line, _ in
        let words = try SegmentationScore.words(line, work: Terminal.work)
        if !words.isEmpty { sentences.append(words) }
      }
      text.note(skipped: skipped)
      return sentences
    }
    var sentences: [[Substring]] = []
    let stream = SegmentationStream(segmenter, threads: threads.count)
    let totals = try stream.run(
      text.source(files), format: .text,
      work: Terminal.work
    ) { bytes in
      for line in bytes.split(separator: 0x0A) {
        sentences.append(SegmentationScore.words(line))
      }
    }
    skipped = totals.skipped
    text.note(skipped: skipped)
    text.note(badRecords: totals.badRecords)
    SegmentationArguments.note(
      unmet: totals.unmetUserWords, of: segmenter.givenUserWords.count, option: "--user-words")
    if totals.words > 0, !totals.meetsDictionary, let words {
      SegmentationArguments.noteUselessDictionary(words)
    }
    return sentences
  }
}
