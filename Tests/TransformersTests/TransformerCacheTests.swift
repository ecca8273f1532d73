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
    }, { $0.attentionNormalization = .squaredReLU },
    {
      $0.attentionNormalization = .softmaxPlus
      $0.positions = .rotary
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

  @Test(arguments: 0..<10, [AttentionKind.causal, .prefix])
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
  @Test(arguments: 0..<10, [AttentionKind.causal, .prefix])
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

  /// Without gradients keys lie in memory with room: selecting rows, beams that change places and copies of a cache
  /// come to what recomputation does.
  @Test func selectionInPlace() throws {
    let model = model(2, .prefix)
    let prefix = randomTokens([1, 6])
    let steps = [[3, 4, 5], [6, 7, 8], [9, 10, 11], [12, 13, 14]]
    let parents = [[0, 0, 0], [2, 0, 0], [0, 1, 2], [1, 1, 2]]
    func whole(_ row: [Int]) throws -> Tensor {
      let tokens = Tensor(prefix.integers() + row)[.newAxis, .all]
      let segments = Tensor([Int](repeating: 0, count: 6) + row.map { _ in 1 })[.newAxis, .all]
      return try #require(model(tokens, segments: segments).logits)[0, -1]
    }
    try withoutGradients {
      var cache = TransformerCache()
      _ = model.nextLogits(prefix, segments: nil, cache: &cache)
      var rows: [[Int]] = [[]]
      var copy: (cache: TransformerCache, rows: [[Int]])?
      func step(_ cache: inout TransformerCache, _ rows: inout [[Int]], _ index: Int) throws {
        cache.select(parents[index])
        rows = zip(parents[index], steps[index]).map { rows[$0] + [$1] }
        let logits = model.nextLogits(
          Tensor(steps[index])[.all, .newAxis], segments: nil, cache: &cache)
        for (place, row) in rows.enumerated() { expectClose(logits[place], try whole(row), 1e-10) }
      }
      for index in steps.indices {
        if index == 2 { copy = (cache, rows) }
        try step(&cache, &rows, index)
      }
      // What the copy remembers is not what the other wrote behind it.
      var other = try #require(copy)
      try step(&other.cache, &other.rows, 3)
      try step(&cache, &rows, 1)
    }
  }

  /// The same padded on the left: a row is what it is alone, and so is what comes after it.
  @Test(arguments: 0..<10, [AttentionKind.causal, .prefix])
  func paddingOnTheLeft(index: Int, kind: AttentionKind) throws {
    let model = model(index, kind)
    let lengths = [4, 2, 3]
    let tokens = randomTokens([3, 4])
    let new = randomTokens([3, 2], seed: 8)
    var cache = TransformerCache(prefixLengths: lengths, padding: .left)
    let first = model.nextLogits(tokens, segments: nil, cache: &cache)
    let rest = (0..<2).map {
      model.logits(new[.all, $0..<$0 + 1], segments: nil, cache: &cache)
    }
    for (row, length) in lengths.enumerated() {
      let own = Tensor.concatenate([tokens[row][(4 - length)...], new[row]])[.newAxis, .all]
      let segments = Tensor([Int](repeating: 0, count: length) + [1, 1])[.newAxis, .all]
      let causalSegments = Tensor.zeros(segments.shape, dtype: .int64)
      let alone = try #require(
        model(own, segments: kind == .prefix ? segments : causalSegments).logits)[0]
      expectClose(first[row], alone[length - 1], 1e-10)
      for step in 0..<2 { expectClose(rest[step][row, 0], alone[length + step], 1e-10) }
    }
  }

  /// An encoder's rows padded on the left are what they are alone.
  @Test func encodersPaddedOnTheLeft() {
    let model = tiny()
    let tokens = randomTokens([2, 6])
    let visible = Tensor([[1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1]]) .!= 0
    let states = model(tokens, visible: visible).hiddenStates
    #expect(states.isFinite().all().item() == 1)
    expectClose(states[1][3...], model(tokens[1][3...][.newAxis, .all]).hiddenStates[0], 1e-10)
  }

  /// A condition goes with a cache, through selection of rows and every step.
  @Test func conditionsOfAGeneration() throws {
    let model = tiny {
      $0.heads = [.languageModel]
      $0.attention = .causal
      $0.conditionSize = 3
    }
    let tokens = randomTokens([2, 5])
    let condition = Tensor([1.0, 2, -1, 0.5, 0, 3], shape: [2, 3], dtype: .float64)
    let whole = try #require(model(tokens, condition: condition).logits)
    var cache = TransformerCache(condition: condition)
    _ = model.logits(tokens[.all, ..<4], segments: nil, cache: &cache)
    cache.select([1, 0])
    let next = tokens[.all, 4...].flipped(0)
    let last = model.nextLogits(next, segments: nil, cache: &cache)
    expectClose(last[0], whole[1, 4], 1e-10)
    expectClose(last[1], whole[0, 4], 1e-10)
    #expect((last[0] - whole[0, 4]).abs().max().item() > 1e-3)
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
