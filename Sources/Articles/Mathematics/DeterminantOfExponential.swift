import Parallel
import Recipes
import Reports
import Torch
import Tracking

/// 恒等式 det(exp(A)) = exp(Tr(A)) 赏析: the identity, its logarithmic form, and what follows for the
/// cheap estimation of log-determinants.
public enum DetExp: Recipe {
  public static let card = RecipeCard(
    name: "det-exp", title: "恒等式 det(exp(A)) = exp(Tr(A)) 赏析",
    summary:
      "Checks the identity on random matrices, its proof by the ODE, the series of ln det(I + A), "
      + "and Hutchinson's estimator of the trace.",
    date: "2019-02-18", archive: 6377, data: "random matrices", duration: "2 s",
    settings: [
      Setting("matrices", .integer(100), help: "random matrices that the identity is checked on"),
      Setting("size", .integer(5), help: "their size"),
      Setting("probes", .integer(4000), help: "random vectors of Hutchinson's estimator"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let generator = RandomGenerator(seed: context.seed)
    let identity = identityError(
      count: context.settings.integer("matrices"), size: context.settings.integer("size"), generator
    )
    let article = Tensor([[0.2, -0.5, 0.1], [0.3, 0.1, 0.4], [-0.2, 0.6, -0.7]])
    let nilpotent = Tensor([[0.0, 1], [0, 0]])
    let flow = determinantAlongFlow(article, points: 33)
    let noncommuting = noncommutingGap()
    let series = TraceSeries.logDeterminant(article * 0.5, terms: 24)
    let beyondNorm = TraceSeries.logDeterminant(Tensor([[0.1, 5.0], [0, 0.2]]), terms: 60)
    let hutchinson = Hutchinson(
      size: 50, probes: context.settings.integer("probes"), generator)

    let claims = [
      Claim(
        id: "identity", statement: "ln det exp(A) = Tr A for random matrices: largest difference",
        measured: identity, atMost: 1e-9),
      Claim(
        id: "determinant", statement: "det exp(A) of the 3×3 example is e^−0.4",
        measured: article.matrixExponential().determinant().item(), equals: 0.670320046,
        within: 1e-9),
      Claim(
        id: "nilpotent", statement: "det exp(N) = 1 for a nilpotent N, which has no eigenbasis",
        measured: nilpotent.matrixExponential().determinant().item(), equals: 1, within: 1e-12),
      Claim(
        id: "ode",
        statement:
          "f(t) = det exp(tA) solves f′ = f·Tr A, f(0) = 1: largest relative error on [−2, 2]",
        measured: flow.error, atMost: 1e-9),
      Claim(
        id: "not-commuting",
        statement: "exp(A + B) ≠ exp A exp B where AB ≠ BA: distance for two shears",
        measured: noncommuting, atLeast: 0.1),
      Claim(
        id: "series", statement: "ln det(I + A/2) = Σ (−1)^(k−1) Tr((A/2)^k)/k: 20 terms",
        measured: series.partial[19], equals: -0.326249664, within: 1e-9),
      Claim(
        id: "spectral-radius",
        statement:
          "the series needs the spectral radius below 1, not the norm: ‖C‖ ≈ 5, error after 60 terms",
        measured: abs(beyondNorm.partial[59] - 0.277631737), atMost: 1e-9),
      Claim(
        id: "hutchinson-mean",
        statement: "Hutchinson's estimate of a trace, distance in standard errors",
        measured: hutchinson.deviation, atMost: 3),
      Claim(
        id: "hutchinson-variance",
        statement: "its spread is √(2(‖M‖² − Σ m_ii²)): ratio measured / formula",
        measured: hutchinson.spreadRatio, equals: 1, within: 0.05),
    ]
    return RecipeResult(
      metrics: ["identity/error": identity, "hutchinson/spreadRatio": hutchinson.spreadRatio],
      claims: claims, sections: [flow.section, series.section, hutchinson.section])
  }

  /// The largest |ln det exp A − Tr A| over random matrices.
  private static func identityError(count: Int, size: Int, _ generator: RandomGenerator) -> Double {
    let matrices = Tensor.normal([count, size, size], dtype: .float64, generator: generator)
    let left = matrices.matrixExponential().slogdet().logAbsDet
    let right = matrices.diagonal().sum(-1)
    return (left - right).abs().max().item()
  }

  /// f(t) = det exp(tA) against e^(t Tr A), which solves the article's differential equation.
  private static func determinantAlongFlow(
    _ matrix: Tensor, points: Int
  ) -> (error: Double, section: Report.Section) {
    let times = Tensor.linspace(-2, 2, count: points, dtype: .float64)
    let determinants = (times.reshaped(points, 1, 1) * matrix).matrixExponential().determinant()
    let solution = (times * matrix.trace()).exp()
    let error = ((determinants - solution) / solution).abs().max().item()
    let chart = Chart.lines(
      "det exp(tA) and e^(t·Tr A)",
      [
        .init("e^(t·Tr A)", x: times.doubles(), y: solution.doubles()),
        .init("det exp(tA)", x: times.doubles(), y: determinants.doubles(), style: .points),
      ], x: Axis("t"), y: Axis("determinant"))
    return (error, Report.Section("The proof by a differential equation", [.chart(chart)]))
  }

  private static func noncommutingGap() -> Double {
    let a = Tensor([[0.0, 1], [0, 0]])
    let b = Tensor([[0.0, 0], [1, 0]])
    let together = (a + b).matrixExponential()
    return (together - a.matrixExponential().matmul(b.matrixExponential())).norm().item()
  }

  /// Partial sums of ln det(I + A) = Σ (−1)^(k−1) Tr(A^k)/k, valid for spectral radius below 1.
  private struct TraceSeries {
    let partial: [Double]
    let exact: Double

    static func logDeterminant(_ matrix: Tensor, terms: Int) -> TraceSeries {
      var power = Tensor.identity(matrix.size(0), dtype: .float64)
      var sum = 0.0
      var partial: [Double] = []
      for k in 1...terms {
        power = power.matmul(matrix)
        sum += (k % 2 == 1 ? 1 : -1) * power.trace().item() / Double(k)
        partial.append(sum)
      }
      let exact = (Tensor.identity(matrix.size(0), dtype: .float64) + matrix).slogdet().logAbsDet
      return TraceSeries(partial: partial, exact: exact.item())
    }

    var section: Report.Section {
      let errors = partial.map { max(abs($0 - exact), 1e-17) }
      let chart = Chart.lines(
        "error of the partial sums",
        [.init("|sum − ln det|", x: errors.indices.map { Double($0 + 1) }, y: errors)],
        x: Axis("terms"), y: Axis("error", scale: .logarithmic))
      let rows: [[Report.Table.Cell]] = [1, 2, 3, 5, 10, 20].map { count in
        [.number(Double(count)), .number(partial[count - 1]), .number(partial[count - 1] - exact)]
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
  private struct Hutchinson {
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
      let samples = (signs.matmul(gram) * signs).sum(-1)
      let variance = 2 * (gram.square().sum() - gram.diagonal().square().sum()).item()
      trace = gram.trace().item()
      let error = samples.mean().item() - trace
      deviation = abs(error) / (variance / Double(probes)).squareRoot()
      spreadRatio = samples.standardDeviation().item() / variance.squareRoot()
      estimates = samples.doubles()
    }

    var section: Report.Section {
      let chart = Chart.histogram(
        "zᵀMz for random signs z (Tr M = \(String(trace).prefix(7)))",
        [(name: "zᵀMz", values: estimates)], x: Axis("zᵀMz"))
      return Report.Section("Hutchinson's estimator", [.chart(chart)])
    }
  }
}
