import Foundation
import Parallel
import TableQueries
import Torch
import Transformers

/// A model with the layout of what it reads, and the rules by which its readings become queries.
struct TableReader {
  let model: QuestionModel
  let layout: QuestionLayout
  var rules = DecodingRules()

  /// A small RoFormer, as `reading-comprehension` has: positions that turn tell at once what is next to what.
  static func configuration(
    _ layout: QuestionLayout, _ sizes: NewTransformer
  ) -> TransformerConfiguration {
    var configuration = sizes.reader(
      vocabularySize: layout.vocabulary.count, maxPositions: 512)
    configuration.segmentCount = QuestionLayout.segmentCount
    return configuration
  }

  /// Weights from which headers are found early: each token sees its like, and what is in a column's cell begins as
  /// what is in its header, and one thing more.
  static func prepare(_ encoder: Transformer) {
    encoder.startKeysAsQueries()
    guard let segments = encoder.embeddings.segments?.weight else { return }
    withoutGradients {
      let count = QuestionLayout.columnLimit
      func rows(_ start: Int, _ length: Int) -> Tensor {
        segments.value.narrowed(0, start: start, length: length)
      }
      let headers = rows(2, count) * 2
      let cells = headers + rows(2 + count, 1) * 2
      segments.replace(
        with: Tensor.concatenate([rows(0, 2), headers, cells, rows(2 + 2 * count, 1)], axis: 0))
    }
  }

  /// A question about a table, as the model reads it.
  struct Asked {
    let table: QueryTable
    let question: QuestionTokens
    let links: [SchemaLinks.Link?]
    let row: QuestionLayout.Row
  }

  func asked(_ question: String, of table: QueryTable, _ links: SchemaLinks) -> Asked {
    let tokens = QuestionTokens(question)
    let found = links.links(of: tokens)
    // The same nameless tokens at each call, so that the same question gets the same answer.
    var random = RandomStream(seed: 6771)
    return Asked(
      table: table, question: tokens, links: found,
      row: layout.row(tokens, table, links: found, random: &random))
  }

  func answers(_ asked: [Asked]) -> [DecodedQuery] {
    guard !asked.isEmpty else { return [] }
    let readings = model.read(asked.map { ($0.row.tokens, $0.row.segments, $0.row.headers) })
    return zip(asked, readings).map { rules.decode($1, $0.row, $0.question, $0.table) }
  }

  // MARK: - Several tables

  /// How much speaks for a table: words of the question that are in its headers, its cells and its name, and how sure
  /// the model is of the query.
  static func score(_ asked: Asked, _ answer: DecodedQuery) -> Double {
    let linked = asked.links.reduce(0.0) { $0 + ($1 == nil ? 0 : $1 == .several ? 0.8 : 1) }
    return linked + 0.5 * max(-10, answer.logProbability)
      - (answer.query.selections.isEmpty ? 4 : 0)
  }

  /// The table that the question is about, with its query; all tables' scores. The eight with most words in common are
  /// read by the model.
  func choose(_ question: String, among tables: [(table: QueryTable, links: SchemaLinks)]) -> (
    best: Int, asked: Asked, answer: DecodedQuery, scores: [Int: Double]
  ) {
    var read = tables.enumerated().map {
      (index: $0, asked: asked(question, of: $1.table, $1.links))
    }
    if read.count > 8 {
      func linked(_ asked: Asked) -> Int { asked.links.count { $0 != nil } }
      read.sort {
        let (one, other) = (linked($0.asked), linked($1.asked))
        return one != other ? one > other : $0.index < $1.index
      }
      read = Array(read.prefix(8))
    }
    let answers = answers(read.map(\.asked))
    let scores = zip(read, answers).map { Self.score($0.asked, $1) }
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    return (
      read[best].index, read[best].asked, answers[best],
      Dictionary(uniqueKeysWithValues: zip(read.map(\.index), scores))
    )
  }
}
