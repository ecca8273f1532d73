import Recipes
import Reports
import Torch

/// 恒等式 det(exp(A)) = exp(Tr(A)) 赏析: the identity, its logarithmic form, and what follows for the
/// cheap estimation of log-determinants.
public enum DetExpArticle: Article {
  public static let card = RecipeCard(
    name: "det-exp", title: "恒等式 det(exp(A)) = exp(Tr(A)) 赏析",
    summary:
      "Checks the identity on random matrices, its proof by the ODE, the series of ln det(I + A), "
      + "and Hutchinson's estimator of the trace.",
    date: "2019-02-18", archive: 6377, data: "random matrices", duration: "2 s")

  public struct Settings: RecipeSettings {
    @Knob("random matrices that the identity is checked on", in: 1...) var matrices = 100
    @Knob("their size", in: 1...) var size = 5
    @Knob("random vectors of Hutchinson's estimator", in: 2...) var probes = 4000

    public init() {}
  }

  /// The 3×3 matrix that the article's formulas are tried on.
  static var example: Tensor { Tensor([[0.2, -0.5, 0.1], [0.3, 0.1, 0.4], [-0.2, 0.6, -0.7]]) }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let generator = RandomGenerator(seed: run.seed)
    return [
      Identity(matrices: run.settings.matrices, size: run.settings.size, generator), Flow(),
      Shears(), Series(), Hutchinson(size: 50, probes: run.settings.probes, generator),
    ]
  }
}

extension DetExpArticle {
  /// det exp A against exp Tr A.
  private struct Identity: Finding {
    let largestError: Double
    let example: Double
    let nilpotent: Double

    init(matrices count: Int, size: Int, _ generator: RandomGenerator) {
      let matrices = Tensor.normal([count, size, size], dtype: .float64, generator: generator)
      let left = matrices.matrixExponential().slogdet().logAbsDet
      largestError = (left - matrices.diagonal().sum(axis: -1)).abs().max().item()
      example = DetExpArticle.example.matrixExponential().determinant().item()
      nilpotent = Tensor([[0.0, 1], [0, 0]]).matrixExponential().determinant().item()
    }

    var claims: [Claim] {
      [
        Claim(
          id: "identity", statement: "ln det exp(A) = Tr A for random matrices: largest difference",
          measured: largestError, atMost: 1e-9),
        Claim(
          id: "determinant", statement: "det exp(A) of the 3×3 example is e^−0.4",
          measured: example, equals: 0.670320046, within: 1e-9),
        Claim(
          id: "nilpotent", statement: "det exp(N) = 1 for a nilpotent N, which has no eigenbasis",
          measured: nilpotent, equals: 1, within: 1e-12),
      ]
    }

    var metrics: [String: Double] { ["identity/error": largestError] }
  }

  /// f(t) = det exp(tA) against e^(t Tr A), which solves the article's differential equation.
  private struct Flow: Finding {
    let times = Tensor.linspace(-2, 2, count: 33, dtype: .float64)
    let determinants: Tensor
    let solution: Tensor

    init() {
      let matrix = DetExpArticle.example
      determinants = (times.reshaped(times.count, 1, 1) * matrix).matrixExponential().determinant()
      solution = (times * matrix.trace()).exp()
    }

    var claims: [Claim] {
      [
        Claim(
          id: "ode",
          statement:
            "f(t) = det exp(tA) solves f′ = f·Tr A, f(0) = 1: largest relative error on [−2, 2]",
          measured: ((determinants - solution) / solution).abs().max().item(), atMost: 1e-9)
      ]
    }

    var section: Report.Section? {
      let chart = Chart.lines(
        "det exp(tA) and e^(t·Tr A)",
        [
          .init("e^(t·Tr A)", x: times.doubles(), y: solution.doubles()),
          .init("det exp(tA)", x: times.doubles(), y: determinants.doubles(), style: .points),
        ], x: Axis("t"), y: Axis("determinant"))
      return Report.Section("The proof by a differential equation", [.chart(chart)])
    }
  }

  /// Two shears, which do not commute.
  private struct Shears: Finding {
    let distance: Double

    init() {
      let a = Tensor([[0.0, 1], [0, 0]])
      let b = Tensor([[0.0, 0], [1, 0]])
      let product = a.matrixExponential().matmul(b.matrixExponential())
      distance = ((a + b).matrixExponential() - product).norm().item()
    }

    var claims: [Claim] {
      [
        Claim(
          id: "not-commuting",
          statement: "exp(A + B) ≠ exp A exp B where AB ≠ BA: distance for two shears",
          measured: distance, atLeast: 0.1)
      ]
    }
  }

  /// The logarithm of a determinant by traces of powers.
  private struct Series: Finding {
    /// Partial sums of ln det(I + A) = Σ (−1)^(k−1) Tr(A^k)/k, valid for spectral radius below 1.
    private struct Sums {
      let partial: [Double]
      let exact: Double

      init(_ matrix: Tensor, terms: Int) {
        var power = Tensor.identity(matrix.size(0), dtype: .float64)
        var sum = 0.0
        var partial: [Double] = []
        for k in 1...terms {
          power = power.matmul(matrix)
          sum += (k % 2 == 1 ? 1 : -1) * power.trace().item() / Double(k)
          partial.append(sum)
        }
        self.partial = partial
        let shifted = Tensor.identity(matrix.size(0), dtype: .float64) + matrix
        exact = shifted.slogdet().logAbsDet.item()
      }

      /// The sum of the first `terms` terms.
      func of(_ terms: Int) -> Double { partial[terms - 1] }
    }

    private let half = Sums(DetExpArticle.example * 0.5, terms: 24)
    private let wide = Sums(Tensor([[0.1, 5.0], [0, 0.2]]), terms: 60)

    var claims: [Claim] {
      [
        Claim(
          id: "series", statement: "ln det(I + A/2) = Σ (−1)^(k−1) Tr((A/2)^k)/k: 20 terms",
          measured: half.of(20), equals: -0.326249664, within: 1e-9),
        Claim(
          id: "spectral-radius",
          statement:
            "the series needs the spectral radius below 1, not the norm: ‖C‖ ≈ 5, error after 60 terms",
          measured: abs(wide.of(60) - 0.277631737), atMost: 1e-9),
      ]
    }

    var section: Report.Section? {
      let errors = half.partial.map { max(abs($0 - half.exact), 1e-17) }
      let chart = Chart.lines(
        "error of the partial sums",
        [.init("|sum − ln det|", x: errors.indices.map { Double($0 + 1) }, y: errors)],
        x: Axis("terms"), y: Axis("error", scale: .logarithmic))
      let rows: [[Report.Table.Cell]] = [1, 2, 3, 5, 10, 20].map { count in
        [.number(Double(count)), .number(half.of(count)), .number(half.of(count) - half.exact)]
      }
      return Report.Section(
        "ln det(I + A/2) as a series of traces",
        [
          .chart(chart),
          .table(Report.Table(columns: ["terms", "partial sum", "error"], rows: rows)),
        ])
    }
  }

  /// Tr M ≈ mean of zᵀMz over random signs z, for a Gram matrix M.
  private struct Hutchinson: Finding {
    let deviation: Double
    let spreadRatio: Double
    let estimates: [Double]
    let trace: Double

    init(size: Int, probes: Int, _ generator: RandomGenerator) {
      let factor = Tensor.normal([size, size], dtype: .float64, generator: generator)
      let gram = factor.matmul(factor.transposed()) / Double(size)
      let signs =
        Tensor.randomIntegers(0, 2, shape: [probes, size], generator: generator).to(.float64) * 2
        - 1
      let samples = (signs.matmul(gram) * signs).sum(axis: -1)
      let variance = 2 * (gram.square().sum() - gram.diagonal().square().sum()).item()
      trace = gram.trace().item()
      let error = samples.mean().item() - trace
      deviation = abs(error) / (variance / Double(probes)).squareRoot()
      spreadRatio = samples.standardDeviation().item() / variance.squareRoot()
      estimates = samples.doubles()
    }

    var claims: [Claim] {
      [
        Claim(
          id: "hutchinson-mean",
          statement: "Hutchinson's estimate of a trace, distance in standard errors",
          measured: deviation, atMost: 3),
        Claim(
          id: "hutchinson-variance",
          statement: "its spread is √(2(‖M‖² − Σ m_ii²)): ratio measured / formula",
          measured: spreadRatio, equals: 1, within: 0.05),
      ]
    }

    var metrics: [String: Double] { ["hutchinson/spreadRatio": spreadRatio] }

    var section: Report.Section? {
      let chart = Chart.histogram(
        "zᵀMz for random signs z (Tr M = \(String(trace).prefix(7)))",
        [(name: "zᵀMz", values: estimates)], x: Axis("zᵀMz"))
      return Report.Section("Hutchinson's estimator", [.chart(chart)])
    }
  }
}
