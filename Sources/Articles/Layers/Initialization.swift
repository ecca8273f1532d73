import Foundation
import Layers
import Recipes
import Reports
import Torch
import Tracking

/// 从几何视角来理解模型参数的初始化策略: random vectors are nearly orthogonal, so a random matrix of the
/// right variance is nearly orthogonal, and norms survive many layers.
public enum Initialization: Recipe {
  public static let card = RecipeCard(
    name: "initialization", title: "从几何视角来理解模型参数的初始化策略",
    summary:
      "Measures how orthogonal random vectors and matrices are, and how the norm of a signal fares "
      + "through 50 layers under each rule.",
    date: "2020-01-16", archive: 7180, data: "random matrices", duration: "3 s",
    settings: [
      Setting("depth", .integer(50), help: "layers of the chain"),
      Setting("width", .integer(512), help: "width of the chain"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    let generator = RandomGenerator(seed: context.seed)
    let angles = angles(size: 1000, count: 400, generator)
    let sizes = [100, 400, 1600]
    let deviations = sizes.map { orthogonalityError(.normal, size: $0, generator) }
    let uniform = orthogonalityError(.uniform, size: 1600, generator)
    let chains = Chain.all(
      depth: context.settings.integer("depth"), width: context.settings.integer("width"), generator)
    let variances = varianceTable(generator)

    var claims = [
      Claim(
        id: "nearly-perpendicular",
        statement: "two random vectors of 1000 dimensions are nearly perpendicular: mean |cos|",
        measured: angles.mean, atMost: 0.03),
      Claim(
        id: "normal-matrix",
        statement:
          "a 1600×1600 matrix of N(0, 1/n) is nearly orthogonal: mean of (WᵀW − I)² over (n+1)/n²",
        measured: deviations[2] / expected(1600), equals: 1, within: 0.03),
      Claim(
        id: "any-distribution",
        statement: "so is any with mean 0 and variance 1/n: the same for uniform entries",
        measured: uniform / expected(1600), equals: 1, within: 0.03),
      Claim(
        id: "truncated",
        statement:
          "a normal truncated at 2σ keeps 0.8796σ; the rescaled rule has the variance asked for",
        measured: variances.truncatedRatio, equals: 0.87962566, within: 0.002),
    ]
    for chain in chains {
      // The spread of a chain of random matrices over seeds is a factor of about 2 to 3.
      claims.append(
        Claim(
          id: "chain-\(chain.id)",
          statement: "\(chain.statement): log10 of the ratio of norms out/in",
          measured: log10(chain.ratio), equals: log10(chain.theory), within: chain.tolerance))
    }
    return RecipeResult(
      metrics: ["cos/meanAbsolute": angles.mean, "orthogonality/1600": deviations[2]],
      claims: claims,
      sections: [
        Report.Section(
          "Random vectors are nearly perpendicular",
          [
            .chart(
              Chart.histogram(
                "cosine of two random vectors", [(name: "n = 1000", values: angles.cosines)],
                x: Axis("cos θ")))
          ]),
        Report.Section(
          "Random matrices are nearly orthogonal",
          [
            .table(
              Report.Table(
                columns: ["n", "mean (WᵀW − I)²", "(n + 1)/n²"],
                rows: zip(sizes, deviations).map { size, deviation in
                  [.number(Double(size)), .number(deviation), .number(expected(size))]
                }))
          ]),
        Chain.section(chains), variances.section,
      ])
  }

  private static func expected(_ size: Int) -> Double {
    Double(size + 1) / Double(size * size)
  }

  private static func angles(
    size: Int, count: Int, _ generator: RandomGenerator
  ) -> (mean: Double, cosines: [Double]) {
    let vectors = Tensor.normal([count, size], dtype: .float64, generator: generator).normalized()
    let products = vectors.matmul(vectors.transposed())
    let cosines = products.masked(
      Tensor.ones([count, count], dtype: .bool).upperTriangle(diagonal: 1))
    return (cosines.abs().mean().item(), cosines.doubles())
  }

  private static func orthogonalityError(
    _ distribution: EntryDistribution, size: Int, _ generator: RandomGenerator
  ) -> Double {
    let rule = Initializer.varianceScaling(1, mode: .output, distribution: distribution)
    let weight = rule([size, size], generator: generator)
    let gram = weight.transposed().matmul(weight)
    return (gram - .identity(size)).square().mean().item()
  }

  /// A signal through many layers of one width.
  private struct Chain {
    let id: String
    let statement: String
    let theory: Double
    let tolerance: Double
    let norms: [Double]
    var ratio: Double { (norms.last ?? 0) / (norms.first ?? 1) }

    static func all(depth: Int, width: Int, _ generator: RandomGenerator) -> [Chain] {
      let half = pow(2.0, -Double(depth) / 2)
      func normal(_ scale: Double) -> Initializer {
        .varianceScaling(scale, mode: .output, distribution: .normal)
      }
      func chain(
        _ id: String, _ statement: String, _ rule: Initializer, relu: Bool, theory: Double,
        tolerance: Double = 0.5
      ) -> Chain {
        var signal = Tensor.normal([width], generator: generator)
        var norms = [signal.norm().item()]
        for _ in 0..<depth {
          signal = rule([width, width], generator: generator).matmul(signal)
          if relu { signal = signal.relu() }
          norms.append(signal.norm().item())
        }
        return Chain(
          id: id, statement: statement, theory: theory, tolerance: tolerance, norms: norms)
      }
      return [
        chain(
          "linear", "linear layers of variance 1/n keep the norm", normal(1), relu: false,
          theory: 1),
        chain(
          "relu", "ReLU layers of variance 1/n lose half of the squared norm each", normal(1),
          relu: true, theory: half),
        chain("relu-he", "ReLU layers of variance 2/n keep it", normal(2), relu: true, theory: 1),
        chain(
          "linear-he", "linear layers of variance 2/n blow it up", normal(2), relu: false,
          theory: 1 / half),
        chain(
          "orthogonal", "orthogonal layers keep it exactly", .orthogonal(), relu: false,
          theory: 1, tolerance: 1e-5),
      ]
    }

    static func section(_ chains: [Chain]) -> Report.Section {
      let curves = chains.map { chain in
        Series(
          chain.id, x: chain.norms.indices.map(Double.init),
          y: chain.norms.map { $0 / chain.norms[0] })
      }
      return Report.Section(
        "Norms through the layers",
        [
          .chart(
            Chart.lines(
              "norm / norm of the input", curves, x: Axis("layer"),
              y: Axis("ratio", scale: .logarithmic)))
        ])
    }
  }

  private static func varianceTable(
    _ generator: RandomGenerator
  ) -> (truncatedRatio: Double, section: Report.Section) {
    let shape = [1000, 1000]
    let rules: [(Initializer, Double)] = [
      (.glorotUniform, 1.0 / 1000), (.glorotNormal, 1.0 / 1000), (.heUniform, 2.0 / 1000),
      (.heNormal, 2.0 / 1000), (.lecunUniform, 1.0 / 1000), (.lecunNormal, 1.0 / 1000),
      (.truncatedNormal(standardDeviation: 0.02, rescaled: true), 0.0004),
      (.truncatedNormal(standardDeviation: 0.02), 0.0004 * 0.87962566 * 0.87962566),
    ]
    var measured: [Double] = []
    for (rule, _) in rules {
      measured.append(rule(shape, generator: generator).variance().item())
    }
    let rows: [[Report.Table.Cell]] = zip(rules, measured).map { rule, variance in
      [.text(rule.0.name), .number(variance), .number(rule.1)]
    }
    let section = Report.Section(
      "Variances", [.table(Report.Table(columns: ["rule", "measured", "asked for"], rows: rows))])
    return ((measured[7] / 0.0004).squareRoot(), section)
  }
}
