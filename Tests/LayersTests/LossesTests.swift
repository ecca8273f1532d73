import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct LossesTests {
  private func check(_ name: String, _ body: @escaping ([Tensor]) -> Tensor) throws {
    try GoldenCase("loss-\(name)").check { [body($0)] }
  }

  @Test func equalPyTorch() throws {
    let binary = try GoldenCase.tensor("loss/binary")
    let distribution = try GoldenCase.tensor("loss/distribution")
    try check("crossEntropy") { $0[0].crossEntropy($0[1], reduction: .none, labelSmoothing: 0.1) }
    try check("binaryCrossEntropy") {
      $0[0].binaryCrossEntropyWithLogits(binary, reduction: .none)
    }
    try check("squaredError") { $0[0].squaredError($0[1]) }
    try check("absoluteError") { $0[0].absoluteError($0[1], reduction: .sum) }
    try check("huber") { $0[0].huberLoss($0[1], delta: 0.7, reduction: .none) }
    try check("hinge") { $0[0].hingeLoss(binary * 2 - 1, reduction: .none) }
    try check("multiclassHinge") { $0[0].multiclassHingeLoss($0[1], reduction: .none) }
    try check("focal") { $0[0].focalLoss($0[1], reduction: .none) }
    try check("binaryFocal") {
      $0[0].binaryFocalLoss(binary, positiveWeight: 0.25, reduction: .none)
    }
    try check("klDivergence") { $0[0].klDivergence(distribution, reduction: .none) }
    try check("gaussianKLDivergence") {
      $0[0].gaussianKLDivergence(logVariance: $0[1], reduction: .none)
    }
    try check("cosineEmbedding") {
      $0[0].cosineEmbeddingLoss($0[1], labels: $0[2], margin: -0.2, reduction: .none)
    }
    try check("triplet") {
      $0[0].tripletLoss(positive: $0[1], negative: $0[2], reduction: .none)
    }
    try check("multilabelCrossEntropy") { $0[0].multilabelCrossEntropy(binary, reduction: .none) }
  }

  @Test func multilabelGolden() {
    let scores = Tensor([2, -1, 0.5, -3]).reshaped(1, 4)
    let loss = scores.multilabelCrossEntropy(Tensor([1.0, 0, 1, 0]).reshaped(1, 4))
    #expect(abs(loss.item() - 0.903969136) < 1e-9)
  }

  @Test func focalWithoutFocusIsCrossEntropy() {
    let logits = Tensor.normal([6, 4], dtype: .float64, generator: RandomGenerator(seed: 1))
    let classes = Tensor([0, 1, 2, 3, 0, 1])
    expectClose(logits.focalLoss(classes, gamma: 0), logits.crossEntropy(classes), 1e-12)
  }

  @Test func centerLossEqualsPyTorch() throws {
    let loss = CenterLoss(classes: 5, featureSize: 3)
    try GoldenCase("centerLoss").check(loss) { [loss($0[0], classes: $0[1])] }
  }
}
