import Datasets
import Generative
import Layers
import Optimizers
import TestSupport
import Testing
import Torch
import Training

@Suite(.enabled(if: hasTorch, torchReason)) struct AdversarialStepTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let loss: AdversarialLoss
    let isNormalized: Bool
    let dtype: DType
    var testDescription: String { "\(loss.name), \(isNormalized ? "BN" : "plain"), \(dtype)" }
  }

  static let cases: [Case] = AdversarialLoss.all.flatMap { loss in
    [false, true].flatMap { isNormalized in
      [DType.float64, .float32].map { Case(loss: loss, isNormalized: isNormalized, dtype: $0) }
    }
  }

  /// Each player's gradient by its own loss alone, from passes of their own.
  private func plain(
    _ players: AdversarialPlayers, real: Tensor, noise: Tensor
  ) -> (discriminator: [Tensor?], generator: [Tensor?]) {
    let fake = players.generator(noise).detach()
    let discriminatorLoss = players.game.loss.discriminator(
      real: players.scores(real), fake: players.scores(fake))
    let discriminator = players.discriminatorOptimizer.gradients(of: discriminatorLoss)
    let generatorLoss = players.game.loss.generator(
      fake: players.scores(players.generator(noise)), real: players.scores(real).detach())
    return (discriminator, players.generatorOptimizer.gradients(of: generatorLoss))
  }

  /// Acceptance test G1: one loss, split and shared gradients are those of the players' own losses.
  @Test(arguments: cases) func gradientsAreThoseOfThePlayersOwnLosses(_ test: Case) {
    let players = toyPlayers(test.loss, normalized: test.isNormalized, dtype: test.dtype)
    let real = points(32, seed: 1, dtype: test.dtype)
    let noise = points(32, seed: 2, dtype: test.dtype)
    let expected = plain(players, real: real, noise: noise)
    #expect(norm(expected.discriminator) > 1e-3 && norm(expected.generator) > 1e-3)
    let tolerance = test.dtype == .float64 ? 1e-12 : 1e-5
    let steps: [(String, any SimultaneousStep)] = [
      ("joint", JointStep()), ("split", SplitStep(sharesBackward: false)), ("shared", SplitStep()),
    ]
    for (name, step) in steps {
      let found = step.gradients(players, real: real, noise: noise)
      #expect(
        largestDifference(found.discriminator, expected.discriminator) < tolerance, "\(name)")
      #expect(largestDifference(found.generator, expected.generator) < tolerance, "\(name)")
    }
    // So do the alternating loop's own.
    let fake = players.generator(noise)
    let verdict = players.discriminatorGradients(real: real, fake: fake, noise: noise)
    #expect(largestDifference(verdict.gradients, expected.discriminator) < tolerance)
    let generator = players.generatorGradients(fake: fake, noise: noise, real: real)
    #expect(largestDifference(generator.gradients, expected.generator) < tolerance)
  }

  @Test(arguments: [false, true]) func convolutionalNetworksAgreeToo(_ hasBatchNorm: Bool) {
    let random = RandomGenerator(seed: 4)
    let configuration = DCGAN.Configuration.small(normalizesDiscriminator: hasBatchNorm)
    let generator = DCGAN.generator(configuration, random: random).move(dtype: .float64)
    let discriminator = DCGAN.discriminator(configuration, random: random).move(dtype: .float64)
    let rule = SGD(learningRate: 0.1)
    let players = AdversarialPlayers(
      generator: generator, discriminator: discriminator, loss: .standard,
      generatorOptimizer: rule, discriminatorOptimizer: rule)
    #expect(players.scoresSamplesApart != hasBatchNorm)
    let real = Tensor.uniform([6, 1, 28, 28], dtype: .float64, generator: random) * 2 - 1
    let noise = Tensor.normal([6, 100], dtype: .float64, generator: random)
    let expected = plain(players, real: real, noise: noise)
    for step in [JointStep(), SplitStep(), SplitStep(sharesBackward: false)]
      as [any SimultaneousStep]
    {
      let found = step.gradients(players, real: real, noise: noise)
      #expect(largestDifference(found.discriminator, expected.discriminator) < 1e-12)
      #expect(largestDifference(found.generator, expected.generator) < 1e-12)
    }
  }

  @Test(arguments: AdversarialLoss.all.map(\.name)) func theBracketIsZeroButItsGradientIsNot(
    _ name: String
  ) throws {
    let loss = try #require(AdversarialLoss.all.first { $0.name == name })
    let players = toyPlayers(loss)
    let (_, bracket, _) = JointStep().loss(
      players, real: points(16, seed: 1), fake: players.generator(points(16, seed: 2)),
      noise: points(16, seed: 2))
    #expect(bracket.item() == 0)
    let all = players.discriminatorOptimizer.gradients(of: bracket * 1)
    #expect(norm(all) < 1e-12)
    let (_, again, _) = JointStep().loss(
      players, real: points(16, seed: 1), fake: players.generator(points(16, seed: 2)),
      noise: points(16, seed: 2))
    #expect(norm(players.generatorOptimizer.gradients(of: again)) > 1e-3)
  }

  @Test func aHingeThatFakesHavePassedStillTeachesTheGenerator() {
    // A head so steep that most fakes lie beyond the margin: their ∂ℓ_D/∂T is exactly 0.
    let players = toyPlayers(.hinge)
    let head = players.discriminator.parameters[players.discriminator.parameters.count - 1]
    head.assign(head.value * 300.0)
    let real = points(64, seed: 1)
    let noise = points(64, seed: 2)
    let passed = players.scores(players.generator(noise)) .< -1.0
    #expect(passed.any().item() == 1)
    let expected = plain(players, real: real, noise: noise)
    let found = SplitStep().gradients(players, real: real, noise: noise)
    #expect(largestDifference(found.generator, expected.generator) < 1e-12)
    #expect(largestDifference(found.discriminator, expected.discriminator) < 1e-12)
  }

  @Test func penaltiesTrainTheDiscriminatorOnly() {
    let players = toyPlayers(
      .wasserstein, penalty: GradientPenalty(weight: 10, points: .mixture))
    let without = toyPlayers(.wasserstein)
    let real = points(16, seed: 1)
    let noise = points(16, seed: 2)
    let plain = SplitStep().gradients(without, real: real, noise: noise)
    let joint = JointStep().gradients(players, real: real, noise: noise)
    let split = SplitStep().gradients(players, real: real, noise: noise)
    #expect(largestDifference(joint.discriminator, split.discriminator) < 1e-12)
    #expect(largestDifference(joint.generator, plain.generator) < 1e-12)
    #expect(largestDifference(split.generator, plain.generator) < 1e-12)
    #expect(largestDifference(split.discriminator, plain.discriminator) > 1e-3)
  }

  @Test func dropoutSharesItsMasksInTheSplitStep() {
    let random = RandomGenerator(seed: 3)
    let critic = Sequential(
      Dense(2, 24, generator: random), Activation(.leakyReLU(0.2)), Dropout(0.5),
      Dense(24, 1, generator: random))
    let players = toyPlayers(discriminator: critic)
    #expect(players.randomLayers == ["2"])
    let real = points(32, seed: 1)
    let noise = points(32, seed: 2)
    RandomGenerator.seedAll(5)
    let split = SplitStep(sharesBackward: false).gradients(players, real: real, noise: noise)
    RandomGenerator.seedAll(5)
    let shared = SplitStep().gradients(players, real: real, noise: noise)
    #expect(largestDifference(split.discriminator, shared.discriminator) < 1e-12)
    #expect(largestDifference(split.generator, shared.generator) < 1e-12)
    // In inference there is nothing random left, and the one loss may be written.
    players.discriminator.evaluate()
    _ = JointStep().gradients(players, real: real, noise: noise)
  }

  @Test func theJointStepRefusesDropout() async {
    await #expect(processExitsWith: .failure) {
      let critic = Sequential(Dense(2, 8), Dropout(0.5), Dense(8, 1))
      let players = toyPlayers(discriminator: critic)
      _ = JointStep().gradients(players, real: points(8, seed: 1), noise: points(8, seed: 2))
    }
  }

  private func runningMeans(_ players: AdversarialPlayers) -> [[Double]] {
    let modules = players.discriminator.namedModules() + players.generator.namedModules()
    return modules.compactMap { ($0.module as? BatchNorm)?.runningMean.value.doubles() }
  }

  @Test func statisticsMoveOncePerStep() {
    let real = points(32, seed: 1)
    let noise = points(32, seed: 2)
    func state(after step: any AdversarialStep) -> [[Double]] {
      let players = toyPlayers(
        normalized: true, rule: SGD(learningRate: 0))
      _ = step.update(players, real: real, noise: noise)
      return runningMeans(players)
    }
    // By hand: one real and one fake pass of D, one pass of G.
    let players = toyPlayers(normalized: true)
    _ = players.scores(real)
    _ = players.scores(players.generator(noise))
    let expected = runningMeans(players)
    for step in [JointStep(), SplitStep(), AlternatingStep()] as [any AdversarialStep] {
      let found = state(after: step)
      for (a, b) in zip(found.joined(), expected.joined()) { #expect(abs(a - b) < 1e-12) }
    }
  }

  @Test func spectralNormsAdvanceOncePerStep() throws {
    func norms() -> Sequential {
      let random = RandomGenerator(seed: 8)
      return Sequential(
        SpectralNorm(Dense(2, 16, generator: random), generator: random),
        Activation(.leakyReLU(0.2)),
        SpectralNorm(Dense(16, 1, generator: random), generator: random))
    }
    for step in [JointStep(), SplitStep(), AlternatingStep()] as [any AdversarialStep] {
      let players = toyPlayers(
        .wasserstein, rule: SGD(learningRate: 0), discriminator: norms())
      let first = try #require(players.discriminator.namedModules()[1].module as? SpectralNorm)
      let copy = try #require(norms().move(dtype: .float64)[0] as? SpectralNorm)
      _ = step.update(players, real: points(8, seed: 1), noise: points(8, seed: 2))
      copy.advance()
      #expect(try #require(first.u).value.isClose(to: try #require(copy.u).value))
      #expect(first.updatesStatistics)
    }
  }

  /// λ is the ratio of the players' learning rates under SGD; adaptive rules divide it out again.
  @Test func theBracketsWeightActsUnderSGDOnly() {
    func displacement(_ weight: Double, _ rule: any OptimizerSpecification) -> Double {
      let players = toyPlayers(rule: rule)
      let before = players.generator.parameters.map { $0.value.detach().clone() }
      _ = JointStep(generatorWeight: weight).update(
        players, real: points(64, seed: 1), noise: points(64, seed: 2))
      let moved = zip(players.generator.parameters, before).map { $0.value.detach() - $1 }
      return norm(moved)
    }
    let sgd = SGD(learningRate: 0.1)
    #expect(abs(displacement(0.1, sgd) / displacement(1, sgd) - 0.1) < 0.001)
    let adam = Adam(learningRate: 1e-3, beta1: 0.5, epsilon: 1e-8)
    #expect(displacement(0.1, adam) / displacement(1, adam) > 0.95)
    let rms = RMSprop(learningRate: 1e-3)
    #expect(displacement(0.1, rms) / displacement(1, rms) > 0.95)
  }

  @Test func alternatingRoundsUpdateAsOftenAsTheySay() {
    let players = toyPlayers()
    let step = AlternatingStep(discriminatorSteps: 3, generatorSteps: 2)
    let round = AdversarialRound(
      real: (0..<3).map { points(8, seed: $0) }, noise: (3..<7).map { points(8, seed: $0) })
    _ = step.update(players, round, StepScope())
    #expect(players.discriminatorOptimizer.stepCount == 3)
    #expect(players.generatorOptimizer.stepCount == 2)
  }

  /// The same round again and again: losses fall as they do for any model and one batch.
  @Test func oneRoundCanBeLearntByHeart() throws {
    let players = toyPlayers(.hinge, dtype: .float32, rule: Adam(learningRate: 0.01))
    let loader = try BatchLoader(
      Dataset(inputs: points(64, seed: 1, dtype: .float32)), .init(batchSize: 8, seed: 1))
    let task = AdversarialTask(
      players, step: AlternatingStep(discriminatorSteps: 2), noiseSize: 2, loader: loader)
    let options = TrainingOptions(steps: 40, precision: .fp32, overfitsOneBatch: true)
    _ = try Trainer(options).fit(task)
    // One round was drawn: two batches for the discriminator.
    #expect(loader.state.position == 2 && loader.state.epoch == 0)
    #expect(players.discriminatorOptimizer.stepCount == 80)
  }

  /// Losses, gradients and optimizers are outside autocast: what they get is float32.
  @Test func mixedPrecisionEndsWithTheScores() {
    let players = toyPlayers(dtype: .float32)
    let scope = StepScope(autocastType: .bfloat16)
    let scores = players.scores(points(8, seed: 1, dtype: .float32), scope)
    #expect(scores.dtype == .float32)
    for step: any AdversarialStep in [AlternatingStep(), JointStep(), SplitStep()] {
      let figures = step.update(
        players, real: points(8, seed: 1, dtype: .float32),
        noise: points(8, seed: 2, dtype: .float32),
        scope)
      #expect(
        figures.discriminatorLoss.dtype == .float32 && figures.generatorLoss.dtype == .float32)
      #expect(players.generator.parameters.allSatisfy { $0.dtype == .float32 })
    }
  }
}
