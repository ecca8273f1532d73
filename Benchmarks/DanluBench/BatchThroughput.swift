import Datasets
import Formats
import Foundation
import Messages
import Torch

/// Epochs of batches through a loader, of the files that Benchmarks/training/batches.py makes:
/// `batches images | texts | folder | table | csv FOLDER`. `table` reads the file and serves one epoch,
/// anew each time; `csv` only reads the file.
enum BatchThroughput {
  static func run(_ arguments: [String]) throws {
    guard arguments.count == 2 else {
      throw InputError("batches expected images | texts | folder | table | csv, and a FOLDER")
    }
    let (topic, folder) = (arguments[0], arguments[1])
    switch topic {
    case "images":
      try epochs(topic, 64) {
        try Dataset(npz: "\(folder)/images.npz", inputs: ["x_train"], label: "y_train")
      }
    case "texts":
      try epochs(topic, 64) {
        let arrays = try NPZ.read(path: "\(folder)/texts.npz")
        let lengths = arrays.first { $0.name == "lengths" }?.array.integers() ?? []
        let tokens = try arrays.first { $0.name == "tokens" }.map { try Tensor($0.array) }
        return Dataset([
          "tokens": .sequences(Sequences(elements: tokens ?? Tensor([Int]()), lengths: lengths))
        ])
      }
    case "folder":
      try epochs(topic, 32, threads: 2) { try ImageFolder.examples(path: "\(folder)/pictures") }
    case "table":
      func data() throws -> Dataset {
        try Dataset(Table(csv: "\(folder)/table.csv"), label: "label")
      }
      var count = 0
      let rounds = try (0..<3).map { _ in
        try seconds { count = try served(BatchLoader(data(), .init(batchSize: 256))) }
      }
      let memory = peakMemory()
      report(
        topic, rounds.sorted(), count, memory, checksum: try checksum(data(), 256),
        resumes: try resumesExactly(data(), .init(batchSize: 256)))
    case "csv":
      var rows = 0
      let rounds = try (0..<4).map { _ in
        try seconds { rows = try Table(csv: "\(folder)/table.csv").rowCount }
      }
      report(topic, rounds.dropFirst().sorted(), rows, peakMemory())
    default:
      throw InputError("batches knows images, texts, folder, table and csv, not '\(topic)'")
    }
  }

  private static func epochs<Source: ExampleSource>(
    _ name: String, _ size: Int, threads: Int? = nil, _ data: () throws -> Source
  ) throws {
    let data = try data()
    let configuration = BatchLoader.Configuration(batchSize: size, threads: threads)
    let loader = try BatchLoader(data, configuration)
    var count = 0
    let rounds = try (0..<4).map { _ in try seconds { count = try served(loader) } }
    let memory = peakMemory()
    report(
      name, rounds.dropFirst().sorted(), count, memory, checksum: try checksum(data, size),
      resumes: try resumesExactly(data, configuration))
  }

  /// The examples of one epoch.
  private static func served(_ loader: BatchLoader) throws -> Int {
    var count = 0
    while let batch = try loader.nextOfEpoch() { count += batch.count }
    return count
  }

  /// A number that depends on all values: that the other side made the same examples.
  private static func checksum(_ data: some ExampleSource, _ size: Int) throws -> Double {
    let loader = try BatchLoader(data, .init(batchSize: size, order: .sequential))
    var sum = 0.0
    while let batch = try loader.nextOfEpoch() {
      sum += batch.inputs.reduce(0) { $0 + $1.tensor.to(.float64).sum().item() }
      // Of texts the other side gives the mask in place of labels.
      let second = batch.labels ?? batch.attentionMasks.first { _ in true }?.tensor
      sum += second.map { $0.to(.float64).sum().item() } ?? 0
    }
    return sum
  }

  /// Whether a loader restored in the middle of an epoch gives the rest of it, and the beginning of the
  /// next, as the one that was not interrupted.
  private static func resumesExactly(
    _ data: some ExampleSource, _ configuration: BatchLoader.Configuration
  ) throws -> Bool {
    let whole = try BatchLoader(data, configuration)
    let batches = whole.batchesPerEpoch ?? 0
    for _ in 0..<batches / 2 { _ = try whole.next() }
    let resumed = try BatchLoader(data, configuration)
    try resumed.restore(whole.checkpoint())
    for _ in 0..<min(batches, 40) {
      let (first, second) = (try whole.next(), try resumed.next())
      guard first.indices == second.indices, first.input.equals(second.input) else { return false }
    }
    return true
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let started = ContinuousClock.now
    try body()
    return (ContinuousClock.now - started) / .seconds(1)
  }

  private static func report(
    _ name: String, _ rounds: [Double], _ count: Int, _ memory: Double, checksum: Double? = nil,
    resumes: Bool? = nil
  ) {
    let more =
      (checksum.map { ", \"checksum\": \($0)" } ?? "")
      + (resumes.map { ", \"resumesExactly\": \($0)" } ?? "")
    print(
      "{\"name\": \"\(name)\", \"minimum\": \(rounds[0]), \"median\": \(rounds[rounds.count / 2]), "
        + "\"examples\": \(count), \"memory\": \(memory)\(more), "
        + "\"torch\": \"\(LibTorch.version)\"}")
  }

  /// Megabytes of this process at most, so far.
  private static func peakMemory() -> Double {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Double(usage.ru_maxrss) / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Double(usage.ru_maxrss) / 1_048_576
    #endif
  }
}
