import Datasets
import Optimizers
import Parallel
import Pretraining
import Recipes
import Reports
import Torch
import Tracking
import Training
import Transformers

/// Sentences whose next token can be told from those before: numbers that grow by 1, 2 or 3, modulo 16, 6 to 12 of them;
/// how soon each objective finds that out.
struct Progressions: Finding {
  private static let special = 5
  private static let length = 32
  /// By objective: the mean accuracy of training between two steps, and those steps.
  private var rows: [(objective: PretrainingObjective, window: Range<Int>, accuracy: Double)] = []

  static func configuration(_ objective: PretrainingObjective) -> TransformerConfiguration {
    var configuration = NewTransformer(layers: 2, hiddenSize: 64, heads: 4).configuration(
      vocabularySize: special + 16, maxPositions: length)
    configuration.initializerRange = 0.1
    configuration.heads = [.languageModel]
    configuration.attention = objective.attention
    return configuration
  }

  /// Rows drawn anew at each visit.
  static func loader(
    _ objective: PretrainingObjective, batchSize: Int, seed: UInt64
  ) throws -> BatchLoader {
    let rows = Examples(count: 100_000) { _, random in
      var packing = SentencePacking(length: length, start: 2, separator: 3)
      while true {
        let (first, step) = (random.below(16), 1 + random.below(3))
        let numbers = (0..<6 + random.below(7)).map { (first + step * $0) % 16 }
        let sentence = WordTokens(
          ids: numbers.map { special + $0 }, words: Array(numbers.indices))
        if let row = packing.add(sentence) { return PretrainingInputs.example(row) }
      }
    }
    let inputs = PretrainingInputs(
      objective, masking: TokenMasking(maskId: 4, vocabulary: 0..<special + 16), length: length,
      separator: 3)
    return try BatchLoader(rows, .init(batchSize: batchSize, seed: seed), transforms: [inputs])
  }

  init(_ run: Running<PretrainingArticle.Settings>) throws {
    for objective in PretrainingObjective.allCases {
      let steps = objective == .mlm ? run.settings.sequenceSteps : run.settings.sequenceSteps / 2
      guard steps > 0 else { continue }
      let model = Transformer(
        Self.configuration(objective), generator: RandomGenerator(seed: run.seed))
      model.move(to: run.device)
      let task = PretrainingTask(
        model, objective,
        optimizer: Optimizer(
          Adam(learningRate: 1e-3).withSchedule(.piecewiseLinear([200: 1])), for: model),
        loader: try Self.loader(objective, batchSize: 32, seed: run.seed))
      let name = "numbers-\(objective.rawValue)"
      try run.train(task, named: name, steps: steps)
      let window = max(0, steps - 250)..<steps
      let series = RunFolder.series(
        "\(name)/accuracy", of: try run.run.folder.metrics().records
      ).filter { $0.step > window.lowerBound }.map(\.value)
      rows.append((objective, window, series.reduce(0, +) / Double(max(1, series.count))))
    }
  }

  private static func bound(_ objective: PretrainingObjective) -> Double {
    switch objective {
    case .mlm: 0.80
    case .lm: 0.77
    case .unilm: 0.79
    }
  }

  var claims: [Claim] {
    rows.map { row in
      Claim(
        id: "numbers-\(row.objective.rawValue)",
        statement:
          "\(row.objective.rawValue) finds out how numbers go on: guessed right in updates "
          + "\(row.window.lowerBound) to \(row.window.upperBound)", measured: row.accuracy,
        atLeast: Self.bound(row.objective))
    }
  }

  var metrics: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: rows.map { ("numbers-\($0.objective.rawValue)/accuracy", $0.accuracy) })
  }
}
