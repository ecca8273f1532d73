import Messages
import Parallel

/// A model judged on every row by models that had not seen it.
public struct CrossValidation: Sendable {
  /// Over all rows together.
  public let scores: Scores
  /// The main score of each fold.
  public let folds: [Double]

  public var mean: Double { folds.reduce(0, +) / Double(folds.count) }

  public var deviation: Double {
    (folds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(folds.count)).squareRoot()
  }

  /// Throws what training throws.
  public init(
    _ specification: ModelSpecification, _ examples: Examples, _ folds: Folds,
    _ options: TrainingOptions, work: Work = .silent
  ) throws {
    let values = try Predictor.outOfFold(specification, examples, folds, options, work: work)
    scores = Scores(values, examples.targets, examples.schema)
    let width = values.count / max(1, examples.count)
    self.folds = (0..<folds.count).map { fold in
      let rows = folds.rows(fold).test
      return Scores(
        rows.flatMap { values[$0 * width..<($0 + 1) * width] }, examples.targets.rows(rows),
        examples.schema
      ).main
    }
  }
}

/// Settings tried one after the other, or at random, each by cross-validation.
public struct SettingSearch: Sendable {
  /// The values to try of one setting.
  public enum Values: Sendable, Equatable {
    case list([Double])
    /// Anything between, by the logarithm where both ends are above 0.
    case range(ClosedRange<Double>)
  }

  public struct Trial: Sendable {
    public let specification: ModelSpecification
    public let settings: [(name: String, value: Double)]
    public let result: CrossValidation
  }

  public var values: [(name: String, values: Values)]
  /// How many random choices; `nil` tries all combinations, for which every setting needs a list.
  public var draws: Int?
  public var seed: UInt64 = 0

  public init(_ values: [(name: String, values: Values)], draws: Int? = nil) {
    self.values = values
    self.draws = draws
  }

  /// The settings that will be tried. Throws `OptionError` for a range without `draws`.
  public func candidates(
    for kind: ModelKind
  ) throws(OptionError) -> [[(name: String, value: Double)]] {
    if let draws {
      var random = RandomStream(seed: seed, stream: 0x7365)
      var all: [[(name: String, value: Double)]] = []
      for _ in 0..<draws {
        var chosen: [(name: String, value: Double)] = []
        for (name, values) in self.values {
          let isWhole = kind.settings.first { $0.name == name }?.isWhole ?? false
          let value = Self.draw(values, &random)
          chosen.append((name, isWhole ? value.rounded() : value))
        }
        all.append(chosen)
      }
      return all
    }
    var all: [[(name: String, value: Double)]] = [[]]
    for (name, values) in self.values {
      guard case .list(let list) = values else {
        throw OptionError(
          "grid",
          "\(name): a range is tried at random; give `random` how often, or a list of values")
      }
      all = all.flatMap { before in list.map { before + [(name, $0)] } }
    }
    return all
  }

  private static func draw(_ values: Values, _ random: inout RandomStream) -> Double {
    switch values {
    case .list(let list): return list[random.below(list.count)]
    case .range(let range):
      let share = random.uniform()
      guard range.lowerBound > 0 else {
        return range.lowerBound + share * (range.upperBound - range.lowerBound)
      }
      let (low, high) = (
        Numeric.logarithm(range.lowerBound), Numeric.logarithm(range.upperBound)
      )
      return min(
        range.upperBound, max(range.lowerBound, Numeric.exponential(low + share * (high - low))))
    }
  }

  /// All trials, the best first; of equals the earlier one.
  public func run(
    _ specification: ModelSpecification, _ examples: Examples, _ folds: Folds,
    _ options: TrainingOptions, work: Work = .silent
  ) throws -> [Trial] {
    let candidates = try candidates(for: specification.kind)
    let trials = try work.phase("trying settings", of: candidates.count, unit: "settings") {
      phase in
      try candidates.map { settings in
        var changed = specification
        for (name, value) in settings { try changed.set(name, value) }
        let result = try CrossValidation(changed, examples, folds, options)
        try phase.advance(
          note: "\(result.scores.shown.name) \(NumberText.short(result.scores.shown.value))")
        return Trial(specification: changed, settings: settings, result: result)
      }
    }
    let order = trials.indices.sorted {
      (trials[$1].result.scores.main, $0) < (trials[$0].result.scores.main, $1)
    }
    return order.map { trials[$0] }
  }
}

/// How a model does with more and more rows to learn from.
public struct LearningCurve: Sendable {
  public struct Point: Sendable {
    public let rowCount: Int
    /// The main score on the rows learnt from and on others, as people read it.
    public let training, test: Double
  }

  public let points: [Point]

  /// One fold of five is the test; growing parts of the others are learnt from.
  public init(
    _ specification: ModelSpecification, _ examples: Examples, _ options: TrainingOptions,
    steps: Int = 6, work: Work = .silent
  ) throws {
    let folds = try Folds(stratified: examples.targets, count: 5, seed: options.seed)
    var (training, test) = folds.rows(0)
    var random = RandomStream(seed: options.seed, stream: 0x6C63)
    training.shuffle(using: &random)
    let judged = examples.rows(test)
    points = try work.phase("learning curve", of: steps, unit: "points") { phase in
      try (1...steps).compactMap { step -> Point? in
        let count = max(2, training.count >> (steps - step))
        let part = examples.rows(Array(training.prefix(count)))
        try phase.advance()
        // So few rows may hold one class only.
        if case .classes(let classes, _) = part.targets, Set(classes).count < 2 { return nil }
        let model = try Predictor.fit(specification, part, options)
        func shown(_ examples: Examples) -> Double {
          Scores(model.values(examples.frame), examples.targets, examples.schema).shown.value
        }
        return Point(rowCount: count, training: shown(part), test: shown(judged))
      }
    }
  }
}
