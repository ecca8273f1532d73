import ArgumentParser
import Foundation
import Knowledge
import Messages
import Text

struct KnowledgeLearn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Learn from questions with known rows which words ask for which attributes.",
    discussion: """
      FILE has lines of question, entity and attribute, separated by tabs. Every fifth question is kept
      apart, and how many of those find their row is printed, with and without what was learnt.

      Examples:
        danlu knowledge learn questions.tsv --db base.kno --out learnt.kla
        danlu knowledge ask 骆驼祥子是谁写的 --db base.kno --learnt learnt.kla
      """)

  @Argument(help: "The questions.") var file: String
  @Option(help: "The file to write.") var out: String
  @Option(help: "Keep every N-th question apart; 0 learns from all.") var holdOut = 5
  @Option(help: "Times that the questions are gone through.") var passes = 5
  @Option(help: "Seed of their order.") var seed: UInt64 = 0
  @OptionGroup var base: BaseOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard holdOut == 0 || holdOut > 1 else {
      throw ValidationError("--hold-out is \(holdOut), expected 0 or at least 2")
    }
    guard passes > 0 else { throw ValidationError("--passes is \(passes), expected at least 1") }
  }

  private struct Output: Encodable {
    let questions, unused, heldOut: Int
    let right, rightWithout: Double?
  }

  func run() throws {
    var roles = FileRoles()
    roles.reads("the questions", [file])
    roles.reads("--db", [base.path])
    roles.writes("--out", out)
    try roles.check()
    let base = try base.open()
    let (examples, malformed) = try read()
    if let first = malformed.first {
      Console.note(
        "\(NumberText.grouped(malformed.count)) lines were left out, the first one \(first): expected "
          + "question, entity and attribute, separated by tabs")
    }
    var training = LearntAttributes.Training()
    training.passes = passes
    training.seed = seed
    let isHeldOut = { (index: Int) in holdOut > 0 && index % holdOut == holdOut - 1 }
    let (learnt, unused) = try LearntAttributes.learn(
      examples.indices.filter { !isHeldOut($0) }.map { examples[$0] }, base, training,
      work: Terminal.work)
    try learnt.write(to: out)
    let kept = examples.indices.filter(isHeldOut).map { examples[$0] }
    var engine = AnswerEngine(base)
    engine.threshold = -.infinity
    let without = share(of: kept, engine)
    engine.learnt = learnt
    let with = share(of: kept, engine)
    if output.json {
      return try Console.json(
        Output(
          questions: examples.count - kept.count - unused, unused: unused, heldOut: kept.count,
          right: with, rightWithout: without))
    }
    if unused > 0 {
      Console.note(
        "\(NumberText.grouped(unused)) questions were left out: they do not name their entity, or its row "
          + "is not in \(base.path)")
    }
    var line =
      "\(out): learnt from \(NumberText.grouped(examples.count - kept.count - unused)) questions"
    if let with, let without {
      line += String(
        format: "; of %@ kept apart %.1f %% find their row, without learning %.1f %%",
        NumberText.grouped(kept.count), with * 100, without * 100)
    }
    Console.output(line)
  }

  private func read() throws -> (examples: [LearntAttributes.Example], malformed: [String]) {
    var malformed: [String] = []
    var examples: [LearntAttributes.Example] = []
    _ = try TextSource(paths: [file]).forEachLine("reading", work: Terminal.work) { line, place in
      if line.isEmpty { return }
      let columns = String(decoding: line, as: UTF8.self).components(separatedBy: "\t")
      guard columns.count >= 3, !columns.prefix(3).contains("") else {
        return malformed.append(place.description)
      }
      examples.append(.init(question: columns[0], entity: columns[1], attribute: columns[2]))
    }
    return (examples, malformed)
  }

  private func share(of examples: [LearntAttributes.Example], _ engine: AnswerEngine) -> Double? {
    guard !examples.isEmpty else { return nil }
    let right = examples.count { example in
      engine.ask(example.question).answer?.triples.last.map {
        $0.entity == example.entity && $0.attribute == example.attribute
      } ?? false
    }
    return Double(right) / Double(examples.count)
  }
}
