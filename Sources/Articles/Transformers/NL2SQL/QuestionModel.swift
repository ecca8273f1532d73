import Datasets
import Layers
import Messages
import Recipes
import Torch
import Transformers

/// How the column of a value is scored.
enum ColumnScore: String, CaseIterable, Sendable, Codable, KnobValue {
  /// eₜⱼ = w · tanh(A xₜ + C Hⱼ + b).
  case nonlinear
  /// eₜⱼ = a · xₜ + c · Hⱼ, as the article's first release had it: the softmax over j cancels a · xₜ, and all
  /// characters get the same column.
  case additive
}

/// The article's model: an encoder that reads the question and all headers at once, and four heads on its states.
///
/// With x the states `(B, L, D)` and Hⱼ those at the headers' first tokens `(B, H, D)`: the connective from x₀, the
/// selection of each column from Hⱼ, the comparison of the value that a token belongs to from xₜ, and the column of
/// that value from the pair (xₜ, Hⱼ).
final class QuestionModel: Module {
  /// Classes of the heads: 6 aggregates and "not selected", 4 comparisons and "no value", 3 connectives.
  static let selectionCount = 7
  static let notSelected = 6
  static let comparisonCount = 5
  static let noValue = 4
  static let connectiveCount = 3

  let encoder: Transformer
  let connective: Dense
  let selection: Dense
  let comparison: Dense
  let columnScore: ColumnScore
  /// A, C, w; of the additive score a and c, each of one unit.
  let columnOfToken: Dense
  let columnOfHeader: Dense
  let columnWeight: Dense?

  init(
    encoder: Transformer, score: ColumnScore, scoreSize: Int = 256,
    generator: RandomGenerator? = nil
  ) {
    self.encoder = encoder
    columnScore = score
    let size = encoder.configuration.hiddenSize
    func dense(_ outputs: Int, from inputs: Int, bias: Bool = true) -> Dense {
      Dense(inputs, outputs, bias: bias, generator: generator)
    }
    connective = dense(Self.connectiveCount, from: size)
    selection = dense(Self.selectionCount, from: size)
    comparison = dense(Self.comparisonCount, from: size)
    switch score {
    case .nonlinear:
      columnOfToken = dense(scoreSize, from: size)
      columnOfHeader = dense(scoreSize, from: size, bias: false)
      columnWeight = dense(1, from: scoreSize, bias: false)
    case .additive:
      columnOfToken = dense(1, from: size)
      columnOfHeader = dense(1, from: size, bias: false)
      columnWeight = nil
    }
    super.init()
  }

  /// Takes the weights of another model over, all but those of the column's score.
  func begin(as other: QuestionModel) {
    encoder.copyWeights(from: other.encoder)
    connective.copyWeights(from: other.connective)
    selection.copyWeights(from: other.selection)
    comparison.copyWeights(from: other.comparison)
  }

  /// The states of all tokens and of headers.
  struct States {
    /// `(B, L, D)`.
    let tokens: Tensor
    /// `(B, H, D)`.
    let headers: Tensor
    /// Bool `(B, H)`, false where a row has fewer headers.
    let hasHeader: Tensor
  }

  /// - Parameters:
  ///   - tokens: `(B, L)`; segments likewise.
  ///   - headers: Places of the headers' first tokens `(B, H)`; 0 where a row has fewer.
  func states(tokens: Tensor, segments: Tensor?, headers: Tensor) -> States {
    let states = encoder(tokens, segments: segments).hiddenStates
    let index = headers.expandingAxis(2).broadcast(to: headers.shape + [states.size(2)])
    return States(
      tokens: states, headers: states.gather(index, axis: 1), hasHeader: headers .> 0)
  }

  /// Scores `(N, H)` of the columns for tokens: states `(N, D)` of tokens in rows `rows` `(N)` of the batch.
  func columnLogits(_ tokens: Tensor, rows: Tensor, _ states: States) -> Tensor {
    let ofToken = columnOfToken(tokens).expandingAxis(1)
    let ofHeader = columnOfHeader(states.headers).gatherRows(rows)
    let sum = ofToken + ofHeader
    let scores = (columnWeight.map { $0(sum.tanh()) } ?? sum).squeezed(2)
    return scores.maskedFill(states.hasHeader.gatherRows(rows).logicalNot(), -1e10)
  }

  /// The sum of the four cross-entropies, each a mean over what it is about: headers, questions, characters of the
  /// question, characters of values.
  ///
  /// Labels are numbered from 1; 0 is padding, or no label.
  ///
  /// - Parameter counts: What the means are over; the batch's own `labelCounts`, unless it is a part of one.
  func loss(_ inputs: NamedTensors, over counts: [Double]? = nil) -> Tensor {
    let counts = counts ?? Self.labelCounts(inputs)
    let states = states(
      tokens: inputs["tokens"], segments: inputs["segments"], headers: inputs["headers"])
    func mean(_ logits: Tensor, _ labels: Tensor, _ count: Double) -> Tensor {
      let classes = logits.size(-1)
      let sum = logits.reshaped([-1, classes]).crossEntropy(
        labels.flattened() - 1, reduction: .sum, ignoreIndex: -1)
      return sum / max(1, count)
    }
    let selected = mean(selection(states.headers), inputs["selections"], counts[0])
    let joined = mean(connective(states.tokens[.all, 0]), inputs["connective"], counts[1])
    let compared = mean(comparison(states.tokens), inputs["comparisons"], counts[2])
    // Columns are scored at the values' characters alone, which are few.
    let columns = inputs["columns"]
    let places = (columns.flattened() .> 0).nonzero().squeezed(1)
    // Of one column there is nothing to choose.
    guard places.size(0) > 0, states.hasHeader.size(1) > 1 else {
      return selected + joined + compared
    }
    let scores = columnLogits(
      states.tokens.flattened(from: 0, to: 1).gatherRows(places),
      rows: places.floorDivide(columns.size(1)), states)
    return selected + joined + compared
      + mean(
        scores, columns.flattened().gatherRows(places), counts[3])
  }

  /// How many labels a batch has of headers, questions, characters of the question and characters of values.
  static func labelCounts(_ inputs: NamedTensors) -> [Double] {
    ["selections", "connective", "comparisons", "columns"].map {
      Double((inputs[$0] .> 0).sum().integerItem())
    }
  }
}

/// What the heads say of one question, as probabilities.
struct QuestionReading {
  /// Of no, "and", "or".
  var connective: [Float]
  /// For each header, of the aggregates and "not selected".
  var selections: [[Float]]
  /// For each token of the row, of the comparisons and "no value".
  var comparisons: [[Float]]
  /// For each token of the row, of the headers.
  var columns: [[Float]]
}

extension QuestionModel {
  /// Reads rows of tokens with the places of their headers; all rows at once.
  func read(_ rows: [(tokens: [Int], segments: [Int]?, headers: [Int])]) -> [QuestionReading] {
    let length = rows.map(\.tokens.count).max() ?? 0
    let width = rows.map(\.headers.count).max() ?? 0
    let device = encoder.embeddings.tokens.weight.value.device
    func tensor(_ lists: [[Int]], _ width: Int) -> Tensor {
      Tensor(
        lists.flatMap { $0 + [Int](repeating: 0, count: width - $0.count) },
        shape: [lists.count, width]
      ).to(device)
    }
    func values(_ tensor: Tensor) -> [[Float]] {
      let size = tensor.size(-1)
      let flat = tensor.to(DType.float32).to(Device.cpu).array(Float.self)
      return stride(from: 0, to: flat.count, by: size).map { Array(flat[$0..<$0 + size]) }
    }
    return withoutGradients {
      let states = states(
        tokens: tensor(rows.map(\.tokens), length),
        segments: rows.first?.segments == nil
          ? nil : tensor(rows.map { $0.segments ?? [] }, length),
        headers: tensor(rows.map(\.headers), width))
      let numbers = Tensor.range(rows.count, device: device).repeatedElements(length, axis: 0)
      let columns = values(
        columnLogits(states.tokens.flattened(from: 0, to: 1), rows: numbers, states)
          .softmax(axis: 1))
      let selections = values(selection(states.headers).softmax(axis: 2))
      let comparisons = values(comparison(states.tokens).softmax(axis: 2))
      let connectives = values(connective(states.tokens[.all, 0]).softmax(axis: 1))
      return rows.indices.map { row in
        let count = rows[row].headers.count
        let places = row * length..<row * length + rows[row].tokens.count
        return QuestionReading(
          connective: connectives[row],
          selections: Array(selections[row * width..<row * width + count]),
          comparisons: Array(comparisons[places]),
          columns: columns[places].map { Array($0[..<count]) })
      }
    }
  }
}
