import TestSupport
import Testing
import Torch

@testable import Transformers

@Suite(.enabled(if: hasTorch, torchReason)) struct AttentionMaskTests {
  private let segments = Tensor([0, 0, 0, 1, 1])[.newAxis, .all]

  private func rows(_ mask: Tensor?) throws -> [String] {
    let mask = try #require(mask)
    #expect(mask.dtype == .bool)
    return mask[0, 0].to(.int64).unbound().map { row in
      row.integers().map { "\($0)" }.joined()
    }
  }

  @Test func prefixOfTheArticle() throws {
    #expect(
      try rows(AttentionMask.prefix.tensor(length: 5, segments: segments))
        == ["11100", "11100", "11100", "11110", "11111"])
  }

  @Test func everyOneRaisesTheLevel() throws {
    let jumps = Tensor([0, 1, 0, 1])[.newAxis, .all]
    #expect(
      try rows(AttentionMask.prefix.tensor(length: 4, segments: jumps))
        == ["1000", "1110", "1110", "1111"])
  }

  @Test func paddingIsSeenByNoRow() throws {
    let visible = Tensor([true, true, true, true, false])[.newAxis, .all]
    let padded = Tensor([0, 0, 1, 1, 0])[.newAxis, .all]
    #expect(
      try rows(AttentionMask.prefix.tensor(length: 5, segments: padded, visible: visible))
        == ["11000", "11000", "11100", "11110", "11110"])
    #expect(try rows(AttentionMask.bidirectional.tensor(length: 5, visible: visible)) == ["11110"])
    #expect(
      try rows(AttentionMask.causal.tensor(length: 3, visible: visible[.all, 2...]))
        == ["100", "110", "110"])
  }

  @Test func positionZeroIsAlwaysSeen() throws {
    let nothing = Tensor([false, false])[.newAxis, .all]
    #expect(try rows(AttentionMask.bidirectional.tensor(length: 2, visible: nothing)) == ["10"])
    let model = tiny()
    #expect(model(Tensor.zeros([1, 3], dtype: .int64)).hiddenStates.isFinite().all().item() == 1)
  }

  @Test func noMaskWhereAllSeeAll() {
    #expect(AttentionMask.bidirectional.tensor(length: 4) == nil)
  }

  // MARK: - What masks do to a model

  private func logits(
    _ model: Transformer, _ tokens: Tensor, _ segments: Tensor? = nil, positions: Tensor? = nil,
    mask: AttentionMask
  ) throws -> Tensor {
    try #require(model(tokens, segments: segments, positions: positions, mask: mask).logits)
  }

  private func changedRows(_ first: Tensor, _ second: Tensor) -> [Bool] {
    (first - second).abs().max(axis: -1)[0].doubles().map { $0 > 1e-9 }
  }

  @Test func targetsChangeOnlyWhatFollows() throws {
    let model = tiny { $0.heads = [.languageModel] }
    let tokens = randomTokens([1, 5])
    let before = try logits(model, tokens, segments, mask: .prefix)
    let changed = tokens.clone()
    changed[0, 3] = Tensor(39)
    #expect(
      changedRows(before, try logits(model, changed, segments, mask: .prefix))
        == [false, false, false, true, true])
    let source = tokens.clone()
    source[0, 1] = Tensor(39)
    #expect(
      changedRows(before, try logits(model, source, segments, mask: .prefix))
        == [true, true, true, true, true])
  }

  @Test(arguments: [AttentionKind.bidirectional, .causal, .prefix])
  func paddingChangesNothing(kind: AttentionKind) throws {
    let model = tiny { $0.heads = [.languageModel] }
    let tokens = randomTokens([1, 5])
    let padding = Tensor.zeros([1, 3], dtype: .int64)
    func padded(_ tensor: Tensor) -> Tensor { Tensor.concatenate([tensor, padding], axis: 1) }
    let plain = try logits(model, tokens, segments, mask: AttentionMask(kind))
    let longer = try logits(model, padded(tokens), padded(segments), mask: AttentionMask(kind))
    expectClose(longer[.all, ..<5], plain, 1e-12)
  }

  /// A permuted language model is the causal one on shuffled pairs of tokens and positions.
  @Test func permutedMaskIsShuffledInput() throws {
    let model = tiny { $0.heads = [.languageModel] }
    let tokens = randomTokens([1, 6])
    let order = Tensor([3, 0, 5, 1, 4, 2])
    let rank = order.argsort()
    let mask = rank[.newAxis, .all] .<= rank[.all, .newAxis]
    let explicit = try logits(model, tokens, mask: .custom(mask))
    let shuffled = try logits(
      model, tokens.gatherRows(order, axis: 1), positions: order[.newAxis, .all], mask: .causal)
    expectClose(shuffled, explicit.gatherRows(order, axis: 1), 1e-11)
  }
}
