import Foundation
import Generative
import Messages
import Recipes
import Reports
import Training

/// What the rows of a zoo make of images: the Fréchet distance and the time of a round.
struct ImageComparison {
  struct Result {
    let name: String
    let distance: Double
    let milliseconds: Double
  }

  let results: [Result]
  let untrained: Double
  /// The samples of the first row.
  let sheet: SampleSheet
  private let quality: FrechetQuality
  private let protocolText: String
  private let steps: Int

  /// Trains every row for as many updates of the generator, the first on the networks of `model`, which
  /// the run keeps.
  init<Settings>(
    _ rows: [ZooRow], _ networks: DCGAN.Configuration, _ model: ZooGANModel, steps: Int, batch: Int,
    averaging: Double, _ images: ZooImages, _ run: Running<Settings>
  ) throws {
    self.steps = steps
    try SampleSheet.logReal(images, run)
    let quality = try FrechetQuality(images, run)
    func distance(_ players: AdversarialPlayers) -> Double {
      quality.distance(noiseSize: networks.noise, seed: run.seed, device: run.device) {
        AdversarialTask.samples(players, noise: $0)
      }
    }
    let first = model.players
    first.generator.move(to: run.device)
    first.discriminator.move(to: run.device)
    untrained = distance(first)
    let sheet = SampleSheet(run, noiseSize: networks.noise) {
      AdversarialTask.samples(first, noise: $0)
    }
    var distances: [Double] = []
    for (index, row) in rows.enumerated() {
      let players =
        index == 0 ? first : row.imagePlayers(networks, averaging: averaging, seed: run.seed)
      players.generator.move(to: run.device)
      players.discriminator.move(to: run.device)
      let task = try row.task(
        players, noiseSize: networks.noise, images.training, batch: batch, seed: run.seed)
      try run.train(
        task, named: "images-\(row.trainingName)", steps: steps,
        callbacks: index > 0
          ? [] : [Every(max(1, steps / 8)) { try sheet.log(run, step: $0.step) }])
      distances.append(distance(players))
    }
    let times = try roundTimes(
      rows.map { row in
        let players = row.imagePlayers(networks, averaging: 0, seed: run.seed)
        players.generator.move(to: run.device)
        players.discriminator.move(to: run.device)
        return try row.task(
          players, noiseSize: networks.noise, images.training, batch: batch, seed: run.seed)
      }, run)
    results = rows.indices.map {
      Result(name: rows[$0].name, distance: distances[$0], milliseconds: times[$0])
    }
    try model.keep(in: run, images)
    self.quality = quality
    self.sheet = sheet
    protocolText = quality.protocolText(images)
  }

  func result(_ name: String) -> Result? { results.first { $0.name == name } }

  func distance(_ name: String) -> Double { result(name)?.distance ?? .nan }

  var metrics: [String: Double] {
    results.reduce(into: [
      "frechet/real against real": quality.floor, "frechet/untrained": untrained,
      "features/accuracy": quality.features.accuracy ?? .nan,
    ]) { metrics, result in
      metrics["frechet/\(result.name)"] = result.distance
      metrics["time/\(result.name)"] = result.milliseconds
    }.filter { $0.value.isFinite }
  }

  var section: Report.Section {
    let table = Report.Table(
      columns: ["", "Fréchet distance", "ms per round"],
      rows: results.map { [.text($0.name), .number($0.distance), .number($0.milliseconds)] },
      caption:
        "After \(steps) updates of the generator; untrained \(NumberText.short(untrained)), real "
        + "against real \(NumberText.short(quality.floor)). Networks, initial weights, order of the data "
        + "and batch are the same in all rows; one seed.")
    return Report.Section("Images", [.text(protocolText), .table(table)])
  }
}

/// A GAN of images as a run keeps it: the generator's averaged weights, and its discriminator.
struct ZooGANModel {
  let players: AdversarialPlayers
  let model: ImageModel

  init(
    _ row: ZooRow, _ networks: DCGAN.Configuration, averaging: Double, shape: [Int], seed: UInt64
  ) {
    players = row.imagePlayers(networks, averaging: averaging, seed: seed)
    let generator = players.generator
    model = ImageModel(
      shape: shape, noiseSize: networks.noise, parts: [("generator", generator)],
      sample: { generator($0) }, encode: nil)
  }

  func keep<Settings>(in run: Running<Settings>, _ images: ZooImages) throws {
    let optimizer = players.generatorOptimizer
    if optimizer.keepsAverages {
      try optimizer.withAverages { try model.keep(in: run, images) }
    } else {
      try model.keep(in: run, images)
    }
  }
}
