import Generative
import Recipes
import Reports
import Torch

/// How near samples are to held-out images, and those to samples, by where codes are drawn from.
struct WaysToSample: Finding {
  private let rows: [(name: String, quality: Double, coverage: Double)]
  private let reconstruction: Double
  private let variance: Double
  private let distances: [Double]
  private let pictures: [Report.Figure]

  init(
    _ task: LatentOptimizationTask, _ model: ImageModel, _ distances: [Double],
    _ images: ZooImages, _ run: Running<GLANNArticle.Settings>
  ) {
    self.distances = distances
    let count = min(1000, images.heldOut.count)
    let real = images.heldOut.subset(0..<count).scaledInputs()
    let random = RandomGenerator(seed: run.seed &+ 9)
    let table = task.codes.weight.value.detach()
    func decoded(_ codes: Tensor) -> Tensor {
      task.generator.evaluating { withoutGradients { task.images(ofCodes: codes) } }
    }
    let rebuilt = decoded(table)
    reconstruction = rebuilt.squaredError(task.images).item()
    variance = (task.images - task.images.mean(axis: 0)).square().mean().item()
    // A Gaussian with the codes' mean and covariance.
    let fit = GaussianFit(table)
    let (values, vectors) = fit.covariance.symmetricEigen()
    let root = (vectors * values.clamp(minimum: 0).sqrt()).to(.float32)
    let normal = Tensor.normal([count, table.size(1)], generator: random)
    let samples: [(name: String, images: Tensor)] = [
      (
        "noise mapped to codes",
        model.images(Tensor.normal([count, model.noiseSize], generator: random))
      ),
      (
        "Gaussian fitted to codes",
        decoded(normal.matmul(root.transposed()) + fit.mean.to(.float32))
      ), ("N(0, I)", decoded(normal)),
    ]
    rows = samples.map { name, samples in
      let found = Neighbors.distances(fake: samples, real: real)
      return (name, found.quality, found.coverage)
    }
    pictures =
      samples.map { Report.Figure(SampleSheet.contactSheet($0.images[..<48]), caption: $0.name) }
      + [
        Report.Figure(
          SampleSheet.contactSheet(
            .concatenate([task.images[..<16], rebuilt[..<16]])),
          caption: "images of the training set, and below what their codes give")
      ]
  }

  var metrics: [String: Double] {
    rows.reduce(into: ["reconstruction/of variance": reconstruction / variance]) {
      $0["fake to real/\($1.name)"] = $1.quality
      $0["real to fake/\($1.name)"] = $1.coverage
    }
  }

  var claims: [Claim] {
    // At a quarter of the matching, a half, three quarters, its end.
    let quarters = (1...4).map { distances[max(0, distances.count * $0 / 4 - 1)] }
    return [
      Claim(
        id: "codes",
        statement: "every image finds a code: squared error over the variance of the data",
        measured: reconstruction / variance, atMost: 0.4),
      Claim(
        id: "quality",
        statement:
          "samples by the map are nearer to real images than by the better of the other ways: "
          + "ratio of mean distances",
        measured: rows[0].quality / min(rows[1].quality, rows[2].quality), atMost: 1),
      Claim(
        id: "coverage", statement: "and real images nearer to them: the same the other way round",
        measured: rows[0].coverage / min(rows[1].coverage, rows[2].coverage), atMost: 1),
      Claim(
        id: "matching",
        statement: "matching brings noise ever nearer to the codes: largest change of the mean "
          + "distance from one quarter of training to the next",
        measured: zip(quarters, quarters.dropFirst()).map { $1 - $0 }.max() ?? .nan, atMost: 0),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["codes from", "fake to nearest real", "real to nearest fake"],
      rows: rows.map { [.text($0.name), .number($0.quality), .number($0.coverage)] },
      caption: "Mean Euclidean distances of as many samples and held-out images; less is better.")
    return Report.Section("Where codes are drawn from", [.table(table), .images(pictures)])
  }
}
