import Formats
import Foundation
import Messages
import Parallel
import TestSupport
import Testing

@testable import ClassicalML

@Suite struct ModelFileTests {
  /// Numbers, categories, dates and texts in three classes.
  static func mixed(_ count: Int = 90, isRegression: Bool = false) -> Examples {
    var random = RandomStream(seed: 9)
    var (ages, jobs, days) = ([Double](), [Int32](), [Double]())
    var (texts, labels) = (TextColumn(), [Int32]())
    for row in 0..<count {
      let label = Int32(row % 3)
      labels.append(label)
      ages.append(row % 17 == 0 ? .nan : random.normal() + Double(label))
      jobs.append(row % 13 == 0 ? -1 : random.uniform() < 0.7 ? label : Int32(random.below(3)))
      days.append(18_000 + Double(random.below(700)))
      texts.append(
        ["好吃", "难吃", "一般"][random.uniform() < 0.6 ? Int(label) : random.below(3)] + "的饭")
    }
    let schema = Schema(
      columns: [
        .init("age", .number), .init("job", .category(["a", "b", "c"])), .init("day", .date),
        .init("text", .text),
      ], label: "label", labelPlace: 4, classes: isRegression ? [] : ["x", "y", "z"])
    let frame = Frame([.numbers(ages), .categories(jobs), .numbers(days), .texts(texts)])
    return Examples(
      schema: schema, frame: frame,
      targets: isRegression
        ? .numbers(zip(labels, ages).map { Double($0) + ($1.isNaN ? 0 : $1) })
        : .classes(labels, count: 3))
  }

  private static let models = [
    "naive-bayes", "complement-bayes", "bernoulli-bayes", "gaussian-bayes", "mixed-bayes",
    "logistic",
    "softmax(l1=0.5)", "svm", "sgd", "neighbors(k=3)", "tree(depth=4)", "forest(trees=5)",
    "bagging(tree, models=3)", "average(svm, tree)", "stacking(logistic, forest(trees=5), folds=3)",
  ]

  @Test(arguments: models) func aFileHoldsAllOfAModel(_ text: String) throws {
    let examples = Self.mixed()
    let specification = try ModelSpecification(parsing: text)
    #expect(specification.text == text)
    let predictor = try Predictor.fit(specification, examples, .init())
    let values = predictor.values(examples.frame)
    for row in 0..<examples.count {
      #expect(abs(values[row * 3] + values[row * 3 + 1] + values[row * 3 + 2] - 1) < 1e-5)
    }
    guard case .classes(let scores) = Scores(values, examples.targets, examples.schema) else {
      return
    }
    #expect(scores.accuracy > 0.6)
    try withTemporaryFolder { folder in
      let path = folder + "/m.cml"
      try ClassicalModel(
        schema: examples.schema, predictor: predictor, specification: text, rowCount: 90
      ).write(to: path)
      let read = try ClassicalModel(path: path)
      #expect(read.schema == examples.schema && read.specification == text)
      #expect(read.predictor.values(examples.frame) == values)
      #expect(read.predictor.classes(examples.frame) == predictor.classes(examples.frame))
    }
  }

  @Test(arguments: [
    "ridge", "tree(depth=5)", "forest(trees=5)", "neighbors", "stacking(ridge, tree)",
  ])
  func numbersAreLearntToo(_ text: String) throws {
    let examples = Self.mixed(isRegression: true)
    let predictor = try Predictor.fit(try ModelSpecification(parsing: text), examples, .init())
    guard
      case .numbers(let scores) = Scores(
        predictor.values(examples.frame), examples.targets, examples.schema)
    else { return #expect(Bool(false)) }
    #expect(scores.explained > 0.4)
  }

  /// What a network computes, and that a file holds it; training is another target's.
  @Test func aNetworkIsComputedHere() throws {
    let examples = Self.mixed()
    #expect(
      message { _ = try Predictor.fit(try ModelSpecification(.network), examples, .init()) }
        .contains("no trainer"))
    var options = TrainingOptions()
    options.networkTrainer = { rows, _, settings, _ in
      var random = RandomStream(seed: settings.seed)
      func drawn(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
      return SmallNetwork(
        hiddenWeights: drawn(rows.columnCount * settings.hiddenSize),
        hiddenBias: drawn(settings.hiddenSize), outputWeights: drawn(3 * settings.hiddenSize),
        outputBias: drawn(3))
    }
    let text = "network(hidden=2)"
    let predictor = try Predictor.fit(try ModelSpecification(parsing: text), examples, options)
    guard case .network(let encoder, let network) = predictor else {
      Issue.record("expected a network")
      return
    }
    let values = predictor.values(examples.frame)
    let rows = encoder.rows(of: examples.frame)
    for row in 0..<examples.count {
      let hidden = (0..<2).map { unit -> Double in
        max(
          0,
          rows.range(row).reduce(Double(network.hiddenBias[unit])) {
            $0 + Double(rows.values[$1])
              * Double(network.hiddenWeights[Int(rows.columns[$1]) * 2 + unit])
          })
      }
      let scores = (0..<3).map { output in
        exp(
          Double(network.outputBias[output]) + hidden[0] * Double(network.outputWeights[output * 2])
            + hidden[1] * Double(network.outputWeights[output * 2 + 1]))
      }
      for output in 0..<3 {
        let expected = scores[output] / scores.reduce(0, +)
        #expect(abs(values[row * 3 + output] - expected) < 1e-4)
      }
    }
    try withTemporaryFolder { folder in
      try ClassicalModel(
        schema: examples.schema, predictor: predictor, specification: text, rowCount: 90
      ).write(to: folder + "/m.cml")
      let read = try ClassicalModel(path: folder + "/m.cml")
      #expect(read.predictor.values(examples.frame) == values)
    }
  }

  @Test func calibratedModelsAreKept() throws {
    let examples = Self.mixed()
    for method in Calibration.Method.allCases {
      let predictor = try Predictor.fitCalibrated(
        try ModelSpecification(.svm), examples, .init(), method: method, folds: 3)
      try withTemporaryFolder { folder in
        try ClassicalModel(
          schema: examples.schema, predictor: predictor, specification: "svm", rowCount: 90
        ).write(to: folder + "/m.cml")
        let read = try ClassicalModel(path: folder + "/m.cml")
        #expect(read.predictor.values(examples.frame) == predictor.values(examples.frame))
      }
    }
    var rare = Self.mixed(30)
    rare = rare.rows([0, 3, 6, 9, 1, 4, 7, 2])
    #expect(
      message {
        _ = try Predictor.fitCalibrated(
          try ModelSpecification(.svm), rare, .init(), method: .sigmoid, folds: 2)
      }.contains("the label 'z' occurs once"))
  }

  @Test func whatIsNoModelIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/m.cml"
      let examples = Self.mixed()
      let predictor = try Predictor.fit(try ModelSpecification(.tree), examples, .init())
      try ClassicalModel(
        schema: examples.schema, predictor: predictor, specification: "tree", rowCount: 90
      ).write(to: path)
      let whole = try contents(path)
      func refusal(_ bytes: [UInt8]) throws -> String {
        try AtomicFile.write(bytes, to: path)
        return message { _ = try ClassicalModel(path: path) }
      }
      for length in [0, 7, 40, whole.count / 2, whole.count - 1] {
        let text = try refusal(Array(whole.prefix(length)))
        #expect(!text.isEmpty && !text.contains("\n"))
      }
      #expect(try refusal(Array(whole.dropLast())).contains("cut short?"))
      var other = whole
      other[8] = 2
      #expect(
        try refusal(other).contains(
          "has version 2 of a model of danlu classify; this program reads 1"))
      var damaged = whole
      damaged[whole.count - 3] ^= 1
      #expect(try refusal(damaged).contains("checksum"))
      #expect(try refusal(Array("a,b\n1,2\n".utf8)).contains("is not a model of danlu classify"))
    }
  }

  /// Parts that do not fit together are refused even where every checksum is right.
  @Test func partsSurviveFuzz() throws {
    let examples = Self.mixed(30)
    let random = try ["svm", "forest(trees=2)", "neighbors", "mixed-bayes"].map {
      var writer = ModelWriter()
      try Predictor.fit(try ModelSpecification(parsing: $0), examples, .init()).write(to: &writer)
      return writer.bytes
    }
    var stream = RandomStream(seed: 3)
    var refused = 0
    for round in 0..<fuzzInputCount(2000) {
      var bytes = random[round % random.count]
      mutate(&bytes, &stream)
      let predictor: Predictor? = bytes.withUnsafeBytes {
        var reader = ModelReader($0, path: "fuzz")
        return try? Predictor(from: &reader, examples.schema)
      }
      if let predictor { _ = predictor.values(examples.frame) } else { refused += 1 }
    }
    #expect(refused > 200)
  }

  @Test func wrongSpecificationsAreExplained() {
    for (text, problem) in [
      ("forrest", "did you mean 'forest'?"), ("svm(C=x)", "'x' where a number"),
      ("svm(D=1)", "svm has the settings C"), ("svm(C=-1)", "from"),
      ("svm(C=1", "closing parenthesis"),
      ("stacking(svm)", "at least two models"), ("tree(depth=1.5)", "a whole number"),
      ("svm)", "ends before ')'"), ("svm(tree)", "svm has none"),
    ] {
      #expect(message { _ = try ModelSpecification(parsing: text) }.contains(problem))
    }
  }

  @Test func modelsSayWhatTheyCannotLearn() throws {
    let numbers = Self.mixed(30, isRegression: true)
    #expect(
      message { _ = try Predictor.fit(try ModelSpecification(.svm), numbers, .init()) }
        .contains("svm learns classes; for numbers there are ridge"))
    #expect(
      message { _ = try Predictor.fit(try ModelSpecification(.ridge), Self.mixed(30), .init()) }
        .contains("ridge learns numbers"))
  }
}

extension ModelKind {
  fileprivate static var svm: ModelKind { .supportVectors }
}
