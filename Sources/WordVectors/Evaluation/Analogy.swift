import Formats
import Foundation
import Messages
import Parallel

/// Questions "a is to b as c is to d", answered by the word nearest to b − a + c (unit vectors;
/// Mikolov, Yih and Zweig 2013) that is none of the three.
public struct AnalogyQuestions: Sendable {
  public struct Question: Sendable, Equatable {
    public var section: String
    public var words: [String]
  }

  /// What an evaluation found.
  public struct Result: Sendable, Equatable, Codable {
    /// The share of answered questions whose answer is right.
    public var accuracy: Double { answered > 0 ? Double(correct) / Double(answered) : 0 }
    public var correct = 0
    /// Questions all four of whose words have vectors.
    public var answered = 0
    /// Questions skipped.
    public var missing = 0
  }

  public let questions: [Question]

  /// Reads lines of four words; a line `: name` begins a section. Throws `FileError` naming the line.
  public init(contentsOf path: String) throws {
    let bytes = try ByteSource(path: path, isText: true).readAll()
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(path: path, reason: "is not valid UTF-8")
    }
    var section = ""
    var questions: [Question] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
      if fields.isEmpty { continue }
      if fields[0] == ":" {
        section = fields.dropFirst().joined(separator: " ")
        continue
      }
      guard fields.count == 4 else {
        throw FileError(
          path: path,
          reason: "line \(index + 1): four words were expected, received \(fields.count)")
      }
      questions.append(Question(section: section, words: fields))
    }
    guard !questions.isEmpty else { throw FileError(path: path, reason: "has no questions") }
    self.questions = questions
  }

  /// Results of each section, in the order of the file.
  public func evaluate(
    _ vectors: VectorTable, threads: Int = defaultThreadCount,
    work: Work = .silent
  ) throws -> [(section: String, result: Result)] {
    let unit = vectors.normalized
    let index = ExactNeighbors(unit)
    var order: [String] = []
    var results: [String: Result] = [:]
    var asked: [(section: String, rows: [Int])] = []
    var queries: [Float] = []
    for question in questions {
      if results[question.section] == nil {
        order.append(question.section)
        results[question.section] = Result()
      }
      let rows = question.words.compactMap { unit.row(of: $0.lowercased()) ?? unit.row(of: $0) }
      guard rows.count == 4 else {
        results[question.section]?.missing += 1
        continue
      }
      asked.append((question.section, rows))
      queries += Analogy.query(unit, minus: [rows[0]], plus: [rows[1], rows[2]])
    }
    let found = try index.nearest(
      to: queries, count: 4, threads: threads, work: work)
    for (question, neighbors) in zip(asked, found) {
      let answer = neighbors.first { !question.rows[..<3].contains($0.row) }
      results[question.section]?.answered += 1
      if answer?.row == question.rows[3] { results[question.section]?.correct += 1 }
    }
    return order.map { ($0, results[$0] ?? Result()) }
  }
}

/// Arithmetic with words.
public enum Analogy {
  /// Σ unit vectors of `plus` − Σ unit vectors of `minus`.
  public static func query(_ vectors: VectorTable, minus: [Int], plus: [Int]) -> [Float] {
    var sum = [Float](repeating: 0, count: vectors.dimension)
    for (rows, sign) in [(plus, Float(1)), (minus, Float(-1))] {
      for row in rows {
        let scale = sign * inverseNorm(vectors[row])
        for (k, value) in vectors[row].enumerated() { sum[k] += scale * value }
      }
    }
    return sum
  }

  /// The `count` words nearest to `query`, none of `excluded`.
  public static func answers(
    _ vectors: VectorTable, minus: [Int], plus: [Int], count: Int
  ) throws -> [Neighbor] {
    let excluded = Set(minus + plus)
    let found = try ExactNeighbors(vectors).nearest(
      to: query(vectors, minus: minus, plus: plus), count: count + excluded.count)
    return Array(found[0].filter { !excluded.contains($0.row) }.prefix(count))
  }
}
