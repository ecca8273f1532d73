import TestSupport
import Testing
import Torch

@testable import Transformers

@Suite(.enabled(if: hasTorch, torchReason)) struct TransformerCacheTests {
  static let kinds: [@Sendable (inout TransformerConfiguration) -> Void] = [
    { $0.positions = .absolute(offset: 0) }, { $0.positions = .relative(limit: 3) },
    { $0.positions = .rotary }, { $0.positions = .buckets(count: 8, limit: 6) },
    { $0.residualAttentionScores = true }, { $0.sharesLayers = true }, { $0.block = .preNorm },
    {
      $0.block = .gatedAttention
      $0.positions = .rotary
      $0.keySize = 4
    },
  ]

  private func model(
    _ index: Int, _ kind: AttentionKind, dtype: DType = .float64
  ) -> Transformer {
    tiny(dtype: dtype) {
      $0.heads = [.languageModel]
      $0.attention = kind
      Self.kinds[index](&$0)
    }
  }

  @Test(arguments: 0..<8, [AttentionKind.causal, .prefix])
  func stepsEqualTheWhole(index: Int, kind: AttentionKind) throws {
    let model = model(index, kind)
    let tokens = randomTokens([2, 9])
    let segments = Tensor.concatenate(
      [Tensor.zeros([2, 4], dtype: .int64), Tensor.ones([2, 5], dtype: .int64)], axis: 1)
    let whole = try #require(model(tokens, segments: segments).logits)
    var cache = TransformerCache()
    var parts = [
      model.logits(tokens[.all, ..<4], segments: segments[.all, ..<4], cache: &cache)
    ]
    for range in [4..<5, 5..<8, 8..<9] {
      parts.append(
        model.logits(tokens[.all, range], segments: segments[.all, range], cache: &cache))
    }
    expectClose(Tensor.concatenate(parts, axis: 1), whole, 1e-10)
    #expect(cache.count == 9)
  }

  /// Prefixes of different lengths in one batch, each as if it were alone.
  @Test(arguments: 0..<8, [AttentionKind.causal, .prefix])
  func prefixesOfDifferentLengths(index: Int, kind: AttentionKind) throws {
    let model = model(index, kind)
    let lengths = [4, 2, 3]
    let tokens = randomTokens([3, 4])
    let new = randomTokens([3, 3], seed: 8)
    var cache = TransformerCache(prefixLengths: lengths)
    let first = model.nextLogits(tokens, segments: nil, cache: &cache)
    let rest = (0..<3).map {
      model.logits(new[.all, $0..<$0 + 1], segments: nil, cache: &cache)
    }
    for (row, length) in lengths.enumerated() {
      let own = Tensor.concatenate([tokens[row][..<length], new[row]])[.newAxis, .all]
      let segments = Tensor([Int](repeating: 0, count: length) + [1, 1, 1])[.newAxis, .all]
      let causalSegments = Tensor.zeros(segments.shape, dtype: .int64)
      let alone = try #require(
        model(own, segments: kind == .prefix ? segments : causalSegments).logits)[0]
      expectClose(first[row], alone[length - 1], 1e-10)
      for step in 0..<3 { expectClose(rest[step][row, 0], alone[length + step], 1e-10) }
    }
  }

  @Test func singlePrecision() throws {
    let model = model(0, .causal, dtype: .float32)
    let tokens = randomTokens([2, 9])
    let whole = try #require(model(tokens).logits)
    var cache = TransformerCache()
    let parts = (0..<9).map {
      model.logits(tokens[.all, $0..<$0 + 1], segments: nil, cache: &cache)
    }
    expectClose(Tensor.concatenate(parts, axis: 1), whole, 1e-5)
  }

  @Test func rowsAreSelectedAndRepeated() throws {
    let model = model(2, .prefix)
    let tokens = randomTokens([2, 4])
    var cache = TransformerCache(prefixLengths: [4, 2])
    _ = model.nextLogits(tokens, segments: nil, cache: &cache)
    cache.repeatRows(2)  // 0, 0, 1, 1
    var single = TransformerCache(prefixLengths: [2])
    _ = model.nextLogits(tokens[1..., ..<2], segments: nil, cache: &single)
    single.repeatRows(3)
    cache.select([3, 0, 2])
    let new = Tensor([5, 6, 7])[.all, .newAxis]
    let found = model.nextLogits(new, segments: nil, cache: &cache)
    let expected = model.nextLogits(new, segments: nil, cache: &single)
    expectClose(found[0], expected[0], 1e-10)
    expectClose(found[2], expected[2], 1e-10)
    #expect((found[1] - expected[1]).abs().max().item() > 1e-3)
    #expect(cache.lengths?.integers() == [3, 5, 3])
  }

  /// A decoder step by step, with sources of different lengths and rows that are dropped on the way.
  @Test(arguments: [TransformerFamily.t5, .mt5])
  func decoderStepsEqualTheWhole(family: TransformerFamily) throws {
    let model = EncoderDecoder(tinyConfiguration(family), generator: RandomGenerator(seed: 1))
    shake(model, .float64, seed: 2)
    let source = randomTokens([3, 6])
    source[1, 4...] = Tensor.zeros([2], dtype: .int64)
    let target = Tensor.concatenate(
      [Tensor.zeros([3, 1], dtype: .int64), randomTokens([3, 4], seed: 6)], axis: 1)
    let whole = try #require(model(source, target: target).logits)
    var cache = model.cache(for: source)
    let first = model.logits(target[.all, ..<2], segments: nil, cache: &cache)
    expectClose(first, whole[.all, ..<2], 1e-10)
    cache.select([2, 1])
    let kept = target.gatherRows(Tensor([2, 1]))
    for step in 2..<5 {
      let next = model.nextLogits(kept[.all, step..<step + 1], segments: nil, cache: &cache)
      expectClose(next[0], whole[2, step], 1e-10)
      expectClose(next[1], whole[1, step], 1e-10)
    }
  }
}
