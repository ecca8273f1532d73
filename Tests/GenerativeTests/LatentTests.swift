import Generative
import Layers
import Optimizers
import TestSupport
import Testing
import Torch
import Training

/// Acceptance test G9: matching, and codes on the sphere.
@Suite(.enabled(if: hasTorch, torchReason)) struct LatentTests {
  /// −2s² ln Σ exp(−D/2s²) → min D.
  @Test func theSoftMinimumHardens() {
    let squares = Tensor([[0.3, 1.7, 4.0], [2.2, 0.9, 3.1]])
    func soft(_ s: Double) -> Tensor {
      (squares / (-2 * s * s)).logSumExp(axis: 1) * (-2 * s * s)
    }
    expectClose(soft(0.1), squares.min(axis: 1), 1e-4)
    #expect((soft(1) - squares.min(axis: 1)).abs().max().item() > 0.1)
  }

  @Test func everyRealSampleDrawsItsNearestFake() {
    let real = Tensor([[0.0, 0], [4, 0], [4.2, 0]])
    let fake = Tensor([[0.5, 0], [9, 9], [4, 1]]).requiringGradient()
    let loss = NearestNeighborMatching.forwardLoss(real: real, fake: fake)
    #expect(abs(loss.item() - (0.25 + 1 + 1.04) / 3) < 1e-12)
    let slope = gradients(of: loss, withRespectTo: [fake])[0]
    #expect(slope[1].abs().max().item() == 0 && slope[2].abs().max().item() > 0)
    #expect(
      NearestNeighborMatching.nearest(to: real, among: fake, portion: 2).integers() == [0, 2, 2])
  }

  @Test func theReverseLossPullsFakesToRealSamples() {
    let real = Tensor([[0.0, 0], [4, 0]])
    let other = Tensor([[20.0, 0]])
    func loss(_ x: Double) -> Double {
      NearestNeighborMatching.reverseLoss(
        fake: Tensor([[x, 0]]), otherFake: other, real: real, margin: 1
      ).item()
    }
    #expect(loss(0.1) < loss(1) && abs(loss(1) - 1) < 1e-12)
    // Too near to another fake: the margin speaks.
    let crowded = NearestNeighborMatching.reverseLoss(
      fake: Tensor([[0.0, 0]]), otherFake: Tensor([[0.5, 0]]), real: real, margin: 1)
    #expect(abs(crowded.item() - 0.75) < 1e-12)
  }

  @Test func theReverseLossRefusesOneDrawTwice() async {
    await #expect(processExitsWith: .failure) {
      let fake = Tensor([[0.0, 0]])
      _ = NearestNeighborMatching.reverseLoss(fake: fake, otherFake: fake, real: fake, margin: 1)
    }
  }

  @Test func theLaplacianPyramidAddsUpToTheImage() {
    let random = RandomGenerator(seed: 1)
    let x = Tensor.normal([2, 1, 16, 16], dtype: .float64, generator: random)
    let distance = LaplacianDistance()
    #expect(distance(x, x).item() == 0)
    // A shift of brightness lives in the coarsest of three levels and the rest: 2³ · c.
    #expect(abs(distance(x, x + 0.5).item() - 8 * 0.5) < 1e-12)
    #expect(distance(x, x * 1.1).item() < distance(x, x * 1.2).item())
  }

  @Test func codesStayOnTheSphere() throws {
    RandomGenerator.seedAll(1)
    let images = Tensor.uniform([64, 1, 16, 16]) * 2 - 1
    let generator = Sequential(Dense(4, 256), Activation(.tanh), Reshape(1, 16, 16))
    let task = try LatentOptimizationTask(
      images, generator: generator, codeSize: 4, batch: 32,
      codeRule: Adam(learningRate: 0.05), generatorRule: Adam(learningRate: 0.01), seed: 1)
    let start = LaplacianDistance()(task.images(ofCodes: task.codes.weight.value), images).item()
    _ = try Trainer(TrainingOptions(steps: 40)).fit(task)
    let lengths = task.codes.weight.value.detach().norm(axis: 1)
    #expect((lengths - 1).abs().max().item() < 1e-5)
    let end = LaplacianDistance()(task.images(ofCodes: task.codes.weight.value), images).item()
    #expect(end < 0.9 * start)
    // A code's length passes no gradient: the slope by it is orthogonal to nothing in particular, but G
    // sees unit codes.
    let twice = task.images(ofCodes: task.codes.weight.value * 2)
    #expect(twice.isClose(to: task.images(ofCodes: task.codes.weight.value)))
  }
}
