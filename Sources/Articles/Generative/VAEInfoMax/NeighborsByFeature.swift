import Generative
import Recipes
import Reports
import Torch

/// Whether images that are near by feature are of one class.
struct NeighborsByFeature: Finding {
  private let purities: [(name: String, purity: Double)]
  private let pictures: [Report.Figure]

  init(
    _ encoders: [(name: String, encode: (Tensor) -> Tensor)], _ images: ZooImages,
    _ run: Running<VAEInfoMaxArticle.Settings>
  ) {
    let held = images.heldOut.subset(0..<min(1500, images.heldOut.count))
    let real = held.scaledInputs().to(run.device)
    let pixels: (name: String, encode: (Tensor) -> Tensor) = ("pixels", { $0.flattened(from: 1) })
    let features = (encoders + [pixels]).map { name, encode in
      // By cosine: unit vectors' distances are in the same order.
      (
        name: name,
        values: withoutGradients { encode(real) }.to(.cpu).flattened(from: 1).normalized(axis: 1)
      )
    }
    purities = features.map { name, values in
      (name, held.labels.map { Neighbors.purity(values, labels: $0) } ?? .nan)
    }
    pictures = features.filter { ["both", "global", "pixels"].contains($0.name) }.map {
      name, values in
      let distances = values[..<8].pairwiseDistances(values)
      let order = distances.topK(8, axis: 1, largest: false).indices.reshaped(-1)
      let shown = real.to(.cpu).gatherRows(order)
      return Report.Figure(
        SampleSheet.contactSheet(shown, columns: 8),
        caption: "by \(name): an image at the left, then its seven nearest")
    }
  }

  private func purity(_ name: String) -> Double {
    purities.first { $0.name == name }?.purity ?? .nan
  }

  var metrics: [String: Double] {
    purities.reduce(into: [:]) { $0["purity/\($1.name)"] = $1.purity }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "purity",
        statement:
          "without a decoder the features tell classes apart: share of the 5 nearest with the "
          + "query's label", measured: purity("both"), atLeast: 0.78),
      Claim(
        id: "pixels", statement: "more than pixels do: difference",
        measured: purity("both") - purity("pixels"), atLeast: 0.04),
      Claim(
        id: "autoencoder", statement: "and more than a variational autoencoder's: difference",
        measured: purity("both") - purity("autoencoder"), atLeast: 0),
      Claim(
        id: "local", statement: "local information is what counts: local alone less global alone",
        measured: purity("local") - purity("global"), atLeast: 0.15),
    ]
  }

  var section: Report.Section? {
    let table = Report.Table(
      columns: ["features", "share of the 5 nearest with the query's label"],
      rows: purities.map { [.text($0.name), .number($0.purity)] },
      caption: "1500 held-out images, by cosine, the query left out.")
    return Report.Section("Neighbors by feature", [.table(table), .images(pictures)])
  }
}
