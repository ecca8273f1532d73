import Foundation
import Tokenizers
import Torch
import Transformers

/// What the passages of one question answer when all tokens of an answer are predicted at once.
///
/// Each passage alone: at one masked place after the other the likeliest token among those that follow the answer
/// so far in that passage, and the end; its score s is the mean probability of what was taken. A passage whose first
/// token is the end has no answer. Equal answers are one, of score Σ s² / (1 + Σ s).
struct SlotAnswers {
  /// For each passage, s; 0 without an answer.
  private(set) var votes: [Double] = []
  private(set) var isSilent: [Bool] = []
  /// The answer of the highest score, and where it first stands.
  private(set) var best: (place: PassageReader.Place, score: Double)?

  init(_ model: Transformer, _ layout: ReadingLayout, prefixes: [[Int]], passages: [[Token]]) {
    let length = prefixes.map(\.count).max() ?? 0
    let rows = prefixes.flatMap { $0 + Array(repeating: 0, count: length - $0.count) }
    let tokens = Tensor(rows, shape: [prefixes.count, length])
      .to(model.embeddings.tokens.weight.value.device)
    // The masked places of all rows; the targets are not looked at.
    let slots = layout.maxAnswerLength
    let place = Tensor.range(length, device: tokens.device).expandingAxis(0)
    let isSlot = ((place .> 0) * (place .< slots + 1)).expanded(tokens.shape)
    let places = SequenceTargets(at: isSlot, targets: tokens)
    let probabilities = withoutGradients { model.logits(at: places, tokens).softmax(axis: 1) }
    let size = probabilities.size(1)
    let values = probabilities.to(.float32).to(Device.cpu).array(Float.self)
    var answers: [[Int]: (score: Double, squares: Double, place: PassageReader.Place)] = [:]
    for (index, passage) in passages.enumerated() {
      let ids = passage.map(\.id)
      var answer: [Int] = []
      var sum = 0.0
      var isFinished = false
      while !isFinished && answer.count < slots {
        let row = (index * slots + answer.count) * size
        let choices = VotingModel.followers(of: answer, in: [ids]).union([layout.separator])
        let (token, probability) =
          choices.map { ($0, values[row + $0]) }
          .max { $0.1 != $1.1 ? $0.1 < $1.1 : $0.0 > $1.0 } ?? (layout.separator, 0)
        sum += Double(probability)
        isFinished = token == layout.separator
        if !isFinished { answer.append(token) }
      }
      isSilent.append(answer.isEmpty)
      let score = answer.isEmpty ? 0 : sum / Double(answer.count + (isFinished ? 1 : 0))
      votes.append(score)
      guard !answer.isEmpty, let range = PassageReader.find(answer, in: passage) else { continue }
      answers[
        answer, default: (0, 0, PassageReader.Place(passage: index, range: range))
      ].score += score
      answers[answer]?.squares += score * score
    }
    best = answers.values.map { ($0.place, $0.squares / (1 + $0.score)) }
      .max { $0.1 != $1.1 ? $0.1 < $1.1 : $0.0.passage > $1.0.passage }
  }
}
