import ArgumentParser
import Articles
import Formats
import Foundation
import Knowledge
import Messages
import Text
import Tracking

struct AskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Ask a trained reader a question about passages.",
    discussion: """
      A run of `danlu run reading-comprehension` answers: the newest under --runs unless --run names one,
      from the passages it kept unless --passage gives others. Without a question it asks for questions,
      one a line. "no answer" is an answer: the passages do not tell. With --knowledge, a base of
      `danlu knowledge import` answers first, and the passages only what it refuses; the reply says which.

      Examples:
        danlu ask "谁写了《山河记》？"
        danlu ask --passage notes.txt --json "公司的总部在哪？"
        danlu ask --run runs/reading-comprehension-20260101-120000
        danlu ask --knowledge base.kno --passage notes.txt "曹禺的出生地是哪里"
      """)

  @Argument(help: "The question; without it, lines of standard input.")
  var question: String?

  @OptionGroup var chosen: RunChoice

  @Option(help: "A text file with a passage; repeatable.")
  var passage: [String] = []

  @Option(help: "A base of triples that answers first.")
  var knowledge: String?

  @OptionGroup var output: OutputOptions

  /// An answer of triples: none of the fields of a reading, as nothing was read.
  private struct KnownReply: Encodable {
    var source = "triples"
    let question: String
    let answer: String
    let score: Double
    let triples: [KnowledgeBase.Triple]
  }

  private struct Reply: Encodable {
    struct Vote: Encodable {
      let passage: String
      let vote: Double
      let start, end: Int?
    }

    /// Told only where there was a choice.
    let source: String?
    let question: String
    let answer: String?
    let score: Double
    let votes: [Vote]
  }

  func run() throws {
    let engine = try knowledge.map { AnswerEngine(try KnowledgeBase(path: $0)) }
    var given: [String]?
    if !passage.isEmpty {
      given = try passage.map { path in
        let text = String(decoding: try TextConversion.utf8(ofFile: path), as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw FileError(path: path, reason: "holds no text") }
        return text
      }
    }
    // With triples a reader is needed only for what they refuse.
    var reader = engine == nil ? try answerer() : nil
    func reply(to question: String) throws {
      if let known = engine?.ask(question).answer { return try self.reply(to: question, known) }
      let answer = try reader ?? answerer()
      reader = answer
      try self.reply(to: question, try answer(question, given) { _ in true })
    }
    if let question { return try reply(to: question) }
    var asked = 0
    while let line = readLine() {
      let question = line.trimmingCharacters(in: .whitespaces)
      if question.isEmpty { continue }
      asked += 1
      try reply(to: question)
    }
    if asked == 0 { throw ValidationError("there is no question: give one, or one a line") }
  }

  func validate() throws {
    if let question, question.allSatisfy(\.isWhitespace) {
      throw ValidationError("the question is empty")
    }
  }

  private func answerer() throws -> SavedReader.Answerer {
    do {
      return try SavedReader(
        folder: chosen.path(of: "reading-comprehension", with: "reader/model.safetensors")
      ).answerer()
    } catch {
      guard let knowledge else { throw error }
      throw Failure(
        "the triples of \(knowledge) have no answer, and no reader can be asked: \(error)")
    }
  }

  private func reply(to question: String, _ answer: Answer) throws {
    let text = answer.values.joined(separator: "、")
    guard !output.json else {
      return try Console.json(
        KnownReply(question: question, answer: text, score: answer.score, triples: answer.triples))
    }
    Console.output(text)
    let score = NumberText.fixed(answer.score, decimals: 2)
    for triple in answer.triples.prefix(10) {
      Console.output("  \(score)  triple \(triple.entity) · \(triple.attribute) · \(triple.value)")
    }
  }

  private func reply(to question: String, _ answer: SavedReader.Answer) throws {
    guard !output.json else {
      return try Console.json(
        Reply(
          source: knowledge == nil ? nil : "passages", question: question, answer: answer.text,
          score: answer.score,
          votes: answer.passages.map {
            Reply.Vote(
              passage: $0.text, vote: $0.vote, start: $0.place?.lowerBound,
              end: $0.place?.upperBound)
          }))
    }
    if knowledge != nil { Console.note("no triple answers; read from the passages:") }
    Console.output(answer.text ?? "no answer in \(answer.passages.count) passages")
    for passage in answer.passages {
      let vote = NumberText.fixed(passage.vote, decimals: 2)
      Console.output("  \(vote)  \(marked(passage))")
    }
  }

  /// The passage with the answer in brackets, shortened around it.
  private func marked(_ passage: SavedReader.Passage) -> String {
    let scalars = Array(passage.text.unicodeScalars)
    func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
    guard let place = passage.place else {
      return text(0..<min(60, scalars.count)) + (scalars.count > 60 ? "…" : "")
    }
    let start = max(0, place.lowerBound - 30)
    let end = min(scalars.count, place.upperBound + 30)
    return (start > 0 ? "…" : "") + text(start..<place.lowerBound) + "【" + text(place) + "】"
      + text(place.upperBound..<end) + (end < scalars.count ? "…" : "")
  }
}
