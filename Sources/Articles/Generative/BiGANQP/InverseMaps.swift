import Generative
import Recipes
import Reports
import Torch

/// Whether generator and encoder are each other's inverse.
struct InverseMaps: Finding {
  private struct Row {
    let pictures: Reconstructions
    /// The mean cosine of z and E(G(z)).
    let cosine: Double
    /// The spread of E(x).
    let deviation: Double

    init(_ model: ImageModel, _ real: Tensor, seed: UInt64) {
      func codes(_ images: Tensor) -> Tensor { model.codes(images) ?? images }
      pictures = Reconstructions(real, encode: codes, decode: { model.images($0) })
      let noise = Tensor.normal(
        [1000, model.noiseSize], generator: RandomGenerator(seed: seed &+ 9)
      ).to(real.device)
      let again = codes(model.images(noise))
      cosine = (noise.normalized(axis: 1) * again.normalized(axis: 1)).sum(axis: 1).mean().item()
      deviation = codes(real).standardDeviation().item()
    }
  }

  private let guided: Row
  private let unguided: Row

  init(
    _ model: ImageModel, _ control: ImageModel, _ images: ZooImages,
    _ run: Running<BiGANQPArticle.Settings>
  ) {
    let real = images.heldOut.subset(0..<min(1000, images.heldOut.count)).scaledInputs()
      .to(run.device)
    guided = Row(model, real, seed: run.seed)
    unguided = Row(control, real, seed: run.seed)
  }

  var metrics: [String: Double] {
    [
      "reconstruction/guided": guided.pictures.error,
      "reconstruction/unguided": unguided.pictures.error,
      "reconstruction/mean image": guided.pictures.meanImageError,
      "code/cosine, guided": guided.cosine, "code/cosine, unguided": unguided.cosine,
      "code/deviation": guided.deviation,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "reconstruction",
        statement: "held-out images come back: squared error over that of the mean image",
        measured: guided.pictures.error / guided.pictures.meanImageError, atMost: 0.6),
      Claim(
        id: "inverse", statement: "the encoder finds the noise again: mean cosine of z and E(G(z))",
        measured: guided.cosine, atLeast: 0.6),
      Claim(
        id: "spread", statement: "codes of real images spread like the noise: standard deviation",
        measured: guided.deviation, equals: 1.15, within: 0.45),
      Claim(
        id: "guides",
        statement:
          "without the guides no such pair is found: squared error over that of the mean image",
        measured: unguided.pictures.error / unguided.pictures.meanImageError, atLeast: 1),
      Claim(
        id: "guides-inverse", statement: "nor is the noise: mean cosine without the guides",
        measured: abs(unguided.cosine), atMost: 0.2),
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "Generator and encoder",
      guided.pictures.blocks + [.text("Without the guides, after half as many updates:")]
        + unguided.pictures.blocks)
  }
}
