import Generative
import Recipes
import Reports
import Torch

/// How good an encoder the discriminator has become.
struct OrthogonalCode: Finding {
  private let own: Reconstructions
  private let apart: Reconstructions
  private let correlation: Double
  private let control: Double
  private let quality: Double
  private let purity: (code: Double, pixels: Double)?

  init(
    _ model: ImageModel, _ plain: ImageModel, _ encoder: EncoderTrainedApart, _ images: ZooImages,
    _ run: Running<OGANArticle.Settings>
  ) {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count))
    let real = held.scaledInputs().to(run.device)
    func codes(_ model: ImageModel, _ images: Tensor) -> Tensor { model.codes(images) ?? images }
    own = Reconstructions(
      real[..<500], encode: { codes(model, $0) }, decode: { model.images($0) })
    apart = Reconstructions(
      real[..<500], encode: { encoder.encode($0) }, decode: { plain.images($0) })
    let noise = Tensor.normal(
      [1500, model.noiseSize], generator: RandomGenerator(seed: run.seed &+ 9)
    ).to(run.device)
    func correlation(_ model: ImageModel) -> Double {
      codeCorrelation(noise, codes(model, model.images(noise))).mean().item()
    }
    self.correlation = correlation(model)
    control = correlation(plain)
    func distance(_ model: ImageModel) -> Double {
      Neighbors.distances(fake: model.images(noise), real: real).quality
    }
    quality = distance(model) / distance(plain)
    purity = held.labels.map {
      (
        Neighbors.purity(codes(model, real).to(.cpu), labels: $0),
        Neighbors.purity(real.to(.cpu), labels: $0)
      )
    }
  }

  var metrics: [String: Double] {
    var metrics = [
      "code/correlation": correlation, "code/correlation without the term": control,
      "reconstruction/o-gan": own.error, "reconstruction/encoder trained apart": apart.error,
      "reconstruction/mean image": own.meanImageError, "reconstruction/others": own.shuffledError,
      "quality/nearest real, of the plain GAN's": quality,
    ]
    if let purity {
      metrics["purity/code"] = purity.code
      metrics["purity/pixels"] = purity.pixels
    }
    return metrics
  }

  var claims: [Claim] {
    var claims = [
      Claim(
        id: "correlation",
        statement: "the discriminator's outputs for G(z) correlate with z: mean of 1500 samples",
        measured: correlation, atLeast: 0.7),
      Claim(
        id: "correlation-control", statement: "which they do not by themselves: without the term",
        measured: abs(control), atMost: 0.15),
      Claim(
        id: "reconstruction",
        statement: "held-out images come back: squared error over that of the mean image",
        measured: own.error / own.meanImageError, atMost: 0.5),
      Claim(
        id: "own-image", statement: "and each its own: squared error over that to other images",
        measured: own.error / own.shuffledError, atMost: 1.0 / 3),
      Claim(
        id: "quality",
        statement:
          "the term costs no quality: distance of fakes to their nearest held-out images over "
          + "the plain GAN's", measured: quality, atMost: 1.15),
    ]
    if let purity {
      claims.append(
        Claim(
          id: "purity",
          statement:
            "neighbors by code are of one kind: share of the 5 nearest with the query's label, "
            + "less that by pixels", measured: purity.code - purity.pixels, atLeast: 0.04))
    }
    return claims
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["held-out images rebuilt by", "mean squared error"],
      rows: [
        ["the discriminator's code", .number(own.error)],
        ["an encoder trained apart", .number(apart.error)],
        ["the mean image", .number(own.meanImageError)],
      ],
      caption:
        "The encoder trained apart has the discriminator's shape and learned z from fakes of the plain "
        + "GAN: it costs a training of its own, and nothing else asks anything of it.")
    return Report.Section(
      "The discriminator as an encoder",
      [.table(table)] + own.blocks
        + [.text("By the encoder trained apart, and the plain GAN:")] + apart.blocks)
  }
}

struct CostOfTheCode: Finding {
  let ratio: Double

  var claims: [Claim] {
    [
      Claim(
        id: "time", statement: "at next to no cost: time of a round over that without the term",
        measured: ratio, atMost: 1.1)
    ]
  }
}
