import Layers
import TestSupport
import Testing
import Torch

@testable import Transformers

@Suite(.enabled(if: hasTorch, torchReason)) struct TransformerOptionsTests {
  // MARK: - Positions

  @Test func rotaryPositionsOfTheArticle() {
    func turned(_ vector: [Double], _ position: Int) -> Tensor {
      RotaryPositions(Tensor([[position]]), size: 4, dtype: .float64)(
        Tensor(vector, shape: [1, 1, 1, 4]))
    }
    let (q, k) = ([1.0, 2, 3, 4], [0.5, -1, 2, 0.25])
    expectClose(
      turned(q, 3).doubles(), [-1.27223251, -1.83886499, 2.8786681, 4.08818664], 1e-8)
    for (first, second) in [(5, 2), (13, 10)] {
      expectClose((turned(q, first) * turned(k, second)).sum().doubles(), [7.982131589], 1e-8)
    }
  }

  @Test func sinusoidalTable() {
    expectClose(
      SinusoidalTable.vectors(Tensor([3]), size: 4, dtype: .float64).doubles(),
      [0.1411200081, -0.9899924966, 0.0299955002, 0.9995500337], 1e-10)
  }

  @Test func classesOfDistanceOfT5() {
    func buckets(_ distances: [Int], isCausal: Bool) -> [Int] {
      RelativePositions.buckets(Tensor(distances), count: 32, limit: 128, isCausal: isCausal)
        .integers()
    }
    #expect(
      buckets(
        [-128, -64, -20, -16, -10, -8, -7, -1, 0, 1, 7, 8, 15, 16, 20, 64, 127], isCausal: false)
        == [15, 14, 10, 10, 8, 8, 7, 1, 0, 17, 23, 24, 25, 26, 26, 30, 31])
    #expect(
      buckets([-128, -64, -20, -16, 0, 1, 9], isCausal: true) == [31, 26, 17, 16, 0, 0, 0])
  }

  @Test func hierarchicalPositions() {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = 2
    configuration.hiddenSize = 2
    configuration.maxPositions = 4
    configuration.segmentCount = 0
    configuration.normalizesEmbeddings = false
    configuration.hierarchicalPosition = 0.4
    let embeddings = TransformerEmbeddings(configuration).evaluate().move(dtype: .float64)
    embeddings.tokens.weight.assign(.zeros([2, 2]))
    embeddings.positions?.weight.assign(Tensor.range(8).reshaped(4, 2))
    let places = Tensor.range(8)[.newAxis, .all]
    let vectors = embeddings(Tensor.zeros([1, 8], dtype: .int64), positions: places)
    expectClose(
      vectors.doubles(),
      [0, 1, 2, 3, 4, 5, 6, 7] + [
        1.333333, 2.333333, 3.333333, 4.333333, 5.333333, 6.333333, 7.333333, 8.333333,
      ], 1e-6)
  }

  @Test func positionsOfOnesOwn() throws {
    let model = tiny()
    let tokens = randomTokens([1, 4])
    let usual = model(tokens).hiddenStates
    expectClose(
      model(tokens, positions: Tensor([[0, 1, 2, 3]])).hiddenStates, usual, 1e-12)
    #expect(
      (model(tokens, positions: Tensor([[4, 5, 6, 7]])).hiddenStates - usual).abs().max().item()
        > 1e-3)
  }

  // MARK: - Attention

  /// The fused kernel and the scores written out give the same.
  @Test(arguments: [AttentionKind.bidirectional, .causal, .prefix], [true, false])
  func fusedAttentionEqualsScores(kind: AttentionKind, isPadded: Bool) throws {
    let fused = tiny { $0.attention = kind }
    let written = tiny {
      $0.attention = kind
      $0.residualAttentionScores = true
      $0.numLayers = 1
    }
    let single = tiny {
      $0.attention = kind
      $0.numLayers = 1
    }
    single.copyWeights(from: written)
    let tokens = randomTokens([2, 6])
    if isPadded { tokens[1, 4...] = Tensor.zeros([2], dtype: .int64) }
    let segments = Tensor([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0]])
    expectClose(
      written(tokens, segments: segments).hiddenStates,
      single(tokens, segments: segments).hiddenStates, 1e-12)
    #expect(fused(tokens, segments: segments).hiddenStates.shape == [2, 6, 16])
  }

  @Test func residualScoresReachTheNextLayer() {
    let plain = tiny()
    let residual = tiny { $0.residualAttentionScores = true }
    residual.copyWeights(from: plain)
    let tokens = randomTokens([1, 5])
    #expect(
      (plain(tokens).hiddenStates - residual(tokens).hiddenStates).abs().max().item() > 1e-3)
  }

  /// The formulas written out, of one head over four places of which the last is padding.
  @Test(arguments: [AttentionNormalization.squaredReLU, .softmaxPlus])
  func otherNormalizations(kind: AttentionNormalization) throws {
    let model = tiny {
      $0.numLayers = 1
      $0.numHeads = 1
      $0.attentionNormalization = kind
    }
    let attention = try #require(model.encoder.blocks[0].attention)
    let generator = RandomGenerator(seed: 5)
    let x = Tensor.normal([1, 4, 16], dtype: .float64, generator: generator)
    let mask = Tensor([0, 0, 0, -Double.infinity], shape: [1, 1, 1, 4], dtype: .float64)
    var adjustment = ScoreAdjustment(added: mask)
    if kind == .squaredReLU {
      adjustment.seenCount = Tensor.full([1, 1, 1, 1], 3, dtype: .float64)
    } else {
      adjustment.queryScale = Tensor.full([1, 1, 1, 1], 0.7, dtype: .float64)
    }
    var scores: Tensor?
    var cache: TransformerCache.Layer?
    let found = attention.forward(
      x, adjustment, residualScores: &scores, cache: &cache, extendsCache: false)
    let (q, k, v) = (attention.query(x), attention.key(x), attention.value(x))
    let a = q.matmul(k.transposed()) / 4 + mask[0]
    let weights =
      kind == .squaredReLU
      ? a.relu().square() / 3
      : (q.matmul(k.transposed()) * (0.7 / 4) + mask[0]).softmax()
    expectClose(found, attention.output(weights.matmul(v)), 1e-10)
  }

  // MARK: - Conditional normalization

  private func conditional(_ change: (inout TransformerConfiguration) -> Void = { _ in })
    -> TransformerNorm
  {
    var configuration = TransformerConfiguration(.bert)
    configuration.conditionSize = 2
    change(&configuration)
    let norm = TransformerNorm(4, configuration, generator: RandomGenerator(seed: 1))
    return norm.move(dtype: .float64)
  }

  @Test func conditionalNormalizationOfTheArticle() {
    let norm = conditional()
    // The article's rows are entries of the condition.
    norm.conditionScale?.weight.assign(
      Tensor([[0.1, 0.2, 0.3, 0.4], [0, 0.1, 0, 0.1]]).transposed())
    norm.conditionShift?.weight.assign(Tensor([[0.5, 0, 0, 0], [0, 0.5, 0, 0]]).transposed())
    let input = Tensor([1.0, 2, 3, 4], shape: [1, 1, 4])
    expectClose(
      norm(input, condition: Tensor([[1.0, -1.0]])).doubles(),
      [-0.97580487, -0.99193496, 0.58137767, 1.74413302], 1e-8)
  }

  @Test func conditionStartsWithoutEffect() throws {
    let plain = tiny { $0.heads = [.languageModel] }
    let model = tiny {
      $0.heads = [.languageModel]
      $0.conditionSize = 3
      $0.conditionHiddenSize = 5
      $0.conditionActivation = .silu
    }
    for (name, parameter) in model.namedParameters() {
      if name.contains("conditionScale") || name.contains("conditionShift") {
        parameter.assign(Tensor.zeros(parameter.shape))
      }
      if let own = plain.namedParameters().first(where: { $0.name == name }) {
        parameter.assign(own.parameter.value)
      }
    }
    let tokens = randomTokens([2, 5])
    let condition = Tensor.normal([2, 3], dtype: .float64, generator: RandomGenerator(seed: 9))
      .requiringGradient()
    let output = model(tokens, condition: condition)
    expectClose(output.hiddenStates, plain(tokens).hiddenStates, 1e-12)
    expectClose(try #require(output.logits), try #require(plain(tokens).logits), 1e-12)
    let scale = try #require(model.encoder.blocks[0].outputNorm?.conditionScale?.weight.value)
    let found = gradients(
      of: output.hiddenStates.square().sum(), withRespectTo: [condition, scale])
    #expect(found[0].abs().max().item() == 0)
    #expect(found[1].abs().max().item() > 0)
  }

  /// In float32 too, where other ways to compute the same round otherwise, the start is the same to the last bit.
  @Test func conditionStartsWithoutAnyBit() throws {
    let plain = tiny { $0.heads = [.languageModel] }.move(dtype: .float32)
    let model = tiny {
      $0.heads = [.languageModel]
      $0.conditionSize = 3
    }.move(dtype: .float32)
    for (name, parameter) in model.namedParameters() {
      if let own = plain.namedParameters().first(where: { $0.name == name }) {
        parameter.assign(own.parameter.value)
      } else {
        parameter.assign(Tensor.zeros(parameter.shape))
      }
    }
    let tokens = randomTokens([8, 9])
    let condition = Tensor.normal([8, 3], generator: RandomGenerator(seed: 9))
    let logits = try #require(model(tokens, condition: condition).logits)
    #expect(try logits.equals(#require(plain(tokens).logits)))
  }

  /// Logits at some places are those of the whole there, under the condition of each one's row.
  @Test func conditionsOfSomePlaces() throws {
    let model = tiny {
      $0.heads = [.languageModel]
      $0.conditionSize = 3
    }
    let tokens = randomTokens([3, 5])
    let condition = Tensor.normal([3, 3], dtype: .float64, generator: RandomGenerator(seed: 9))
    let places = Tensor([0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1], shape: [3, 5]) .!= 0
    let targets = SequenceTargets(at: places, targets: tokens)
    let whole = try #require(model(tokens, condition: condition).logits)
    expectClose(
      model.logits(at: targets, tokens, condition: condition), targets.gather(whole), 1e-12)
  }

  /// Two zero maps in a row: nothing ever moves.
  @Test func aProjectionThatStartsAtZeroLearnsNothing() {
    let norm = conditional { $0.conditionHiddenSize = 6 }
    let input = Tensor([1.0, 2, 3, 4], shape: [1, 1, 4])
    func greatest() -> Double {
      let maps = [norm.conditionMapping, norm.conditionScale, norm.conditionShift]
        .compactMap { $0?.weight.value }
      let output = norm(input, condition: Tensor([[1.0, -1.0]]))
      return gradients(of: (output * input).sum(), withRespectTo: maps)
        .map { $0.abs().max().item() }.max() ?? 0
    }
    #expect(greatest() > 0)
    norm.conditionMapping.map { $0.weight.assign(Tensor.zeros(like: $0.weight.value)) }
    #expect(greatest() == 0)
  }

  @Test func onlyTheProjectionIsRandom() {
    let norm = conditional { $0.conditionHiddenSize = 6 }
    #expect(norm.conditionMapping.map { $0.weight.value.abs().max().item() > 0 } == true)
    #expect(norm.conditionScale.map { $0.weight.value.abs().max().item() == 0 } == true)
  }

  // MARK: - Parts

  @Test func layersOfAnotherModel() {
    let model = tiny()
    var configuration = model.configuration
    configuration.heads = [.languageModel]
    let second = Transformer(
      configuration, embeddings: model.embeddings, encoder: model.encoder)
    #expect(second.encoder === model.encoder)
    #expect(
      second.namedParameters().count
        == model.namedParameters().count + 5)
  }

  @Test func clonesAreOfTheSameStructure() {
    let model = tiny { $0.heads = [.languageModel, .nextSentence] }
    let copy = model.clone(generator: RandomGenerator(seed: 4))
    copy.copyWeights(from: model)
    let tokens = randomTokens([1, 4])
    #expect(copy(tokens).hiddenStates.equals(model(tokens).hiddenStates))
  }

  @Test func dropoutOnlyInTraining() {
    let model = tiny()
    let tokens = randomTokens([1, 6])
    #expect(model(tokens).hiddenStates.equals(model(tokens).hiddenStates))
    model.train()
    #expect(!model(tokens).hiddenStates.equals(model(tokens).hiddenStates))
  }
}
