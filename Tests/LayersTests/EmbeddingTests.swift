import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct EmbeddingTests {
  @Test func equalsPyTorch() throws { try GoldenCase("embedding").check(Embedding(7, 3)) }

  /// The gradient of a tied table is that of the lookup plus that of the projection.
  @Test func tiedProjectionEqualsPyTorch() throws {
    let embedding = Embedding(7, 3)
    let projection = TiedProjection(embedding)
    try GoldenCase("tiedProjection").check(projection) { [projection(embedding($0[0]).tanh())] }
  }

  @Test func tiedTableCountsOnce() {
    final class Model: Module {
      let embedding = Embedding(7, 3)
      let output: TiedProjection
      override init() {
        output = embedding.tiedProjection()
        super.init()
      }
    }
    let model = Model()
    #expect(model.namedParameters().map(\.name) == ["embedding.weight", "output.bias"])
    #expect(model.parameterCounts.total == 7 * 3 + 7)
    let positions = Tensor([0, 3, 3, 6])
    model.move(dtype: .float64)
    expectGradient(at: model.parameters.map(\.value)) {
      model.output(model.embedding(positions)).square().sum()
    }
  }

  @Test func paddingRowGetsNoGradient() {
    let embedding = Embedding(4, 2, paddingIndex: 0)
    let gradient = gradients(
      of: embedding(Tensor([0, 1, 0])).sum(), withRespectTo: [embedding.weight.value])[0]
    #expect(gradient.sum(axis: 1).doubles() == [0, 2, 0, 0])
  }
}
