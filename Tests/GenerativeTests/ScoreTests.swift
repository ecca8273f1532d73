import Datasets
import Foundation
import Generative
import Layers
import TestSupport
import Testing
import Torch

/// Acceptance test G11: what denoising tells of a density.
@Suite(.enabled(if: hasTorch, torchReason)) struct ScoreTests {
  private let mixture = GaussianMixture(
    centers: ToySets.ringCenters, deviation: ToySets.ringDeviation)

  /// Tweedie's formula: the best denoiser is y + σ² ∇ ln p̂(y).
  @Test func theBestDenoiserFollowsTheScore() {
    let noise = 0.3
    let noised = mixture.noised(noise)
    let y = (Tensor.normal([64, 2], dtype: .float64, generator: RandomGenerator(seed: 1)) * 2)
      .requiringGradient()
    let score = gradients(of: noised.logDensity(y).sum(), withRespectTo: [y])[0]
    expectClose(noised.score(y), score, 1e-10)
    expectClose(mixture.denoised(y, noise: noise), y + noise * noise * score, 1e-10)
    // A density: its integral over a fine grid is 1.
    let axis = Tensor.linspace(-4, 4, count: 201, dtype: .float64)
    let grid = Tensor.stack(
      [
        axis.expandingAxis(1).broadcast(to: [201, 201]).reshaped(-1),
        axis.expandingAxis(0).broadcast(to: [201, 201]).reshaped(-1),
      ], axis: 1)
    #expect(abs(noised.logDensity(grid).exp().sum().item() * 0.04 * 0.04 - 1) < 1e-6)
  }

  /// A quadratic energy is exactly what data at one point ask for.
  @Test func theDenoisingLossIsZeroForTheRightEnergy() {
    // x = 0 always: σ² ln p̂(y) = −y²/2.
    let energy = LogDensityNetwork(
      Lambda("energy") { -0.5 * $0.square().sum(axis: 1) }, noise: 0.7)
    let zeros = Tensor.zeros([32, 3], dtype: .float64)
    #expect(energy.loss(zeros).item() < 1e-25)
    let y = Tensor.normal([4, 3], dtype: .float64)
    #expect(energy.denoised(y).abs().max().item() < 1e-14)
  }

  @Test func theMultiScaleLossIsZeroForTheRightSlope() {
    let random = RandomGenerator(seed: 2)
    let x = Tensor.normal([5, 3], dtype: .float64, generator: random)
    let noises = Tensor.linspace(0.05, 1.2, count: 5, dtype: .float64).reshaped(5, 1)
    let noisy = x + noises * Tensor.normal(like: x, generator: random)
    func loss(_ slope: Tensor) -> Double {
      EnergyNetwork.loss(x, noisy: noisy, slope: slope, noises: noises, referenceNoise: 0.1).item()
    }
    #expect(loss((noisy - x) / 0.01) < 1e-20)
    // By hand: with a slope of 0 it is the mean of ‖ξ‖².
    let plain = ((x - noisy) / noises).square().sum(axis: 1).mean().item()
    #expect(abs(loss(Tensor.zeros(like: x)) - plain) < 1e-12)
  }

  @Test func temperatures() {
    let schedule = LangevinSampling.temperatures()
    #expect(schedule.count == 2700 && schedule[0] == 100 && schedule[2699] == 0)
    #expect(zip(schedule, schedule.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(abs(schedule[2499] - 1) < 1e-9)
  }

  /// Langevin's walk with the true score ends in samples of the mixture.
  @Test func walksEndInTheModes() {
    let random = RandomGenerator(seed: 3)
    let start = Tensor.uniform([2000, 2], dtype: .float64, generator: random) * 6 - 3
    let noised = mixture.noised(0.3)
    let end = LangevinSampling.walk(from: start, steps: 300, size: 0.01, generator: random) {
      noised.score($0)
    }
    let clean = mixture.denoised(end, noise: 0.3)
    let coverage = ModeCoverage(clean, centers: ToySets.ringCenters, deviation: 0.1, deviations: 4)
    #expect(coverage.quality > 0.95)
    #expect(coverage.counts.allSatisfy { (160...340).contains($0) })
  }
}
