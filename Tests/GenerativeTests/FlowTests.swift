import Datasets
import Foundation
import Generative
import Layers
import Optimizers
import TestSupport
import Testing
import Torch

/// Acceptance test G10: inverses and log-determinants of invertible residual blocks.
@Suite(.enabled(if: hasTorch, torchReason)) struct FlowTests {
  /// g(x) = λx.
  private func linearBlock(_ factor: Double, dimension: Int = 4) -> InvertibleBlock {
    let layer = Dense(dimension, dimension, bias: false)
    layer.move(dtype: .float64)
    layer.weight.assign(Tensor.identity(dimension).to(.float64) * factor)
    return InvertibleBlock(layer)
  }

  @Test(arguments: [
    (-0.9, [-3.6, -7.3205, -8.475, -9.2072]), (0.9, [3.6, 2.7683, 2.5048, 2.5672]),
  ])
  func partialSumsOfALinearBranch(_ factor: Double, _ expected: [Double]) {
    let block = linearBlock(factor)
    let x = Tensor.normal([3, 4], dtype: .float64, generator: RandomGenerator(seed: 1))
    let exact = block.exactLogDeterminant(x)
    #expect((exact - 4 * log(1 + factor)).abs().max().item() < 1e-10)
    for (terms, sum) in zip([1, 5, 10, 50], expected) {
      // u of ±1 gives the trace of a multiple of the identity without error.
      let found = withoutGradients { () -> Tensor in
        withGradients(enabled: true) {
          block.forwardWithLogDeterminant(x, terms: terms).logDeterminant.detach()
        }
      }
      #expect((found - sum).abs().max().item() < 2e-3, "\(terms) terms")
      let bound = InvertibleBlock.truncationBound(lipschitz: 0.9, dimension: 4, terms: terms)
      #expect((found - exact).abs().max().item() <= bound + 1e-9)
    }
    let (input, iterations) = block.inverse(block(x).detach(), iterations: 200)
    #expect((input - x).abs().max().item() < 2e-5)
    #expect((100...170).contains(iterations))
  }

  private func randomBlock(_ bound: Double, dtype: DType, seed: UInt64) -> InvertibleBlock {
    let random = RandomGenerator(seed: seed)
    func layer(_ inputs: Int, _ outputs: Int) -> Layer {
      // Weights far above the bound, so that it acts.
      SpectralNorm(
        Dense(inputs, outputs, weightInitializer: .normal(standardDeviation: 1), generator: random),
        bound: .atMost(bound), generator: random)
    }
    let block = InvertibleBlock(
      Sequential(
        layer(8, 32), Activation(.elu(1)), layer(32, 32), Activation(.elu(1)), layer(32, 8)))
    block.move(dtype: dtype)
    for _ in 0..<200 { block.advanceSpectralNorms() }
    return block
  }

  @Test(arguments: [0.5, 0.7, 0.9]) func randomBranches(_ bound: Double) {
    let block = randomBlock(bound, dtype: .float64, seed: 3)
    let x = Tensor.normal([16, 8], dtype: .float64, generator: RandomGenerator(seed: 4))
    block.evaluate()
    let jacobian = block.jacobian(x)
    let norm = jacobian.svd().s.max().item()
    #expect(norm < pow(bound, 3) + 1e-6 && norm > 0.01)
    let (sign, exact) = (jacobian + Tensor.identity(8).to(.float64)).slogdet()
    #expect(sign.min().item() == 1)
    // The series with exact traces.
    var power = jacobian
    var sum = Tensor.zeros([16], dtype: .float64)
    for n in 1...200 {
      let trace = power.diagonal().sum(axis: 1)
      sum += trace * ((n % 2 == 1 ? 1.0 : -1.0) / Double(n))
      if [1, 3, 5].contains(n) {
        let limit = InvertibleBlock.truncationBound(
          lipschitz: pow(bound, 3), dimension: 8, terms: n)
        #expect((sum - exact).abs().max().item() <= limit)
      }
      power = power.matmul(jacobian)
    }
    expectClose(sum, exact, 1e-10)
    let output = withoutGradients { block(x) }
    #expect(
      (block.inverse(output, iterations: 150, tolerance: 0).input - x).abs().max().item() < 1e-12)
    let single = randomBlock(bound, dtype: .float32, seed: 3)
    single.evaluate()
    let y = withoutGradients { single(x.to(.float32)) }
    #expect(
      (single.inverse(y, iterations: 150, tolerance: 0).input - x.to(.float32)).abs().max().item()
        < 5e-6)
  }

  /// Hutchinson's estimate, and its untruncated form, have no bias.
  @Test(arguments: [nil, 0.5]) func estimatesHaveTheRightMean(_ roulette: Double?) {
    let block = randomBlock(0.9, dtype: .float64, seed: 5)
    block.evaluate()
    let random = RandomGenerator(seed: 6)
    let x = Tensor.normal([1, 8], dtype: .float64, generator: random)
    let exact = block.exactLogDeterminant(x).item()
    let batch = roulette == nil ? 4000 : 100
    let rounds = roulette == nil ? 1 : 40
    let many = x.broadcast(to: [batch, 8]).contiguous()
    var means: [Double] = []
    for _ in 0..<rounds {
      let found = block.forwardWithLogDeterminant(
        many, terms: roulette == nil ? 20 : 2, roulette: roulette, generator: random)
      let values = found.logDeterminant.detach()
      means += roulette == nil ? values.doubles() : [values.mean().item()]
    }
    let mean = means.reduce(0, +) / Double(means.count)
    let variance = means.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(means.count - 1)
    #expect(abs(mean - exact) < 4 * (variance / Double(means.count)).squareRoot())
  }

  /// The norm of a convolution is that of its matrix, which the reshaped kernel's is not.
  @Test func normOfAConvolution() {
    let random = RandomGenerator(seed: 7)
    let layer = LipschitzConv2d(
      3, 4, kernelSize: 3, size: (6, 6), bound: 0.9, generator: random)
    layer.move(dtype: .float64)
    layer.weight.assign(layer.weight.value.detach() * 3)
    layer.advance(6000)
    let basis = Tensor.identity(108).to(.float64).reshaped(108, 3, 6, 6)
    let matrix = basis.conv2d(layer.weight.value.detach(), padding: [1, 1]).flattened(from: 1)
    let largest = matrix.svd().s.max().item()
    #expect(abs(layer.norm().item() - largest) < 1e-6)
    let reshaped = layer.weight.value.detach().flattened(from: 1).svd().s.max().item()
    #expect(abs(reshaped - largest) > 0.1)
    layer.evaluate()
    let moved = withoutGradients { layer(basis) - layer(basis * 0) }.flattened(from: 1)
    #expect(moved.svd().s.max().item() < 0.9 + 1e-6)
  }

  @Test func squaresBecomeChannels() {
    let images = Tensor.range(32).to(.float32).reshaped(1, 2, 4, 4)
    let found = spaceToDepth(images)
    #expect(found.shape == [1, 8, 2, 2])
    // The square at the lower right of the second channel.
    #expect(found[0, 4..<8, 1, 1].contiguous().floats() == [26, 27, 30, 31])
    let flow = InvertibleResNet.convolutional(
      channels: 8, side: 2, width: 4, blocks: 2, generator: RandomGenerator(seed: 1))
    flow.evaluate()
    let x = found / 32
    let y = withoutGradients { flow(x) }
    #expect((flow.inverse(y).input - x).abs().max().item() < 1e-5)
  }

  @Test func bits() {
    // A uniform density on [0, 1)^d costs 8 bits a dimension.
    #expect(bitsPerDimension(negativeLogLikelihood: 0, dimension: 10) == 8)
    #expect(abs(bitsPerDimension(negativeLogLikelihood: -10 * log(2), dimension: 10) - 7) < 1e-12)
  }

  @Test(.tags(.slow), .enabled(if: runsSlowTests, slowReason))
  func twoMoons() {
    RandomGenerator.seedAll(0)
    let flow = InvertibleResNet.dense(2, generator: RandomGenerator(seed: 0))
    let data = ToySets.twoMoons(count: 20_000, seed: 0).inputs
    let optimizer = Optimizer(Adam(learningRate: 2e-3), for: flow)
    for _ in 0..<800 {
      let batch = data.gatherRows(Tensor.randomIntegers(0, data.size(0), shape: [256]))
      _ = optimizer.step { flow.negativeLogLikelihood(batch, terms: 8).mean() }
    }
    for _ in 0..<100 { flow.advanceSpectralNorms() }
    flow.evaluate()
    let cost = flow.exactNegativeLogLikelihood(data[..<2000]).mean().item()
    #expect(cost <= 2.55)
    let x = data[..<4000]
    let (back, _) = flow.inverse(withoutGradients { flow(x) }, iterations: 200, tolerance: 1e-7)
    #expect((back - x).abs().max().item() < 5e-5)
  }
}
