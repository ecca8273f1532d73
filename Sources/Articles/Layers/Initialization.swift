import Foundation
import Layers
import Recipes
import Reports
import Torch

/// 从几何视角来理解模型参数的初始化策略: random vectors are nearly orthogonal, so a random matrix of the
/// right variance is nearly orthogonal, and norms survive many layers.
public enum InitializationArticle: Article {
  public static let card = RecipeCard(
    name: "initialization", title: "从几何视角来理解模型参数的初始化策略",
    summary:
      "Measures how orthogonal random vectors and matrices are, and how the norm of a signal fares "
      + "through 50 layers under each rule.",
    date: "2020-01-16", archive: 7180, data: "random matrices", duration: "3 s")

  public struct Settings: RecipeSettings {
    @Knob("layers of the chain", in: 1...) var depth = 50
    @Knob("width of the chain", in: 1...) var width = 512

    public init() {}
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let generator = RandomGenerator(seed: run.seed)
    return [
      Angles(generator), Orthogonality(generator),
      Chains(depth: run.settings.depth, width: run.settings.width, generator),
      Variances(generator),
    ]
  }
}

/// The angles between random vectors.
private struct Angles: Finding {
  private let mean: Double
  private let cosines: [Double]

  init(_ generator: RandomGenerator) {
    let count = 400
    let vectors = Tensor.normal([count, 1000], dtype: .float64, generator: generator).normalized()
    let products = vectors.matmul(vectors.transposed())
    let pairs = products.masked(
      Tensor.ones([count, count], dtype: .bool).upperTriangle(diagonal: 1))
    mean = pairs.abs().mean().item()
    cosines = pairs.doubles()
  }

  var claims: [Claim] {
    [
      Claim(
        id: "nearly-perpendicular",
        statement: "two random vectors of 1000 dimensions are nearly perpendicular: mean |cos|",
        measured: mean, atMost: 0.03)
    ]
  }

  var metrics: [String: Double] { ["cos/meanAbsolute": mean] }

  var section: Report.Section? {
    let histogram = Chart.histogram(
      "cosine of two random vectors", [(name: "n = 1000", values: cosines)], x: Axis("cos θ"))
    return Report.Section("Random vectors are nearly perpendicular", [.chart(histogram)])
  }
}

/// The mean of (WᵀW − I)² for random square matrices of variance 1/n; in theory (n + 1)/n².
private struct Orthogonality: Finding {
  private struct Matrix {
    let size: Int
    let error: Double
    var theory: Double { Double(size + 1) / Double(size * size) }

    init(_ distribution: EntryDistribution, size: Int, _ generator: RandomGenerator) {
      self.size = size
      let rule = Initializer.varianceScaling(1, mode: .output, distribution: distribution)
      let weight = rule([size, size], generator: generator)
      let gram = weight.transposed().matmul(weight)
      error = (gram - .identity(size)).square().mean().item()
    }
  }

  private let small: [Matrix]
  private let large: Matrix
  private let uniform: Matrix

  init(_ generator: RandomGenerator) {
    small = [100, 400].map { Matrix(.normal, size: $0, generator) }
    large = Matrix(.normal, size: 1600, generator)
    uniform = Matrix(.uniform, size: 1600, generator)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "normal-matrix",
        statement:
          "a 1600×1600 matrix of N(0, 1/n) is nearly orthogonal: mean of (WᵀW − I)² over (n+1)/n²",
        measured: large.error / large.theory, equals: 1, within: 0.03),
      Claim(
        id: "any-distribution",
        statement: "so is any with mean 0 and variance 1/n: the same for uniform entries",
        measured: uniform.error / uniform.theory, equals: 1, within: 0.03),
    ]
  }

  var metrics: [String: Double] { ["orthogonality/1600": large.error] }

  var section: Report.Section? {
    let rows: [[Report.Table.Cell]] = (small + [large]).map {
      [.number(Double($0.size)), .number($0.error), .number($0.theory)]
    }
    return Report.Section(
      "Random matrices are nearly orthogonal",
      [.table(Report.Table(columns: ["n", "mean (WᵀW − I)²", "(n + 1)/n²"], rows: rows))])
  }
}

/// What becomes of a signal's norm through many layers of one width.
private struct Chains: Finding {
  private struct Chain {
    let id: String
    let statement: String
    /// The ratio of norms out/in.
    let theory: Double
    let tolerance: Double
    /// The norm after each layer over the norm of the input.
    let ratios: [Double]

    var claim: Claim {
      Claim(
        id: "chain-\(id)", statement: "\(statement): log10 of the ratio of norms out/in",
        measured: log10(ratios.last ?? .nan), equals: log10(theory), within: tolerance)
    }
  }

  private let chains: [Chain]

  init(depth: Int, width: Int, _ generator: RandomGenerator) {
    let half = pow(2.0, -Double(depth) / 2)
    func normal(_ scale: Double) -> Initializer {
      .varianceScaling(scale, mode: .output, distribution: .normal)
    }
    // The spread of a chain of random matrices over seeds is a factor of about 2 to 3.
    func chain(
      _ id: String, _ statement: String, _ rule: Initializer, relu: Bool, theory: Double,
      tolerance: Double = 0.5
    ) -> Chain {
      var signal = Tensor.normal([width], generator: generator)
      let first = signal.norm().item()
      var ratios = [1.0]
      for _ in 0..<depth {
        signal = rule([width, width], generator: generator).matmul(signal)
        if relu { signal = signal.relu() }
        ratios.append(signal.norm().item() / first)
      }
      return Chain(
        id: id, statement: statement, theory: theory, tolerance: tolerance, ratios: ratios)
    }
    chains = [
      chain(
        "linear", "linear layers of variance 1/n keep the norm", normal(1), relu: false, theory: 1),
      chain(
        "relu", "ReLU layers of variance 1/n lose half of the squared norm each", normal(1),
        relu: true, theory: half),
      chain("relu-he", "ReLU layers of variance 2/n keep it", normal(2), relu: true, theory: 1),
      chain(
        "linear-he", "linear layers of variance 2/n blow it up", normal(2), relu: false,
        theory: 1 / half),
      chain(
        "orthogonal", "orthogonal layers keep it exactly", .orthogonal(), relu: false, theory: 1,
        tolerance: 1e-5),
    ]
  }

  var claims: [Claim] { chains.map(\.claim) }

  var section: Report.Section? {
    let curves = chains.map {
      Series($0.id, x: $0.ratios.indices.map(Double.init), y: $0.ratios)
    }
    let chart = Chart.lines(
      "norm / norm of the input", curves, x: Axis("layer"), y: Axis("ratio", scale: .logarithmic))
    return Report.Section("Norms through the layers", [.chart(chart)])
  }
}

/// The variances of the rules beside those asked for.
private struct Variances: Finding {
  private struct Row {
    let rule: String
    let measured: Double
    let wanted: Double

    init(_ rule: Initializer, _ wanted: Double, _ generator: RandomGenerator) {
      self.rule = rule.name
      self.wanted = wanted
      measured = rule([1000, 1000], generator: generator).variance().item()
    }
  }

  private let rows: [Row]
  private let truncated: Row
  private let deviation = 0.02

  init(_ generator: RandomGenerator) {
    let rules: [(Initializer, Double)] = [
      (.glorotUniform, 1.0 / 1000), (.glorotNormal, 1.0 / 1000), (.heUniform, 2.0 / 1000),
      (.heNormal, 2.0 / 1000), (.lecunUniform, 1.0 / 1000), (.lecunNormal, 1.0 / 1000),
      (.truncatedNormal(standardDeviation: deviation, rescaled: true), 0.0004),
    ]
    rows = rules.map { Row($0, $1, generator) }
    truncated = Row(
      .truncatedNormal(standardDeviation: deviation), 0.0004 * 0.87962566 * 0.87962566, generator)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "truncated",
        statement:
          "a normal truncated at 2σ keeps 0.8796σ; the rescaled rule has the variance asked for",
        measured: (truncated.measured / 0.0004).squareRoot(), equals: 0.87962566, within: 0.002)
    ]
  }

  var section: Report.Section? {
    let cells: [[Report.Table.Cell]] = (rows + [truncated]).map {
      [.text($0.rule), .number($0.measured), .number($0.wanted)]
    }
    return Report.Section(
      "Variances", [.table(Report.Table(columns: ["rule", "measured", "asked for"], rows: cells))])
  }
}
