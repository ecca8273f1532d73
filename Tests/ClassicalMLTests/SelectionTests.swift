import Formats
import Messages
import Parallel
import TestSupport
import Testing

@testable import ClassicalML

@Suite struct SelectionTests {
  @Test func foldsShareEveryClass() throws {
    let classes: [Int32] = (0..<50).map { $0 < 10 ? 1 : 0 }
    let folds = try Folds(stratified: .classes(classes, count: 2), count: 5, seed: 1)
    for fold in 0..<5 {
      let (training, test) = folds.rows(fold)
      #expect(test.count == 10 && training.count == 40)
      #expect(test.count { classes[$0] == 1 } == 2)
      #expect(Set(training + test).count == 50)
    }
    #expect(throws: InputError.self) { try Folds(byPlace: 3, count: 4) }
  }

  @Test func scoresAreScikitLearns() throws {
    let golden = try Golden()
    let labels = try golden.labels()
    let values = try golden.numbers("gaussian")
    let scores = ClassificationScores(values, labels, classes: ["a", "b", "c"])
    let expected = try #require(golden.json["scores"])
    expectClose([scores.logLoss], [expected["logLoss"]?.doubleValue ?? .nan], 1e-9)
    expectClose([scores.macroF1], [expected["macroF1"]?.doubleValue ?? .nan], 1e-9)
    expectClose([scores.brier], [expected["brier"]?.doubleValue ?? .nan], 1e-9)
    expectClose(
      scores.areas, (expected["areas"]?.arrayValue ?? []).compactMap(\.doubleValue), 1e-9)
    #expect(scores.confusion.flatMap { $0 }.reduce(0, +) == 60)
  }

  @Test func isotonicStepsAreScikitLearns() throws {
    let golden = try Golden()
    let labels = try golden.labels()
    let values = try golden.numbers("gaussian")
    let calibration = Calibration.learn(values, labels, classCount: 3, .isotonic)
    let places = (0...20).map { Double($0) / 20 }
    expectClose(
      places.map { calibration.maps[1]($0) }, try golden.numbers("isotonic"), 1e-6)
  }

  @Test func calibrationLowersTheLoss() throws {
    let examples = ModelFileTests.mixed(240)
    let folds = try Folds(stratified: examples.targets, count: 2, seed: 4)
    let (training, test) = folds.rows(0)
    let specification = try ModelSpecification(.naiveBayes, ["alpha": 1e-6])
    let judged = examples.rows(test)
    func loss(_ predictor: Predictor) -> Double {
      guard
        case .classes(let scores) = Scores(
          predictor.values(judged.frame), judged.targets, judged.schema)
      else { return .nan }
      return scores.logLoss
    }
    let plain = try Predictor.fit(specification, examples.rows(training), .init())
    let better = try Predictor.fitCalibrated(
      specification, examples.rows(training), .init(), method: .sigmoid)
    #expect(loss(better) < loss(plain))
  }

  @Test func searchesFindWhatIsThere() throws {
    let examples = ModelFileTests.mixed(120)
    let folds = try Folds(stratified: examples.targets, count: 3, seed: 4)
    let search = SettingSearch([
      (name: "depth", values: .list([1, 4])), (name: "leaf", values: .list([1, 3])),
    ])
    let trials = try search.run(try ModelSpecification(.tree), examples, folds, .init())
    #expect(trials.count == 4)
    #expect(trials[0].result.scores.main >= trials[3].result.scores.main)
    #expect(trials[0].settings.first { $0.name == "depth" }?.value == 4)
    let drawn = SettingSearch([(name: "C", values: .range(0.01...100))], draws: 20)
    let candidates = try drawn.candidates(for: .logistic).map { $0[0].value }
    #expect(candidates.allSatisfy { 0.01...100 ~= $0 })
    // By the logarithm, half of them lie below 1.
    #expect(candidates.count { $0 < 1 } >= 5 && candidates.count { $0 > 1 } >= 5)
    #expect(throws: OptionError.self) {
      try SettingSearch([(name: "C", values: .range(1...2))]).candidates(for: .logistic)
    }
  }

  @Test func permutingAColumnThatMattersHurts() throws {
    let examples = ModelFileTests.mixed(120)
    let predictor = try Predictor.fit(try ModelSpecification(.softmax), examples, .init())
    let found = try PermutationImportance.measure(predictor, examples)
    #expect(found.map(\.column) == ["age", "job", "day", "text"])
    #expect(found[0].loss > 0.02 && found[0].loss > found[2].loss)
  }

  @Test func moreRowsTeachMore() throws {
    let examples = ModelFileTests.mixed(300)
    let curve = try LearningCurve(try ModelSpecification(.softmax), examples, .init())
    // Of the smallest part, 7 rows, all happen to be of one class: nothing to learn.
    #expect(curve.points.map(\.rowCount) == [15, 30, 60, 120, 240])
    #expect(curve.points[4].test > curve.points[0].test)
  }

  /// A mixture of a model that knows and one that guesses leans on the one that knows.
  @Test func stackingTrustsWhoKnows() {
    let classes: [Int32] = (0..<200).map { Int32($0 % 2) }
    let knows = classes.flatMap { $0 == 0 ? [0.9, 0.1] : [0.1, 0.9] }
    let guesses = classes.flatMap { _ in [0.5, 0.5] }
    let weights = MemberWeights.learn([knows, guesses], .classes(classes, count: 2))
    #expect(weights[0] > 0.9 && abs(weights[0] + weights[1] - 1) < 1e-12)
    let truth = (0..<50).map { Double($0 * $0 % 17) }
    let noisy = truth.enumerated().map { $1 + Double($0 % 3) - 1 }
    let numbers = MemberWeights.learn([noisy, truth], .numbers(truth))
    #expect(numbers[1] > 0.99)
  }
}

@Suite(
  .enabled(
    if: (try? LightGBM.open()) != nil, "LightGBM is not installed; 'pip install lightgbm' gets it"))
struct BoostingTests {
  @Test func treesAreGrownAndReadBack() throws {
    let examples = ModelFileTests.mixed(300)
    let predictor = try Predictor.fit(
      try ModelSpecification(.boosting, ["rounds": 10]), examples, .init())
    guard case .boosted(_, let trees) = predictor else { return #expect(Bool(false)) }
    #expect(trees.treeCount == 30)
    #expect(try BoostedTrees(text: trees.text).treeCount == 30)
    guard
      case .classes(let scores) = Scores(
        predictor.values(examples.frame), examples.targets, examples.schema)
    else { return #expect(Bool(false)) }
    #expect(scores.accuracy > 0.75)
    #expect(throws: InputError.self) {
      try BoostedTrees(text: String(trees.text.dropLast(trees.text.count / 2)))
    }
  }
}
