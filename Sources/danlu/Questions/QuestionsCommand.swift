import ArgumentParser
import ClassicalML
import Formats
import Foundation
import Memory
import Messages
import Parallel
import Questions
import Text
import TextMining

struct QuestionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "questions",
    abstract: "Millions of questions: searched, compared, tagged.",
    discussion: """
      Examples:
        danlu questions import zhidao.json.gz --db zhidao.que
        danlu questions search 怎么学好数学 --db zhidao.que
        danlu questions duplicates --db zhidao.que --top 20
        danlu questions tags 高考报什么专业好 --db zhidao.que
      """,
    subcommands: [
      QuestionsImport.self, QuestionsSearch.self, QuestionsDuplicates.self, QuestionsTags.self,
      QuestionsTemplates.self,
    ])
}

/// The index that a subcommand reads.
struct IndexOptions: ParsableArguments {
  @Option(name: .customLong("db"), help: "The index's file.")
  var path: String

  func open() throws -> QuestionIndex { try QuestionIndex(path: path) }
}

struct QuestionsImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make an index of JSON records or plain lines.",
    discussion: """
      A JSON array or objects one after the other, with `question` and, if there are any, `url` or `id`
      and `tags`; or plain lines: a question and, after tabs, its tags. An index of that name is replaced.

      Examples:
        danlu questions import zhidao.json.gz --db zhidao.que
        cut -f2 questions.tsv | danlu questions import - --db q.que
      """)

  @Argument(help: "Files, or - for standard input; gzip is unpacked.") var files: [String]
  @OptionGroup var index: IndexOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  private struct Output: Encodable {
    let questions, malformed, bytes: Int
    let seconds: Double
  }

  func run() throws {
    let start = DispatchTime.now().uptimeNanoseconds
    var task = QuestionImport()
    task.threads = threads.count
    let summary = try task.run(files, to: index.path, work: Terminal.work)
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    for row in summary.malformed { Console.note("note: left out \(row)") }
    let bytes = try index.open().byteCount
    if output.json {
      return try Console.json(
        Output(
          questions: summary.questions, malformed: summary.malformedCount, bytes: bytes,
          seconds: seconds))
    }
    Console.output(
      "\(index.path): \(NumberText.grouped(summary.questions)) questions, "
        + "\(MemorySize.describe(bytes)) in \(String(format: "%.2f", seconds)) s; "
        + "\(NumberText.grouped(summary.malformedCount)) records left out")
  }
}

struct QuestionsSearch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "The stored questions nearest to a text.",
    discussion: """
      BM25 over pairs of characters finds fifty; BM25 over characters and the order of characters put
      them in order. With --queries: one query a line, empty ones found nowhere; prints query number, rank,
      question number and text, or with --json an object a line, and says how long a query takes.

      Examples:
        danlu questions search 怎么学好数学 --db zhidao.que
        danlu questions search --queries asked.txt --top 3 --db zhidao.que
      """)

  @Argument(help: "The text.") var text: String?
  @Option(help: "A file of queries, one a line; - is standard input.") var queries: String?
  @Option(help: "How many to print.") var top = 10
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if top < 1 { throw ValidationError("--top \(top): at least 1 is needed") }
    if (text == nil) == (queries == nil) {
      throw ValidationError("give a text, or --queries FILE")
    }
  }

  private struct Found: Encodable {
    let score: Double
    let id: UInt64
    let question: String
    let tags: [String]
  }

  func run() throws {
    let index = try index.open()
    if let queries { return try answer(queries, index) }
    let found = self.found(index.search(text ?? "", limit: top), index)
    guard !found.isEmpty else {
      throw Failure("no question shares a character with '\(text ?? "")'")
    }
    if output.json { return try Console.json(found) }
    for item in found {
      Console.output(
        String(format: "%.2f", item.score) + "\t\(item.question)"
          + (item.tags.isEmpty ? "" : "\t\(item.tags.joined(separator: " "))"))
    }
  }

  private func found(_ hits: [QuestionIndex.Hit], _ index: QuestionIndex) -> [Found] {
    hits.map { hit in
      let record = index[hit.question]
      return Found(score: hit.score, id: record.id, question: record.text, tags: record.tags)
    }
  }

  /// What a file of queries gets, written as it is found.
  private func answer(_ path: String, _ index: QuestionIndex) throws {
    struct Answered: Encodable {
      let query: String
      let found: [Found]
    }
    var times: [UInt64] = []
    _ = try TextSource(paths: [path]).forEachLine("searching", work: Terminal.work) { line, _ in
      let query = String(decoding: line, as: UTF8.self)
      let start = DispatchTime.now().uptimeNanoseconds
      let hits = index.search(query, limit: top)
      times.append(DispatchTime.now().uptimeNanoseconds - start)
      if output.json {
        let answered = Answered(query: query, found: found(hits, index))
        return Console.output(try JSONValue(encoding: answered).text())
      }
      let rows = hits.enumerated().map { rank, hit in
        "\(times.count)\t\(rank + 1)\t\(hit.question + 1)\t\(index.text(hit.question))\n"
      }
      Console.output(rows.joined(), terminator: "")
    }
    guard !times.isEmpty else { throw Failure("\(path) has no lines: a query each was expected") }
    times.sort()
    func milliseconds(_ share: Double) -> String {
      String(format: "%.3f", Double(times[Int(Double(times.count - 1) * share)]) * 1e-6)
    }
    Console.note(
      "\(NumberText.grouped(times.count)) queries: half took at most \(milliseconds(0.5)) ms, "
        + "99 of 100 at most \(milliseconds(0.99)) ms")
  }
}

struct QuestionsDuplicates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplicates", abstract: "Questions that say the same, or nearly.",
    discussion: """
      Without --exact: all pairs whose sets of neighboring characters have a Jaccard coefficient of at
      least --threshold; none is missed.

      Examples:
        danlu questions duplicates --db zhidao.que --threshold 0.8
        danlu questions duplicates --exact --db zhidao.que
      """)

  @Flag(help: "Only those equal but for punctuation, case and width.") var exact = false
  @Option(help: "The least coefficient, above 0 and at most 1.") var threshold = 0.7
  @Option(help: "How many pairs or groups to print; 0 prints all.") var top = 0
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if !(threshold > 0 && threshold <= 1) {
      throw ValidationError("--threshold \(threshold): a number above 0 and at most 1 is needed")
    }
  }

  private struct Found: Encodable {
    let similarity: Double
    let questions: [String]
  }

  func run() throws {
    let index = try index.open()
    var found: [Found]
    if exact {
      found = index.exactDuplicates().map { group in
        Found(similarity: 1, questions: group.map { index.text($0) })
      }
    } else {
      var task = NearDuplicates()
      task.threshold = threshold
      found = task.pairs((0..<index.count).map { index.text($0) }).map { pair in
        Found(
          similarity: pair.similarity, questions: [index.text(pair.first), index.text(pair.second)])
      }
    }
    let total = found.count
    if top > 0 { found = Array(found.prefix(top)) }
    if output.json { return try Console.json(found) }
    for item in found {
      Console.output(
        String(format: "%.3f", item.similarity) + "\t" + item.questions.joined(separator: "\t"))
    }
    Console.note(
      "\(total) \(exact ? "groups" : "pairs") among \(NumberText.grouped(index.count)) questions")
  }
}

struct QuestionsTags: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tags",
    abstract: "Suggest tags by the nearest questions; measure that beside trained models.",
    discussion: """
      Examples:
        danlu questions tags 高考报什么专业好 --db zhidao.que
        danlu questions tags --measure 1000 --db zhidao.que
      """)

  @Argument(help: "A question.") var text: String?
  @Option(help: "How many questions vote.") var neighbors = 20
  @Option(
    help:
      """
      Instead: how often the first tag is one of a stored question's, for this many of them; also by \
      naive Bayes and logistic regression on the others' first tags.
      """)
  var measure: Int?
  @Option(help: "How many tags to print.") var top = 5
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if (text == nil) == (measure == nil) {
      throw ValidationError("give a question, or --measure COUNT")
    }
    if neighbors < 1 { throw ValidationError("--neighbors \(neighbors): at least 1 is needed") }
    if let measure, measure < 1 {
      throw ValidationError("--measure \(measure): at least 1 is needed")
    }
  }

  private struct Suggestion: Encodable {
    let tag: String
    let share: Double
  }

  private struct Measurement: Encodable {
    let questions: Int
    let nearest: Double
    let naiveBayes: Double?
    let logistic: Double?
    let majority: Double
  }

  func run() throws {
    let index = try index.open()
    guard index.tags.count > 0 else { throw Failure("\(self.index.path) has no tags") }
    if let measure { return try report(index, measure) }
    let found = index.suggestTags(text ?? "", neighbors: neighbors).prefix(top).map {
      Suggestion(tag: $0.tag, share: $0.share)
    }
    guard !found.isEmpty else { throw Failure("no tagged question is near '\(text ?? "")'") }
    if output.json { return try Console.json(found) }
    for item in found { Console.output("\(item.tag)\t\(String(format: "%.3f", item.share))") }
  }

  private func report(_ index: QuestionIndex, _ wanted: Int) throws {
    let tagged = (0..<index.count).filter { !index[$0].tags.isEmpty }
    let step = max(1, tagged.count / wanted)
    let chosen = stride(from: 0, to: tagged.count, by: step).prefix(wanted).map { tagged[$0] }
    var counts: [String: Int] = [:]
    for question in tagged { for tag in Set(index[question].tags) { counts[tag, default: 0] += 1 } }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    var right = 0
    var majority = 0
    for question in chosen {
      let record = index[question]
      let best = index.suggestTags(record.text, neighbors: neighbors, excluding: question).first
      if let best, record.tags.contains(best.tag) { right += 1 }
      if let most, record.tags.contains(most) { majority += 1 }
    }
    let learning = tagged.filter { !Set(chosen).contains($0) }
    let models = try ["complement-bayes", "logistic(C=10)"].map {
      try share(of: chosen, in: index, trained: $0, on: learning)
    }
    let result = Measurement(
      questions: chosen.count, nearest: Double(right) / Double(chosen.count),
      naiveBayes: models[0], logistic: models[1],
      majority: Double(majority) / Double(chosen.count))
    if output.json { return try Console.json(result) }
    Console.output(
      String(
        format:
          "first tag right: %.4f by %d neighbors, %@ by naive Bayes, %@ by logistic regression, "
          + "%.4f by the most frequent tag (%d questions)",
        result.nearest, neighbors, shown(result.naiveBayes), shown(result.logistic),
        result.majority, result.questions))
  }

  private func shown(_ share: Double?) -> String { share.map { String(format: "%.4f", $0) } ?? "–" }

  /// How often a model learnt from the first tags of `learning` finds one of the tags of `chosen`; `nil` where
  /// there are not two tags to tell apart.
  private func share(
    of chosen: [Int], in index: QuestionIndex, trained model: String, on learning: [Int]
  ) throws -> Double? {
    let first = learning.map { index[$0].tags[0] }
    let classes = Set(first).sorted()
    guard classes.count > 1 else { return nil }
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    let schema = Schema(
      columns: [Schema.Column("question", .text)], label: "tag", labelPlace: 1, classes: classes)
    func frame(_ questions: [Int]) -> Frame {
      Frame([.texts(TextColumn(questions.map { index.text($0) }))])
    }
    let examples = Examples(
      schema: schema, frame: frame(learning),
      targets: .classes(first.map { numbers[$0] ?? 0 }, count: classes.count))
    let predictor = try Predictor.fit(
      try ModelSpecification(parsing: model), examples, TrainingOptions(), work: Terminal.work)
    let found = predictor.classes(frame(chosen))
    let right = zip(chosen, found).count { index[$0].tags.contains(classes[Int($1)]) }
    return Double(right) / Double(chosen.count)
  }
}

struct QuestionsTemplates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "templates", abstract: "The sentence templates of the stored questions.",
    discussion: """
      With --words questions are cut by that dictionary; without it every character is a word. More
      options: danlu words templates. Source: 最小熵原理（三） (2018).

      Examples:
        danlu questions templates --words words.tsv --db zhidao.que --top 50
      """)

  @Option(help: "A dictionary: word and count on each line.") var words: String?
  @Option(help: "How many templates to print; 0 prints all.") var top = 30
  @OptionGroup var index: IndexOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var output: OutputOptions

  private struct Template: Encodable {
    let template: String
    let count: Int
  }

  func run() throws {
    let index = try index.open()
    let segmenter = try words.map { try Segmenter(try WordList(contentsOf: $0)) }
    let sentences: [[Substring]] = (0..<index.count).map { question in
      let text = index.text(question)
      let words = segmenter?.words(in: text) ?? text.map(String.init)
      return words.filter { $0.contains { $0.isLetter || $0.isNumber } }.map { Substring($0) }
    }
    var mining = TemplateMining()
    mining.threads = threads.count
    let result = try mining.mine(sentences, work: Terminal.work)
    if result.crowded > 0 {
      Console.note(
        "note: \(result.crowded) questions with more than \(mining.pathLimit) paths left out")
    }
    var shown = result.templates.filter { !$0.template.isTrivial }
    if top > 0 { shown = Array(shown.prefix(top)) }
    if output.json {
      return try Console.json(
        shown.map { Template(template: $0.template.text, count: $0.count) })
    }
    for item in shown { Console.output("\(item.template.text)\t\(item.count)") }
  }
}
