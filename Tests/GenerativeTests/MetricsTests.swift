import Foundation
import Generative
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct MetricsTests {
  @Test func frechetDistanceOfKnownGaussians() {
    let a = GaussianFit(
      mean: Tensor([0.0, 0]), covariance: Tensor([1.0, 4]).diagonalMatrix())
    let b = GaussianFit(
      mean: Tensor([1.0, 1]), covariance: Tensor([4.0, 1]).diagonalMatrix())
    #expect(abs(a.frechetDistance(to: b) - 4) < 1e-12)
    #expect(abs(b.frechetDistance(to: a) - 4) < 1e-12)
    #expect(abs(a.frechetDistance(to: a)) < 1e-12)
    // Rotations that do not commute: tr (Σ₁Σ₂)^½ from the determinant and the trace of a 2×2 product.
    let c = GaussianFit(mean: Tensor([0.0, 0]), covariance: Tensor([[2.0, 0.9], [0.9, 1]]))
    let product = a.covariance.matmul(c.covariance)
    let root = (product.trace().item() + 2 * product.determinant().item().squareRoot()).squareRoot()
    #expect(abs(a.frechetDistance(to: c) - (5 + 3 - 2 * root)) < 1e-10)
    // A covariance without full rank.
    let flat = GaussianFit(mean: Tensor([0.0, 0]), covariance: Tensor([[1.0, 1], [1, 1]]))
    #expect(abs(flat.frechetDistance(to: flat)) < 1e-7)
  }

  /// As many pixels as pictures have: the square of them would not even fit into memory.
  @Test func fewVectorsOfManyFeatures() {
    let generator = RandomGenerator(seed: 4)
    let x = Tensor.normal([5, 40], generator: generator).to(.float64)
    let y = Tensor.normal([6, 40], generator: generator).to(.float64) * 2.0 + 1.0
    let direct = GaussianFit(x).frechetDistance(to: GaussianFit(y))
    #expect(abs(frechetDistance(x, y) / direct - 1) < 1e-8)
    let pixels = Tensor.normal([8, 150_000], generator: generator)
    let distance = frechetDistance(pixels[0..<4], pixels[4...])
    #expect(distance > 0 && distance.isFinite)
  }

  @Test func frechetDistanceOfSamples() {
    let generator = RandomGenerator(seed: 3)
    let x = Tensor.normal([4000, 3], generator: generator)
    #expect(frechetDistance(x, x + 2.0) > 11.9 && frechetDistance(x, x + 2.0) < 12.1)
    let y = Tensor.normal([4000, 3], generator: generator)
    #expect(frechetDistance(x, y) < 0.02)
  }

  @Test func modesAreCounted() {
    let centers = [(x: 0.0, y: 0.0), (x: 10.0, y: 0.0), (x: 0.0, y: 10.0)]
    var rows: [[Double]] = []
    for _ in 0..<30 { rows.append([0.1, 0]) }
    for _ in 0..<10 { rows.append([10, 0.59]) }
    for _ in 0..<10 { rows.append([10, 0.61]) }
    let coverage = ModeCoverage(Tensor(rows), centers: centers, deviation: 0.1)
    #expect(coverage.counts == [30, 10, 0])
    #expect(coverage.quality == 0.8)
    #expect(coverage.covered() == 1)
    #expect(coverage.covered(minimum: 10) == 2)
    let expected = 0.75 * log(0.75 * 3) + 0.25 * log(0.25 * 3)
    #expect(abs(coverage.divergence - expected) < 1e-12)
  }

  @Test func neighbors() {
    let real = Tensor([[0.0, 0], [3, 4]])
    let fake = Tensor([[0.0, 0], [0, 1]])
    let found = Neighbors.distances(fake: fake, real: real, portion: 1)
    #expect(abs(found.quality - 0.5) < 1e-12)
    #expect(abs(found.coverage - 18.0.squareRoot() / 2) < 1e-12)
    let codes = Tensor([[0.0], [1], [2], [10], [11], [12]])
    #expect(Neighbors.purity(codes, labels: Tensor([0, 0, 0, 1, 1, 1]), k: 2) == 1)
    #expect(Neighbors.purity(codes, labels: Tensor([0, 0, 1, 1, 1, 1]), k: 2) < 1)
  }

  /// What Scripts/golden/generative_metrics.py found with numpy, scipy and scikit-learn.
  private struct Golden: Decodable {
    let real, fake: [[Double]]
    let frechet, kernel, precision, recall, density, coverage, jensenShannon: Double
    let first, second: [Double]
  }

  @Test func independentProgramsAgree() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/metrics.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let (real, fake) = (Tensor(golden.real), Tensor(golden.fake))
    #expect(abs(frechetDistance(real, fake) - golden.frechet) < 1e-8)
    #expect(abs(kernelDistance(real, fake) - golden.kernel) < 1e-10)
    let manifold = ManifoldCoverage(real: real, fake: fake)
    #expect(manifold.precision == golden.precision && manifold.recall == golden.recall)
    #expect(abs(manifold.density - golden.density) < 1e-12)
    #expect(manifold.coverage == golden.coverage)
    let divergence = jensenShannonDivergence(golden.first, golden.second)
    #expect(abs(divergence - golden.jensenShannon) < 1e-12)
  }

  @Test func sharesOfModes() {
    let centers = [(x: 0.0, y: 0.0), (x: 10.0, y: 0.0)]
    let even = ModeCoverage(
      Tensor([[0.0, 0], [10, 0], [0, 0], [10, 0]]), centers: centers, deviation: 1)
    #expect(abs(even.jensenShannon) < 1e-15)
    let elsewhere = ModeCoverage(Tensor([[99.0, 0], [88, 9]]), centers: centers, deviation: 1)
    #expect(abs(elsewhere.jensenShannon - log(2)) < 1e-12)
  }
}
