import Foundation
import Layers
import TestSupport
import Testing
import Torch

@testable import Transformers

@Suite(.enabled(if: hasTorch, torchReason)) struct HeadsTests {
  static let emissions: [[Double]] = [[1, 0.2], [0.3, 0.8], [-0.5, 0.4]]
  static let transitions: [[Double]] = [[0.5, -0.2], [0.1, 0.3]]

  private func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count], dtype: .float64)
  }

  /// (1, 4, 2): the golden emissions and a place of padding.
  private var padded: Tensor { tensor(Self.emissions + [[9, -9]]).expandingAxis(0) }
  private var labels: Tensor { Tensor([0, 1, 1, 0] as [Int64], shape: [1, 4]) }
  private var mask: Tensor { Tensor([1, 1, 1, 0] as [Int64], shape: [1, 4]) .!= 0 }

  @Test func conditionalRandomField() {
    for multiplier in [1.0, 10] {
      let crf = ConditionalRandomField(labelCount: 2, learningRateMultiplier: multiplier)
      crf.transitions.replace(with: tensor(Self.transitions) / multiplier)
      #expect(abs(crf.logPartition(padded, mask).item() - 3.704490020) < 1e-8)
      #expect(abs(crf.score(padded, labels, mask).item() - 2.3) < 1e-12)
      #expect(
        abs(crf.negativeLogLikelihood(padded, labels, mask: mask).item() - 1.404490020) < 1e-8)
      #expect(crf.decode(padded, mask: mask) == [[0, 1, 1]])
      #expect(crf.decode(padded, mask: mask, starts: [1])[0][0] == 1)
      #expect(crf.decode(padded, mask: mask, ends: [0])[0][2] == 0)
    }
  }

  @Test func everyPathIsCounted() {
    // ln Z by all 81 paths of four places and three labels.
    let generator = RandomGenerator(seed: 3)
    let emissions = Tensor.normal([1, 4, 3], dtype: .float64, generator: generator)
    let crf = ConditionalRandomField(labelCount: 3)
    crf.transitions.replace(with: Tensor.normal([3, 3], dtype: .float64, generator: generator))
    let mask = Tensor.ones([1, 4], dtype: .bool)
    var sum = 0.0
    var best = (score: -Double.infinity, path: [Int]())
    for code in 0..<81 {
      let path = [code / 27, code / 9 % 3, code / 3 % 3, code % 3]
      let labels = Tensor(path.map(Int64.init), shape: [1, 4])
      let score = crf.score(emissions, labels, mask).item()
      sum += exp(score)
      if score > best.score { best = (score, path) }
    }
    #expect(abs(crf.logPartition(emissions, mask).item() - log(sum)) < 1e-10)
    #expect(crf.decode(emissions, mask: mask) == [best.path])
  }

  @Test func maximumEntropyMarkovModel() {
    let memm = MaximumEntropyMarkovModel(labelCount: 2)
    memm.transitions?.replace(with: tensor(Self.transitions))
    let (forward, backward) = memm.losses(padded, labels, mask: mask)
    #expect(abs(forward.item() - 0.523663269) < 1e-8)
    #expect(abs(backward.item() - 0.478729302) < 1e-8)
    #expect(abs(memm.loss(padded, labels, mask: mask).item() - 0.501196286) < 1e-8)
    // The path of the least loss is the best of all eight, since both are sums over places.
    let paths = (0..<8).map { [$0 / 4, $0 / 2 % 2, $0 % 2] }
    let losses = paths.map { path in
      memm.loss(padded, Tensor((path + [0]).map(Int64.init), shape: [1, 4]), mask: mask).item()
    }
    let least = losses.indices.min { losses[$0] < losses[$1] }
    #expect(memm.decode(padded, mask: mask) == [paths[least ?? 0]])
    let factored = MaximumEntropyMarkovModel(labelCount: 5, rank: 2)
    #expect(factored.namedParameters().map(\.name) == ["left", "right"])
  }

  @Test func targetsOfAnAnswer() {
    // [CLS] p [SEP] q [SEP] a b [SEP], and padding.
    let tokens = Tensor([2, 10, 3, 11, 3, 12, 13, 3, 0, 0] as [Int64], shape: [1, 10])
    let segments = Tensor([0, 0, 0, 0, 0, 1, 1, 1, 0, 0] as [Int64], shape: [1, 10])
    let targets = SequenceTargets.sequenceToSequence(tokens: tokens, segments: segments)
    #expect(targets.positions.array(Int64.self) == [4, 5, 6])
    #expect(targets.targets.array(Int64.self) == [12, 13, 3])
    let logits = Tensor.zeros([3, 20])
    #expect(abs(targets.loss(logits).item() - log(20)) < 1e-6)
    let none = SequenceTargets.sequenceToSequence(
      tokens: tokens, segments: Tensor.zeros([1, 10], dtype: .int64))
    #expect(none.count == 0)
    #expect(none.loss(Tensor.zeros([0, 20])).item() == 0)
  }

  @Test func manyLabelsByNumber() {
    let scores = Tensor([2, -1, 0.5, -3], shape: [1, 4], dtype: .float64)
    let loss = scores.multilabelCrossEntropy(classes: Tensor([0, 2] as [Int64], shape: [1, 2]))
    #expect(abs(loss.item() - 0.903969136) < 1e-8)
    // Class 0 stands for padding: what is left are the classes 1 to 3.
    let padded = scores.multilabelCrossEntropy(
      classes: Tensor([2, 0, 0] as [Int64], shape: [1, 3]), ignoring: 0)
    let dense = Tensor([-1, 0.5, -3], shape: [1, 3], dtype: .float64)
      .multilabelCrossEntropy(Tensor([0, 1, 0], shape: [1, 3], dtype: .float64))
    #expect(abs(padded.item() - dense.item()) < 1e-10)
  }
}
