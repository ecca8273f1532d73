import Layers
import Messages
import Torch

/// A residual block y = x + g(x) whose branch has a Lipschitz constant below 1, so that the block has an
/// inverse, found by iterating x ← y − g(x), and a positive Jacobian determinant, whose logarithm is a
/// convergent series; Behrmann et al. 2018 (arXiv 1811.00995), Su Jianlin, kexue.fm/archives/6482.
///
///     ln det(I + J) = tr ln(I + J) = Σ_n (−1)^{n−1} tr(Jⁿ) / n
///
/// The bound is the branch's business: dense layers in `SpectralNorm(…, bound: .atMost(c))`, convolutions in
/// `LipschitzConv2d`, and activations that stretch nothing (ELU, tanh, softplus; SiLU does: by 1.0998). A
/// branch of m such layers has Lip ≤ c^m.
public final class InvertibleBlock: Layer {
  public let branch: Layer

  public init(_ branch: Layer) {
    self.branch = branch
    super.init()
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor { input + branch(input) }

  /// y and an unbiased estimate of the first `terms` of the series of ln det(I + J), `(B)`: uᵀJⁿu for one
  /// random u a sample (Hutchinson 1990), ±1 by element.
  ///
  /// - Parameter roulette: Where `q` is given, the number of terms is `terms` and as many more as coins of
  ///   heads q came in a row, and each of these is divided by the chance to be there: the truncation has no
  ///   bias then (Chen et al. 2019).
  public func forwardWithLogDeterminant(
    _ input: Tensor, terms: Int, roulette q: Double? = nil, generator: RandomGenerator? = nil
  ) -> (output: Tensor, logDeterminant: Tensor) {
    let x = input.requiresGradient ? input : input.detach().requiringGradient()
    let g = branch(x)
    let probe =
      2 * Tensor.full(like: g.detach(), 0.5).bernoulli(generator: generator) - 1
    let (count, survival) = Self.count(terms, q, generator)
    let keeps = areGradientsEnabled
    var v = probe
    var sum: Tensor?
    for n in 1...count {
      v =
        gradients(
          of: [g], withRespectTo: [x], outputGradients: [v], retainGraph: true, createGraph: keeps
        )[0]
      let trace = (v * probe).flattened(from: 1).sum(axis: 1)
      let weight = (n % 2 == 1 ? 1.0 : -1.0) / (Double(n) * survival(n))
      sum = sum.map { $0 + trace * weight } ?? trace * weight
    }
    return (x + g, sum ?? .zeros([input.size(0)]))
  }

  private static func count(
    _ terms: Int, _ q: Double?, _ generator: RandomGenerator?
  ) -> (Int, (Int) -> Double) {
    require(terms >= 1, "a log-determinant expected one term or more, received \(terms)")
    guard let q else { return (terms, { _ in 1 }) }
    require(0..<1 ~= q, "a roulette expected a chance in 0..<1, received \(q)")
    var count = terms
    while count < terms + 1000, Tensor.uniform([1], generator: generator).item() < q { count += 1 }
    var powers = [1.0]
    for _ in 0..<max(0, count - terms) { powers.append((powers.last ?? 1) * q) }
    return (count, { powers[max(0, $0 - terms)] })
  }

  /// x with x + g(x) = y: x ← y − g(x) from x = y on, until no element moves by more than `tolerance`, at
  /// most `iterations` times; and how many it took. In inference mode.
  public func inverse(
    _ output: Tensor, iterations: Int = 100, tolerance: Double = 1e-6
  ) -> (input: Tensor, iterations: Int) {
    evaluating {
      withoutGradients {
        var x = output
        for iteration in 1...iterations {
          let next = output - branch(x)
          let moved = (next - x).abs().max().item()
          x = next
          if moved <= tolerance { return (x, iteration) }
        }
        return (x, iterations)
      }
    }
  }

  /// J of the branch at each of `(B, d)`, `(B, d, d)`, by d backward passes.
  public func jacobian(_ input: Tensor) -> Tensor {
    require(
      input.rank == 2, "InvertibleBlock.jacobian expected (B, d), received \(input.shape)")
    let x = input.detach().requiringGradient()
    let g = withGradients(enabled: true) { branch(x) }
    let rows = (0..<x.size(1)).map { index in
      gradients(of: g[.all, index].sum(), withRespectTo: [x], retainGraph: true)[0]
    }
    return .stack(rows, axis: 1)
  }

  /// ln det(I + J), exactly, `(B)` of `(B, d)`.
  public func exactLogDeterminant(_ input: Tensor) -> Tensor {
    let jacobian = jacobian(input)
    return (jacobian + Tensor.identity(input.size(1)).to(jacobian.dtype)).slogdet().logAbsDet
  }

  /// How far the first `terms` of the series may be from the whole, for a branch of constant `lipschitz` in d
  /// dimensions: d (−ln(1 − L) − Σ_{n ≤ N} Lⁿ/n).
  public static func truncationBound(
    lipschitz: Double, dimension: Int, terms: Int
  ) -> Double {
    var rest = 0.0
    var power = 1.0
    for n in 1...100_000 {
      power *= lipschitz
      if n > terms { rest += power / Double(n) }
      if power < 1e-18 { break }
    }
    return Double(dimension) * rest
  }
}
