import Foundation
import Torch

/// The Swift side of the benchmarks: `DanluBench TOPIC [SETTING]...` prints one JSON object per result.
///
/// Each topic repeats its work in rounds and reports the shortest and the median time of a round;
/// Benchmarks/<topic>/run.py runs it alternately with the same work in Python and prints ratios.
@main
enum DanluBench {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    try LibTorch.load()
    if let threads = ProcessInfo.processInfo.environment["DANLU_BENCH_THREADS"].flatMap(Int.init) {
      threadCount = threads
    }
    RandomGenerator.seedAll(1)
    switch arguments.first {
    case "small-operator": SmallOperator.run()
    case "mlp": MultilayerPerceptron.run()
    case "optimizer": try OptimizerStep.run(Array(arguments.dropFirst()))
    case "gan": AdversarialRounds.run(Array(arguments.dropFirst()))
    case "zoo": try ZooModes.run(Array(arguments.dropFirst()))
    case "fashion-mnist": try FashionMNIST.run(Array(arguments.dropFirst()))
    case "resumable": try ResumableTraining.run(Array(arguments.dropFirst()))
    case "tokenize": try Tokenizing.run(Array(arguments.dropFirst()))
    case "batches": try BatchThroughput.run(Array(arguments.dropFirst()))
    case "trainer-overhead": try TrainerOverhead.run()
    case "transformer": try TransformerSpeed.run(Array(arguments.dropFirst()))
    case "ranks": try RankEfficiency.run(Array(arguments.dropFirst()))
    case "encode": try TextEncoding.run(Array(arguments.dropFirst()))
    default:
      FileHandle.standardError.write(
        Data(
          """
          usage: DanluBench small-operator | mlp | optimizer RULE mlp|encoder [cpu|cuda] | gan
                 DanluBench fashion-mnist DATA TEST.npy SEED EPOCHS | resumable FOLDER STEPS
                 DanluBench zoo ring|grid SEED STEPS [ROW]...
                 DanluBench trainer-overhead | tokenize VOCAB TEXT
                 DanluBench batches images | texts | folder | table | csv FOLDER
                 DanluBench ranks cnn|dcgan|bert|reduce STEPS [bf16], under mpirun
                 DanluBench encode MODEL TEXT OUT BATCH
                 DanluBench transformer encode B L fp32|bf16 | masked fp32|bf16 | decode | decode-recomputing\n
          """.utf8))
      exit(2)
    }
  }
}

/// Rounds of the same work, timed.
struct Rounds {
  var seconds: [Double] = []

  /// Runs `body` `rounds` times after one round that does not count.
  init(_ rounds: Int, _ body: () -> Void) {
    body()
    for _ in 0..<rounds {
      let start = DispatchTime.now().uptimeNanoseconds
      body()
      seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
    }
  }

  /// Prints seconds per repetition.
  func report(_ name: String, repetitions: Int, extra: String = "") {
    let sorted = seconds.sorted().map { $0 / Double(repetitions) }
    print(
      "{\"name\": \"\(name)\", \"minimum\": \(sorted[0]), \"median\": \(sorted[sorted.count / 2])"
        + ", \"threads\": \(threadCount), \"torch\": \"\(LibTorch.version)\"\(extra)}")
  }
}
