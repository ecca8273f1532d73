import Messages
import Parallel

/// What all models are trained with.
public struct TrainingOptions: Sendable {
  public var text = TextFeatures.Options()
  /// How models that do not count weight the grams of texts.
  public var weighting = TextFeatures.Weighting.tfidf
  /// Rows count so that every class has the same weight.
  public var isBalanced = false
  public var seed: UInt64 = 0
  public var threads = 1
  /// Trains the kind `network`; this target has no trainer of its own.
  public var networkTrainer: NetworkTrainer?

  public init() {}
}

extension Predictor {
  /// Trains a model. Throws `InputError` where it cannot learn what is asked, where an ensemble has more
  /// folds than rows, for boosting where LightGBM is absent, and for a network without a trainer.
  public static func fit(
    _ specification: ModelSpecification, _ examples: Examples, _ options: TrainingOptions,
    work: Work = .silent
  ) throws -> Predictor {
    try PredictorTraining(specification, examples, options, work).fit()
  }
}

/// One training of one model.
private struct PredictorTraining {
  let specification: ModelSpecification
  let examples: Examples
  let options: TrainingOptions
  let work: Work
  let weights: [Double]?

  init(
    _ specification: ModelSpecification, _ examples: Examples, _ options: TrainingOptions,
    _ work: Work
  ) throws {
    self.specification = specification
    self.examples = examples
    self.options = options
    self.work = work
    switch examples.targets {
    case .classes(let classes, let count):
      guard specification.kind.learnsClasses else {
        throw InputError("\(specification.kind.rawValue) learns numbers; the labels are classes")
      }
      weights = options.isBalanced ? Self.balanced(classes, count) : nil
    case .numbers:
      guard specification.kind.learnsNumbers else {
        throw InputError(
          "\(specification.kind.rawValue) learns classes; for numbers there are "
            + ModelKind.allCases.filter(\.learnsNumbers).map(\.rawValue).joined(separator: ", "))
      }
      weights = nil
    }
  }

  /// rows / (classes · rows of the class).
  private static func balanced(_ classes: [Int32], _ count: Int) -> [Double] {
    var sizes = [Double](repeating: 0, count: count)
    for c in classes { sizes[Int(c)] += 1 }
    let present = Double(sizes.count { $0 > 0 })
    return classes.map { Double(classes.count) / (present * sizes[Int($0)]) }
  }

  func fit() throws -> Predictor {
    try work.check()
    switch specification.kind {
    case .naiveBayes, .complementBayes, .bernoulliBayes: return try countingBayes()
    case .gaussianBayes, .mixedBayes: return try mixedBayes()
    case .logistic, .softmax, .supportVectors, .stochastic, .ridge: return try linear()
    case .neighbors:
      let (encoder, rows) = try encoded(options.weighting)
      return .neighbors(
        encoder,
        NearestNeighbors(
          rows, examples.targets, neighborCount: Int(specification["k"]),
          isWeighted: specification["weighted"] == 1))
    case .network: return try network()
    case .tree, .forest: return try forest()
    case .boosting: return try boosted()
    case .bagging: return try bagging()
    case .average:
      let members = try specification.members.map { try fit($0, examples) }
      return .average(
        members, weights: members.map { _ in 1 / Double(members.count) })
    case .stacking: return try stacking()
    }
  }

  private func fit(
    _ specification: ModelSpecification, _ examples: Examples, seed: UInt64? = nil
  ) throws -> Predictor {
    var options = options
    if let seed { options.seed = seed }
    return try PredictorTraining(specification, examples, options, work).fit()
  }

  private func encoded(
    _ weighting: TextFeatures.Weighting
  ) throws -> (SparseEncoder, SparseMatrix) {
    let (encoder, rows) = try SparseEncoder.learn(
      examples.frame, examples.schema, weighting, options.text)
    return (encoder, rows)
  }

  /// Whether there are texts and nothing else.
  private var isText: Bool { examples.schema.columns.allSatisfy { $0.kind == .text } }

  private var classes: [Int32] {
    if case .classes(let classes, _) = examples.targets { classes } else { [] }
  }

  private var classCount: Int {
    if case .classes(_, let count) = examples.targets { count } else { 1 }
  }

  private func countingBayes() throws -> Predictor {
    let kind: NaiveBayes.Kind =
      switch specification.kind {
      case .complementBayes: .complement
      case .bernoulliBayes: .bernoulli
      default: .multinomial
      }
    // The complement's scores gain from weights that damp frequent grams, as its authors found.
    let (encoder, rows) = try encoded(
      kind == .bernoulli ? .presence : kind == .complement && isText ? .tfidf : .counts)
    let model = try NaiveBayes(kind, smoothing: specification["alpha"]).fit(
      rows, classes, classCount: classCount, weights: weights)
    return .linear(encoder, model)
  }

  private func mixedBayes() throws -> Predictor {
    let encoder = try ColumnEncoder.learn(examples.frame, examples.schema, options.text)
    let model = MixedNaiveBayes.fit(
      encoder.columns(of: examples.frame), classes, classCount: classCount,
      usesBins: specification.kind == .mixedBayes, smoothing: specification["alpha"],
      weights: weights)
    return .mixedBayes(encoder, model)
  }

  private func linear() throws -> Predictor {
    let (encoder, rows) = try encoded(options.weighting)
    let model: LinearModel
    switch specification.kind {
    case .logistic, .softmax:
      var regression = LogisticRegression(cost: specification["C"])
      regression.absoluteShare = specification["l1"]
      regression.isSoftmax = specification.kind == .softmax
      regression.threads = options.threads
      regression.seed = options.seed
      model = try regression.fit(rows, classes, classCount: classCount, weights: weights)
    case .stochastic:
      var descent = StochasticGradient()
      descent.penalty = specification["alpha"]
      descent.passes = Int(specification["passes"])
      descent.loss = specification["logistic"] == 1 ? .logistic : .hinge
      descent.threads = options.threads
      descent.seed = options.seed
      model = try descent.fit(rows, classes, classCount: classCount, weights: weights)
    case .ridge:
      guard case .numbers(let values) = examples.targets else { fatalError("checked above") }
      var regression = RidgeRegression()
      regression.penalty = specification["alpha"]
      model = regression.fit(rows, values)
    default:
      var machine = LinearSupportVectors(cost: specification["C"])
      machine.threads = options.threads
      machine.seed = options.seed
      model = try machine.fit(rows, classes, classCount: classCount, weights: weights)
    }
    return .linear(encoder, model)
  }

  private func forest() throws -> Predictor {
    let encoder = try ColumnEncoder.learn(examples.frame, examples.schema, options.text)
    var settings =
      specification.kind == .tree
      ? Forest.Options.singleTree() : Forest.Options()
    let depth = Int(specification["depth"])
    settings.tree.depthLimit = depth == 0 ? nil : depth
    settings.tree.leafWeight = specification["leaf"]
    if specification.kind == .forest {
      settings.treeCount = Int(specification["trees"])
      let columns = Int(specification["columns"])
      settings.tree.triedColumns = columns == 0 ? nil : columns
    }
    settings.threads = options.threads
    settings.seed = options.seed
    let forest = try Forest.fit(
      encoder.columns(of: examples.frame), examples.targets, weights: weights, settings,
      work: work)
    return .forest(encoder, forest)
  }

  private func network() throws -> Predictor {
    guard let trainer = options.networkTrainer else {
      throw InputError("network has no trainer here: set `networkTrainer`")
    }
    let (encoder, rows) = try encoded(options.weighting)
    var settings = NetworkSettings()
    settings.hiddenSize = Int(specification["hidden"])
    settings.passes = Int(specification["passes"])
    settings.learningRate = specification["rate"]
    settings.decay = specification["decay"]
    settings.isBalanced = options.isBalanced
    settings.seed = options.seed
    settings.threads = options.threads
    return .network(encoder, try trainer(rows, examples.targets, settings, work))
  }

  private func boosted() throws -> Predictor {
    let library = try LightGBM.open()
    let encoder = try ColumnEncoder.learn(examples.frame, examples.schema, options.text)
    var settings = LightGBM.Options()
    settings.rounds = Int(specification["rounds"])
    settings.learningRate = specification["rate"]
    settings.leafCount = Int(specification["leaves"])
    settings.leafRows = Int(specification["leaf"])
    settings.rowShare = specification["rows"]
    settings.columnShare = specification["columns"]
    settings.penalty = specification["l2"]
    settings.threads = options.threads
    settings.seed = options.seed
    let trees = try library.fit(
      encoder.columns(of: examples.frame), examples.targets, weights: weights, settings,
      work: work)
    return .boosted(encoder, trees)
  }

  /// Breiman 1996: each member sees a bootstrap of the rows.
  private func bagging() throws -> Predictor {
    let count = Int(specification["models"])
    var members: [Predictor] = []
    for index in 0..<count {
      var random = RandomStream(seed: options.seed, stream: UInt64(index) + 1)
      let rows = (0..<examples.count).map { _ in random.below(examples.count) }.sorted()
      members.append(
        try fit(
          specification.members[0], examples.rows(rows), seed: options.seed &+ UInt64(index)))
    }
    return .average(members, weights: members.map { _ in 1 / Double(count) })
  }

  /// Wolpert 1992, Breiman 1996: the members' weights are those whose mixture explains best what each
  /// member says of rows it was not trained on; all members are then trained on all rows.
  private func stacking() throws -> Predictor {
    let folds = try Folds(
      stratified: examples.targets, count: Int(specification["folds"]), seed: options.seed)
    let outside = try specification.members.map { member in
      try Self.outOfFold(folds, examples) { try fit(member, $0) }
    }
    let weights = MemberWeights.learn(outside, examples.targets)
    return .average(
      try specification.members.map { try fit($0, examples) }, weights: weights)
  }

  /// What models say of the rows that they were not trained on.
  static func outOfFold(
    _ folds: Folds, _ examples: Examples, _ fit: (Examples) throws -> Predictor
  ) throws -> [Double] {
    var width = 1
    if case .classes(_, let count) = examples.targets { width = count }
    var result = [Double](repeating: 0, count: examples.count * width)
    for fold in 0..<folds.count {
      let (training, test) = folds.rows(fold)
      let model = try fit(examples.rows(training))
      let values = model.values(examples.frame.rows(test))
      for (index, row) in test.enumerated() {
        for c in 0..<width { result[row * width + c] = values[index * width + c] }
      }
    }
    return result
  }
}

extension Predictor {
  /// What models say of the rows that they were not trained on: rows × classes, or numbers.
  public static func outOfFold(
    _ specification: ModelSpecification, _ examples: Examples, _ folds: Folds,
    _ options: TrainingOptions, work: Work = .silent
  ) throws -> [Double] {
    try PredictorTraining.outOfFold(folds, examples) {
      try fit(specification, $0, options, work: work)
    }
  }

  /// Trains a model and, from rows that its likes were not trained on, a map from its probabilities to
  /// better ones. Throws `InputError` for a class with fewer than two rows.
  public static func fitCalibrated(
    _ specification: ModelSpecification, _ examples: Examples, _ options: TrainingOptions,
    method: Calibration.Method, folds count: Int = 5, work: Work = .silent
  ) throws -> Predictor {
    guard case .classes(let classes, let classCount) = examples.targets else {
      throw InputError("calibration is of probabilities; the labels are numbers")
    }
    var sizes = [Int](repeating: 0, count: classCount)
    for c in classes { sizes[Int(c)] += 1 }
    if let rare = sizes.firstIndex(of: 1) {
      throw InputError(
        "calibration needs two rows of each class, and the label '\(examples.schema.classes[rare])' "
          + "occurs once")
    }
    let folds = try Folds(stratified: examples.targets, count: count, seed: options.seed)
    let outside = try outOfFold(specification, examples, folds, options, work: work)
    let calibration = Calibration.learn(outside, classes, classCount: classCount, method)
    return .calibrated(try fit(specification, examples, options, work: work), calibration)
  }
}
