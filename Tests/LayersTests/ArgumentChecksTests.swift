import Foundation
import Layers
import TestSupport
import Testing
import Torch

/// What PyTorch's own layers check before they call an operator, and the operator does not.
@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct ArgumentChecksTests {
  /// Calls that would go on with a wrong result, and a part of the message that stops them.
  static let mistakes: [(name: String, message: String, call: @Sendable () -> Void)] = [
    ("squaredError", "received [3, 1] and [3]", { _ = column.squaredError(row) }),
    ("absoluteError", "received [3, 1] and [3]", { _ = column.absoluteError(row) }),
    ("huberLoss", "received [3, 1] and [3]", { _ = column.huberLoss(row) }),
    ("one number against three", "received [1, 1] and [3]", { _ = one.squaredError(row) }),
    (
      "binaryCrossEntropy", "received [3, 1] and [3]",
      { _ = column.binaryCrossEntropyWithLogits(row) }
    ),
    (
      "binaryCrossEntropy weight", "weights that broadcast to [3], received shape [3, 1]",
      { _ = row.binaryCrossEntropyWithLogits(Tensor([0.0, 1, 1]), weight: column) }
    ),
    (
      "binaryCrossEntropy targets", "within 0.0 and 1.0, received 1.0 to 3.0",
      { _ = row.binaryCrossEntropyWithLogits(row) }
    ),
    (
      "crossEntropy of one class", "at least 2 classes, received shape [3, 1]",
      { _ = column.crossEntropy(Tensor([0, 0, 0])) }
    ),
    (
      "crossEntropy of a class below 0", "class -1 is none of those that there are scores for",
      { _ = row.reshaped(1, 3).crossEntropy(Tensor([-1])) }
    ),
    (
      "crossEntropy of flags",
      "expected classes (integers) of shape [1] or probabilities of shape [1, 3]",
      { _ = row.reshaped(1, 3).crossEntropy(Tensor([true])) }
    ),
    (
      "crossEntropy of too many classes", "expected classes (integers) of shape [1]",
      { _ = row.reshaped(1, 3).crossEntropy(Tensor([0, 1])) }
    ),
    (
      "freezing what is not there",
      "Dense has no weight whose name contains 'head'; there are weight, bias",
      { Dense(2, 2).freeze(containing: "head") }
    ),
    (
      "crossEntropy without a batch", "at least 2 classes, received shape [3]",
      { _ = row.crossEntropy(row) }
    ),
    (
      "focalLoss of one class", "at least 2 classes", { _ = column.focalLoss(Tensor([0, 0, 0])) }
    ),
    ("hingeLoss", "received [3, 1] and [3]", { _ = column.hingeLoss(row) }),
    ("hingeLoss targets", "targets 1 and -1", { _ = row.hingeLoss(Tensor([0.0, 1, 1])) }),
    ("binaryFocalLoss", "received [3, 1] and [3]", { _ = column.binaryFocalLoss(row) }),
    (
      "focalLoss weights", "2 class weights",
      {
        _ = Tensor.ones([1, 2]).focalLoss(Tensor([0]), classWeights: Tensor.ones([3]))
      }
    ),
    ("klDivergence", "received [3, 1] and [3]", { _ = column.klDivergence(row) }),
    ("klDivergence targets", "within 0.0", { _ = row.klDivergence(-row) }),
    (
      "gaussianKLDivergence", "received [3, 1] and [3]",
      { _ = column.gaussianKLDivergence(logVariance: row) }
    ),
    ("cosineSimilarity", "axis -1 of one length", { _ = column.cosineSimilarity(row) }),
    (
      "cosineEmbeddingLoss", "labels of shape [3], received [3, 1]",
      { _ = column.cosineEmbeddingLoss(column, labels: column) }
    ),
    (
      "cosineEmbeddingLoss labels", "targets 1 and -1",
      { _ = column.cosineEmbeddingLoss(column, labels: Tensor([0.0, 1, 1])) }
    ),
    (
      "tripletLoss", "received [3, 1] and [3]",
      { _ = column.tripletLoss(positive: column, negative: row) }
    ),
    (
      "multilabelCrossEntropy", "received [3, 1] and [3]",
      { _ = column.multilabelCrossEntropy(row) }
    ),
    ("multilabelCrossEntropy targets", "0 and 1", { _ = row.multilabelCrossEntropy(row) }),
    ("batch of one", "more than 1 value per channel", { _ = BatchNorm(3)(Tensor.ones([1, 3])) }),
    (
      "instance of one", "more than 1 value in each",
      {
        _ = InstanceNorm(3)(Tensor.ones([4, 3, 1]))
      }
    ),
    ("padding row", "among 4, received 4", { _ = Embedding(4, 2, paddingIndex: 4) }),
    (
      "length too long", "GRU expected lengths up to 3, received 5",
      {
        _ = GRU(4, 4).run(Tensor.ones([2, 3, 4]), lengths: Tensor([5, 1]))
      }
    ),
    (
      "length zero", "LSTM expected lengths of at least 1, received 0",
      {
        _ = LSTM(4, 4).run(Tensor.ones([2, 3, 4]), lengths: Tensor([3, 0]))
      }
    ),
    ("dropout between one layer", "at least 2 layers", { _ = LSTM(4, 4, dropout: 0.1) }),
    (
      "mask of three axes", "(B, 1, 1, S) for padding; received shape [2, 3, 3]",
      {
        _ = MultiHeadAttention(4, headCount: 2).attend(
          from: Tensor.ones([2, 3, 4]), mask: Tensor.ones([2, 3, 3], dtype: .bool))
      }
    ),
    (
      "attention dropout", "within 0...1, received 1.5",
      {
        _ = MultiHeadAttention(4, headCount: 2, dropout: 1.5)
      }
    ),
    (
      "output padding", "below its stride",
      {
        _ = ConvTranspose2d(1, 1, kernelSize: 3, stride: 2, outputPadding: 2)
      }
    ),
    (
      "output gradient", "shape [3], received [3, 3]",
      {
        let x = Tensor.ones([3]).requiringGradient()
        _ = gradients(of: x * 2, withRespectTo: [x], outputGradient: Tensor.ones([3, 3]))
      }
    ),
  ]

  private static var column: Tensor { Tensor([1.0, 2, 3]).reshaped(3, 1) }
  private static var row: Tensor { Tensor([1.0, 2, 3]) }
  private static var one: Tensor { Tensor([[2.0]]) }

  @Test(arguments: mistakes.map(\.name)) func mistakesTrap(name: String) async throws {
    setenv("DANLU_MISTAKE", name, 1)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let name = ProcessInfo.processInfo.environment["DANLU_MISTAKE"]
      ArgumentChecksTests.mistakes.first { $0.name == name }?.call()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let mistake = try #require(Self.mistakes.first { $0.name == name })
    #expect(text.contains(mistake.message), "\(text)")
  }

  @Test func classesMayBeIntegersOfAnyType() {
    let scores = Tensor([[1.0, 2, 3], [0, 1, 0]])
    let expected: Double = scores.crossEntropy(Tensor([2, 0])).item()
    for dtype in [DType.uint8, .int16, .int32] {
      let loss: Double = scores.crossEntropy(Tensor([2, 0]).to(dtype)).item()
      #expect(loss == expected)
    }
  }

  @Test func positionsMayBeIntegersOfAnyType() {
    let (positions, table) = (Tensor([2, 0]), Tensor.normal([3, 2]))
    let embedding = Embedding(3, 2)
    for dtype in [DType.uint8, .int8, .int16, .int32] {
      let index = positions.to(dtype)
      #expect(index.oneHot(3).equals(positions.oneHot(3)))
      #expect(embedding(index).equals(embedding(positions)))
      #expect(table.gatherRows(index).equals(table.gatherRows(positions)))
      #expect(
        table.gather(index.expandingAxis(0), axis: 0)
          .equals(table.gather(positions.expandingAxis(0), axis: 0)))
      #expect(
        table.indexAdd(index, Tensor.ones([2, 2])).equals(
          table.indexAdd(positions, Tensor.ones([2, 2]))))
    }
  }

  @Test func wholeNumbersStayWholeWithinWholeLimits() {
    let whole = Tensor([-3, 0, 9])
    #expect(whole.clamp(minimum: 0, maximum: 5).dtype == .int64)
    #expect(whole.clamp(minimum: 0, maximum: 5).integers() == [0, 0, 5])
    #expect(whole.clamp(maximum: 5).dtype == .int64)
    #expect(whole.clamp(minimum: 0.5).doubles() == [0.5, 0.5, 9])
    #expect(Tensor([-3.5, 2]).clamp(minimum: 0).doubles() == [0, 2])
  }

  @Test func whatPyTorchAllowsStays() {
    #expect(BatchNorm(3)(Tensor.ones([1, 3, 2])).shape == [1, 3, 2])
    #expect(BatchNorm(3).evaluate()(Tensor.ones([1, 3])).shape == [1, 3])
    #expect(InstanceNorm(3)(Tensor.ones([1, 3, 2])).shape == [1, 3, 2])
    let attention = MultiHeadAttention(4, headCount: 2)
    let x = Tensor.normal([3, 5, 4])
    for shape in [[5, 5], [1, 5], [3, 1, 1, 5], [1, 2, 5, 5]] {
      let mask = Tensor.ones(shape, dtype: .bool)
      #expect(attention.attend(from: x, mask: mask).isClose(to: attention(x), absolute: 1e-6))
    }
    let similarity = Tensor.ones([2, 1, 3]).cosineSimilarity(Tensor.ones([4, 3]))
    #expect(similarity.shape == [2, 4])
    let run = GRU(4, 4).run(Tensor.ones([2, 3, 4]), lengths: Tensor([2, 1]))
    #expect(run.output.shape == [2, 3, 4])
  }

  @Test func theGradientIsThatOfTheFormula() {
    let (x, y) = (Tensor([[1.0], [2], [3]]).requiringGradient(), Tensor([[1.0], [5], [9]]))
    let losses: [(Tensor, Tensor)] = [
      (x.squaredError(y), (x - y).square().mean()), (x.absoluteError(y), (x - y).abs().mean()),
    ]
    for (loss, formula) in losses {
      expectClose(
        gradients(of: loss, withRespectTo: [x])[0], gradients(of: formula, withRespectTo: [x])[0],
        1e-12)
    }
  }

  @Test func aPaddingRowStartsAtZeroAndMayCountFromTheEnd() {
    let embedding = Embedding(4, 2, paddingIndex: -1)
    #expect(embedding.weight.value[3].doubles() == [0, 0])
    let gradient = gradients(
      of: embedding(Tensor([0, 3, 3])).sum(), withRespectTo: [embedding.weight.value])[0]
    #expect(gradient.sum(axis: 1).doubles() == [2, 0, 0, 0])
  }
}
