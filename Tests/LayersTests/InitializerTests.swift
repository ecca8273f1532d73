import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct InitializerTests {
  private func deviation(_ tensor: Tensor) -> Double { tensor.standardDeviation().item() }

  @Test func everyDistributionHasTheVarianceAskedFor() {
    let shape = [400, 900]
    for distribution in [EntryDistribution.uniform, .normal, .truncatedNormal] {
      for (initializer, variance) in [
        (Initializer.lecun(distribution), 1.0 / 900),
        (.lecun(distribution, mode: .output), 1.0 / 400),
        (.glorot(distribution, gain: 2), 4 * 2.0 / 1300),
        (.he(distribution), 2.0 / 900),
      ] {
        let weight = initializer(shape, generator: RandomGenerator(seed: 1))
        #expect(abs(weight.mean().item()) < 4 * (variance / 360_000).squareRoot())
        #expect(
          abs(weight.square().mean().item() / variance - 1) < 0.01, "\(initializer) \(variance)")
      }
    }
  }

  @Test func truncationIsRescaledOnlyWhereAsked() {
    let plain = Initializer.truncatedNormal(standardDeviation: 0.02)(
      [1000, 1000], generator: RandomGenerator(seed: 2))
    #expect(abs(deviation(plain) / 0.0175925 - 1) < 0.005)
    #expect(plain.abs().max().item() <= 0.04 + 1e-8)
    let rescaled = Initializer.truncatedNormal(standardDeviation: 0.02, rescaled: true)(
      [1000, 1000], generator: RandomGenerator(seed: 2))
    #expect(abs(deviation(rescaled) / 0.02 - 1) < 0.005)
  }

  @Test func fansOfKernels() {
    #expect(Initializer.Fans(shape: [32, 16, 3, 5]) == .init(input: 240, output: 480))
    #expect(Initializer.Fans(shape: [7]) == .init(input: 7, output: 7))
    let kernel = Initializer.he(.normal)([64, 32, 3, 3], generator: RandomGenerator(seed: 3))
    #expect(abs(kernel.square().mean().item() * 288 / 2 - 1) < 0.05)
  }

  @Test func constantsAndIdentity() {
    #expect(Initializer.zeros([2, 2]).doubles() == [0, 0, 0, 0])
    #expect(Initializer.constant(3)([2]).doubles() == [3, 3])
    #expect(Initializer.identity(gain: 2)([2, 3]).doubles() == [2, 0, 0, 0, 2, 0])
    let layer = Conv2d(3, 3, kernelSize: 3, padding: 1, weightInitializer: .identity())
    let image = Tensor.normal([1, 3, 4, 4], generator: RandomGenerator(seed: 4))
    expectClose(layer(image), image, 1e-6)
  }

  @Test func orthogonalRowsOrColumns() {
    for shape in [[5, 5], [8, 3], [3, 8], [4, 2, 3, 3]] {
      let weight = Initializer.orthogonal(gain: 1.5)(
        shape, dtype: .float64, generator: RandomGenerator(seed: 5)
      ).flattened(from: 1)
      let isWide = weight.size(0) < weight.size(1)
      let gram = isWide ? weight.matmul(weight.transposed()) : weight.transposed().matmul(weight)
      expectClose(gram, .identity(gram.size(0), dtype: .float64) * 2.25, 1e-12)
    }
  }

  /// The mean of (WᵀW − I)² over entries is (n + 1)/n² for entries of variance 1/n.
  @Test(arguments: [(100, 0.1), (400, 0.05), (1600, 0.03)])
  func randomMatricesAreNearlyOrthogonal(_ n: Int, _ tolerance: Double) {
    for distribution in [EntryDistribution.normal, .uniform, .truncatedNormal] {
      let w = Initializer.lecun(distribution)([n, n], generator: RandomGenerator(seed: 6))
      let error = (w.transposed().matmul(w) - .identity(n)).square().mean().item()
      // Bounded entries have smaller fourth moments, which only the diagonal feels.
      #expect(abs(error / (Double(n + 1) / Double(n * n)) - 1) < tolerance + 2 / Double(n))
    }
  }

  @Test func chainsKeepOrLoseTheNorm() {
    func ratio(_ initializer: Initializer, relu: Bool) -> Double {
      let generator = RandomGenerator(seed: 7)
      let input = Tensor.normal([1, 512], generator: generator)
      let output = (0..<50).reduce(input) { x, _ in
        let y = x.linear(initializer([512, 512], generator: generator))
        return relu ? y.relu() : y
      }
      return (output.norm() / input.norm()).item()
    }
    func isNear(_ value: Double, _ expected: Double) -> Bool {
      value > expected / 3 && value < expected * 3
    }
    #expect(isNear(ratio(.lecun(.normal), relu: false), 0.98))
    #expect(isNear(ratio(.lecun(.normal), relu: true), 2.98e-8))
    #expect(isNear(ratio(.he(.normal), relu: true), 0.82))
    #expect(isNear(ratio(.he(.normal), relu: false), 3.36e7))
    #expect(abs(ratio(.orthogonal(), relu: false) - 1) < 1e-5)
  }
}
