import ArgumentParser
import Formats
import Foundation
import Knowledge
import Text

struct KnowledgeAsk: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Answer a question from the triples, or say what comes nearest.",
    discussion: """
      Rules and counts, nothing learned: which stretch names an entity (by its name or another one of
      its names), which attribute the rest names best, which kind of value is asked for. Also two steps
      (曹禺的毕业院校的所在地), entities by value (毕业院校是清华大学的有谁), numbers of them, and
      the largest or smallest where values are quantities of one unit. An answer comes with its rows.
      With --learnt, also what other questions have taught.

      Examples:
        danlu knowledge ask 曹禺的出生地是哪里 --db base.kno
        danlu knowledge ask --questions questions.txt --db base.kno > answers.tsv
      """)

  @Argument(help: "The question.") var question: String?
  @Option(
    help:
      """
      A file of questions, one a line; prints question, answer, entity, attribute, score, or with \
      --json an object a line.
      """)
  var questions: String?
  @Option(help: "A file of `danlu knowledge learn`: what other questions taught.")
  var learnt: String?
  @Option(help: "Refuse answers of a lower score; lower it for more answers, wrong ones too.")
  var threshold = AnswerEngine.defaultThreshold
  @OptionGroup var base: BaseOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if (question == nil) == (questions == nil) {
      throw ValidationError("give a question, or --questions FILE")
    }
  }

  private struct Output: Encodable {
    let question: String
    let answered: Bool
    let form: String?
    let values: [String]
    let triples: [KnowledgeBase.Triple]
    let score: Double?
    let nearest: [KnowledgeBase.Triple]

    init(_ question: String, _ reply: Reply) {
      let answer = reply.answer
      self.question = question
      answered = answer != nil
      form = answer?.form.rawValue
      values = answer?.values ?? []
      triples = answer?.triples ?? []
      score = answer?.score
      nearest = if case .refusal(let answers) = reply { answers.flatMap(\.triples) } else { [] }
    }
  }

  func run() throws {
    var engine = AnswerEngine(try base.open())
    engine.threshold = threshold
    engine.learnt = try learnt.map { try LearntAttributes(path: $0) }
    if let questions { return try answer(questions, engine) }
    let text = question ?? ""
    let reply = engine.ask(text)
    if output.json {
      try Console.json(Output(text, reply))
      if reply.answer == nil { throw ExitCode(1) }
      return
    }
    switch reply {
    case .answer(let answer):
      for value in answer.values { Console.output(value) }
      for triple in answer.triples.prefix(10) {
        Console.note("  from \(triple.entity) · \(triple.attribute) · \(triple.value)")
      }
      if answer.triples.count > 10 { Console.note("  and \(answer.triples.count - 10) more rows") }
    case .refusal(let nearest):
      let near = nearest.first.map { answer in
        let triple = answer.triples[0]
        return "; nearest is \(triple.entity) · \(triple.attribute) · \(triple.value)"
          + " (score \(String(format: "%.2f", answer.score)), --threshold \(threshold))"
      }
      throw Failure("no answer in \(base.path)" + (near ?? ": it names no entity of the question"))
    }
  }

  /// What a file of questions gets, written as it is found.
  private func answer(_ path: String, _ engine: AnswerEngine) throws {
    _ = try TextSource(paths: [path]).forEachLine("asking", work: Terminal.work) { line, _ in
      let question = String(decoding: line, as: UTF8.self)
      guard !question.isEmpty else { return }
      let reply = engine.ask(question)
      if output.json {
        return Console.output(try JSONValue(encoding: Output(question, reply)).text())
      }
      let triple = reply.answer?.triples.last
      let cells = [
        question, reply.answer?.values.joined(separator: "|") ?? "", triple?.entity ?? "",
        triple?.attribute ?? "", reply.answer.map { String(format: "%.3f", $0.score) } ?? "",
      ]
      Console.output(
        cells.map {
          $0.replacingOccurrences(of: "\t", with: " ").replacingOccurrences(of: "\n", with: " ")
        }.joined(separator: "\t"))
    }
  }

}
