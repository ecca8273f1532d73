import ArgumentParser
import WordVectors

/// How vectors are trained: the options of `vectors train` that become `VectorOptions`.
struct VectorTrainingOptions: ParsableArguments {
  @Option(help: "jose, jose-joint, skip-gram or cbow.")
  var method: VectorOptions.Method?

  @Flag(help: "JoSE as the paper states it; the same as --method jose-joint.")
  var joint = false

  @Option(help: "Length of the vectors.")
  var dimension = 100

  @Option(help: "Widest window: words on either side.")
  var window = 5

  @Option(help: "Negatives of each pair (2 for JoSE, 5 for the others).")
  var negatives: Int?

  @Option(help: "Passes over the text (10 for JoSE, 5 for the others).")
  var epochs: Int?

  @Option(help: "Learning rate at the start (0.04 for JoSE, 0.025 for the others).")
  var rate: Float?

  @Option(help: "Frequency beyond which words are left out at random; 0 keeps all.")
  var subsampling = 1e-3

  @Option(help: "Margin of the hinge (JoSE; 0.15).")
  var margin: Float?

  @Flag(inversion: .prefixedNo, help: "Train document vectors (on for JoSE, off for the others).")
  var documents: Bool?

  @Flag(help: "One set of negatives for each position: faster, not quite the same.")
  var sharedNegatives = false

  @Option(help: "Seed of all random numbers.")
  var seed: UInt64 = 1

  @OptionGroup var threads: ThreadOptions

  @Flag(help: "One thread: the same bytes for the same seed.")
  var deterministic = false

  func validate() throws {
    if joint, let method, method != .sphericalJoint {
      throw ValidationError("--joint is jose-joint; it contradicts --method \(method.rawValue)")
    }
    if deterministic, let count = threads.threads, count > 1 {
      throw ValidationError("--deterministic is one thread; it contradicts --threads \(count)")
    }
    if margin != nil, !options.method.isSpherical {
      throw ValidationError(
        "--margin belongs to jose and jose-joint, not to \(options.method.rawValue)")
    }
    try options.check()
  }

  var options: VectorOptions {
    var options = VectorOptions(joint ? .sphericalJoint : method ?? .spherical)
    options.dimension = dimension
    options.window = window
    options.negatives = negatives ?? options.negatives
    options.epochs = epochs ?? options.epochs
    if let rate {
      if options.method.isSpherical { options.finalLearningRate = rate * 1e-4 }
      options.finalLearningRate = min(options.finalLearningRate, rate)
      options.learningRate = rate
    }
    options.subsampling = subsampling
    options.margin = margin ?? options.margin
    options.documents = documents ?? options.documents
    options.sharedNegatives = sharedNegatives
    options.seed = seed
    options.threads = deterministic ? 1 : threads.count
    return options
  }
}
