import Generative
import Layers
import Recipes
import Reports
import Torch

/// The autoencoder as a run keeps it.
struct ZooAutoencoder {
  let network: VariationalAutoencoder
  let model: ImageModel

  init(shape: [Int], code: Int, seed: UInt64) {
    let pixels = shape.reduce(1, *)
    let network = VariationalAutoencoder(
      pixels: pixels, code: code, generator: RandomGenerator(seed: seed))
    self.network = network
    model = ImageModel(
      shape: shape, noiseSize: code, parts: [("autoencoder", network)],
      sample: { network.decoded($0).reshaped([$0.size(0)] + shape) },
      encode: { network($0) })
  }

  func aggregate(
    _ images: ZooImages, _ run: Running<VAEInfoMaxArticle.Settings>
  ) throws -> AggregateCode {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count)).scaledInputs()
      .to(run.device)
    let code = withoutGradients {
      network.code(
        held, generator: run.device == .cpu ? RandomGenerator(seed: run.seed) : nil)
    }
    return AggregateCode(
      costs: try run.logged("autoencoder/loss"), largestMean: code.mean(axis: 0).abs().max().item(),
      deviations: code.standardDeviation(axis: 0).to(.cpu).to(.float64).doubles(),
      pictures: Reconstructions(
        held[..<200], encode: { model.codes($0) ?? $0 }, decode: { model.images($0) }))
  }
}

/// Whether all codes together look like the prior: the loss is KL(p(z) ‖ q(z)) if the decoder is best.
struct AggregateCode: Finding {
  /// The training loss, logged step by logged step.
  let costs: [Double]
  let largestMean: Double
  let deviations: [Double]
  let pictures: Reconstructions

  /// The mean loss of each fifth of training.
  private var fifths: [Double] {
    (0..<5).compactMap { fifth in
      let part = costs[costs.count * fifth / 5..<costs.count * (fifth + 1) / 5]
      return part.isEmpty ? nil : part.reduce(0, +) / Double(part.count)
    }
  }

  var metrics: [String: Double] {
    ["autoencoder/loss": fifths.last ?? .nan, "autoencoder/reconstruction": pictures.error]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "aggregate-mean",
        statement: "the codes of all images together have the prior's mean: largest deviation",
        measured: largestMean, atMost: 0.35),
      Claim(
        id: "aggregate-spread",
        statement: "and its spread: largest distance of a standard deviation from 1",
        measured: deviations.map { abs($0 - 1) }.max() ?? .nan, atMost: 0.3),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["fifth of training", "loss in nats an image"],
      rows: fifths.enumerated().map { [.number(Double($0 + 1)), .number($1)] })
    return Report.Section("The variational autoencoder", [.table(table)] + pictures.blocks)
  }
}
