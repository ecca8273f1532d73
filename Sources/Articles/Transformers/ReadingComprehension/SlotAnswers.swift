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
    let rows = prefixes.flatMap { $0 + [Int](repeating: 0, count: length - $0.count) }
    let device = model.embeddings.tokens.weight.value.device
    let tokens = Tensor(rows, shape: [prefixes.count, length]).to(device)
    // The masked places of all rows; the targets are not looked at.
    let slots = layout.maxAnswerLength
    let isSlot = prefixes.flatMap { _ in (0..<length).map { (1...slots).contains($0) ? 1 : 0 } }
    let places = SequenceTargets(
      at: Tensor(isSlot, shape: tokens.shape).to(device) .!= 0, targets: tokens)
    let probabilities = withoutGradients { model.logits(at: places, tokens).softmax(axis: 1) }
    let size = probabilities.size(1)
    let values = probabilities.to(DType.float32).to(Device.cpu).array(Float.self)
    var answers: [[Int]: Votes] = [:]
    for (index, passage) in passages.enumerated() {
      let ids = passage.map(\.id)
      var answer: [Int] = []
      var sum = 0.0
      var isFinished = false
      while !isFinished && answer.count < slots {
        let row = (index * slots + answer.count) * size
        var (token, probability) = (layout.separator, values[row + layout.separator])
        for choice in VotingModel.followers(of: answer, in: [ids]).sorted()
        where values[row + choice] > probability {
          (token, probability) = (choice, values[row + choice])
        }
        sum += Double(probability)
        isFinished = token == layout.separator
        if !isFinished { answer.append(token) }
      }
      isSilent.append(answer.isEmpty)
      let score = answer.isEmpty ? 0 : sum / Double(answer.count + (isFinished ? 1 : 0))
      votes.append(score)
      guard !answer.isEmpty, let range = PassageReader.find(answer, in: passage) else { continue }
      let place = PassageReader.Place(passage: index, range: range)
      answers[answer, default: Votes(place: place)].add(score)
    }
    for votes in answers.values {
      let better = best.map { best in
        votes.score != best.score
          ? votes.score > best.score : votes.place.passage < best.place.passage
      }
      if better ?? true { best = (votes.place, votes.score) }
    }
  }

  /// What passages give one answer.
  private struct Votes {
    let place: PassageReader.Place
    var sum = 0.0
    var squares = 0.0

    mutating func add(_ score: Double) {
      sum += score
      squares += score * score
    }

    /// Σ s² / (1 + Σ s).
    var score: Double { squares / (1 + sum) }
  }
}
