import Datasets
import Formats
import Foundation
import Messages
import Parallel
import Torch

/// Examples a second through a loader: `batches images | texts | folder PATH | table FILE.csv`.
enum BatchThroughput {
  static func run(_ arguments: [String]) throws {
    switch (arguments.first, arguments.dropFirst().first) {
    case ("images", nil):
      let images = Tensor.randomIntegers(0, 256, shape: [60_000, 1, 28, 28]).to(.uint8)
      let labels = Tensor.randomIntegers(0, 10, shape: [60_000])
      try epochs(
        "images", try BatchLoader(Dataset(inputs: images, labels: labels), .init(batchSize: 64)))
    case ("texts", nil):
      var random = RandomStream(seed: 1)
      let rows = (0..<100_000).map { _ in
        (0..<8 + random.below(120)).map { _ in random.below(30_000) }
      }
      let data = Dataset(["tokens": .sequences(Sequences(rows))])
      try epochs("texts", try BatchLoader(data, .init(batchSize: 64)))
    case ("folder", let path?):
      let files = try ImageFolder.examples(path: path)
      try epochs("folder", try BatchLoader(files, .init(batchSize: 32, threads: 2)))
    case ("table", let path?):
      var rows = 0
      let rounds = try (0..<4).map { _ in
        try seconds { rows = try Table(csv: path).rowCount }
      }.dropFirst().sorted()
      report("table", rounds, count: rows)
    default:
      throw InputError("batches expected images | texts | folder PATH | table FILE.csv")
    }
  }

  private static func epochs(_ name: String, _ loader: BatchLoader) throws {
    var count = 0
    let rounds = try (0..<6).map { _ in
      count = 0
      return try seconds {
        while let batch = try loader.nextOfEpoch() { count += batch.count }
      }
    }.dropFirst().sorted()
    report(name, rounds, count: count)
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let started = ContinuousClock.now
    try body()
    return (ContinuousClock.now - started) / .seconds(1)
  }

  private static func report(_ name: String, _ rounds: [Double], count: Int) {
    print(
      "{\"name\": \"\(name)\", \"minimum\": \(rounds[0]), \"median\": \(rounds[rounds.count / 2]), "
        + "\"examples\": \(count), \"torch\": \"\(LibTorch.version)\"}")
  }
}
