import Formats
import Messages

/// A question, the passages that were found for it, and what each answers.
struct ReadingItem: Sendable, Equatable {
  struct Passage: Sendable, Equatable {
    var text: String
    /// Empty if the passage does not tell.
    var answer: String
  }

  var id: String
  var question: String
  var passages: [Passage]

  /// What the passages answer, in their order.
  var answers: [String] { passages.map(\.answer).filter { !$0.isEmpty } }
}

/// Reads questions in the forms in which the public collections come.
///
/// - WebQA, one object a line or all in a list: `{id, question, passages: [{passage, answer}]}`, or
///   `evidences: [{evidence, answer: […]}]` in place of passages.
/// - SQuAD, CMRC 2018, DRCD: `{data: [{paragraphs: [{context, qas: [{id, question, answers}]}]}]}`.
/// - DuReader 2.0, one object a line: `{question_id, question, documents: [{paragraphs}], answers}`.
enum ReadingFiles {
  static func read(_ path: String) throws -> [ReadingItem] {
    let bytes = try ByteSource(path: path).readAll()
    var items: [ReadingItem] = []
    if let whole = try? bytes.withUnsafeBytes({ try JSONValue(parsing: $0) }) {
      if let data = whole["data"]?.arrayValue {
        items = data.flatMap(squad)
      } else {
        items = (whole.arrayValue ?? [whole]).enumerated().compactMap { item($1, $0) }
      }
    } else {
      let text = bytes.last == 0x0A ? bytes : bytes + [0x0A]
      let lines = try text.withUnsafeBytes { try JSONLines.parse($0, path: path).values }
      items = lines.enumerated().compactMap { item($1, $0) }
    }
    items = items.filter { !$0.question.allSatisfy(\.isWhitespace) }
    guard !items.isEmpty else {
      throw FileError(
        path: path,
        reason: "has no question with passages; known are WebQA's, SQuAD's and DuReader's JSON")
    }
    return items
  }

  private static func item(_ value: JSONValue, _ index: Int) -> ReadingItem? {
    guard let question = value["question"]?.stringValue else { return nil }
    var passages = (value["passages"]?.arrayValue ?? []).compactMap { entry in
      entry["passage"]?.stringValue.map {
        ReadingItem.Passage(text: $0, answer: entry["answer"]?.stringValue ?? "")
      }
    }
    passages += (value["evidences"]?.arrayValue ?? []).compactMap { entry in
      entry["evidence"]?.stringValue.map {
        let answers = entry["answer"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let answer = answers.first { $0 != "no_answer" } ?? ""
        return ReadingItem.Passage(text: $0, answer: answer)
      }
    }
    if passages.isEmpty { passages = documents(value) }
    guard !passages.isEmpty else { return nil }
    let id = value["id"]?.stringValue ?? value["id"]?.integerValue.map(String.init)
    return ReadingItem(id: id ?? String(index), question: question, passages: passages)
  }

  /// DuReader's: paragraphs of which one may hold an answer word for word.
  private static func documents(_ value: JSONValue) -> [ReadingItem.Passage] {
    let answers = value["answers"]?.arrayValue?.compactMap(\.stringValue) ?? []
    return (value["documents"]?.arrayValue ?? []).flatMap { document in
      (document["paragraphs"]?.arrayValue ?? []).compactMap(\.stringValue)
    }.map { text in
      ReadingItem.Passage(
        text: text, answer: answers.first { !$0.isEmpty && text.contains($0) } ?? "")
    }
  }

  private static func squad(_ article: JSONValue) -> [ReadingItem] {
    (article["paragraphs"]?.arrayValue ?? []).flatMap { paragraph -> [ReadingItem] in
      let context = paragraph["context"]?.stringValue ?? ""
      return (paragraph["qas"]?.arrayValue ?? []).compactMap { entry in
        guard let question = entry["question"]?.stringValue, !context.isEmpty else { return nil }
        let answer = entry["answers"]?.arrayValue?.first?["text"]?.stringValue ?? ""
        return ReadingItem(
          id: entry["id"]?.stringValue ?? question, question: question,
          passages: [ReadingItem.Passage(text: context, answer: answer)])
      }
    }
  }

  /// One object a line, as WebQA has it.
  static func write(_ items: [ReadingItem], to path: String) throws {
    try AtomicFile.write(to: path) { file in
      for item in items {
        let passages = item.passages.map { passage -> JSONValue in
          ["passage": .string(passage.text), "answer": .string(passage.answer)]
        }
        let line: JSONValue = [
          "id": .string(item.id), "question": .string(item.question), "passages": .array(passages),
        ]
        try file.write(line.text() + "\n")
      }
    }
  }
}
