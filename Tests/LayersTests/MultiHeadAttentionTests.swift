import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct MultiHeadAttentionTests {
  @Test func equalsPyTorch() throws {
    let attention = MultiHeadAttention(6, headCount: 2)
    let mask = try GoldenCase.tensor("multiHeadAttention/mask")
    #expect(mask.dtype == .bool)
    try GoldenCase("multiHeadAttention").check(attention) {
      [attention.attend(from: $0[0], to: $0[1], mask: mask)]
    }
  }

  @Test func namesOfTheProjections() {
    #expect(
      MultiHeadAttention(4, headCount: 2).namedParameters().map(\.name)
        == ["query", "key", "value", "output"].flatMap { ["\($0).weight", "\($0).bias"] })
  }

  @Test func causalSeesNoFuture() {
    let attention = MultiHeadAttention(8, headCount: 2, generator: RandomGenerator(seed: 1))
    let input = Tensor.normal([1, 5, 8], generator: RandomGenerator(seed: 2))
    let changed = input.clone()
    changed[.all, 4] = Tensor.zeros([1, 8])
    let first = attention.attend(from: input, isCausal: true)
    let second = attention.attend(from: changed, isCausal: true)
    expectClose(first[.all, ..<4], second[.all, ..<4], 1e-6)
    let triangle = Tensor.ones([5, 5]).lowerTriangle().to(.bool)
    expectClose(attention.attend(from: input, mask: triangle), first, 1e-6)
  }

  @Test func otherHeadSize() {
    let attention = MultiHeadAttention(6, headCount: 4, headSize: 5)
    #expect(attention(Tensor.zeros([2, 3, 6])).shape == [2, 3, 6])
  }
}
