import Formats
import Messages
import Parallel
import TestSupport
import Testing

@testable import ClassicalML

/// Every model against scikit-learn on the same 60 rows.
@Suite struct ModelTests {
  @Test func naiveBayesIsScikitLearns() throws {
    let golden = try Golden()
    let (columns, _, labels) = try golden.dense()
    let counts = try golden.counts()
    let present = SparseMatrix(
      columnCount: 6, starts: counts.starts, columns: counts.columns,
      values: counts.values.map { _ in 1 })
    func fitted(_ kind: NaiveBayes.Kind) throws -> LinearModel {
      try NaiveBayes(kind, smoothing: 0.7).fit(counts, labels, classCount: 3)
    }
    expectClose(
      try fitted(.multinomial).probabilities(counts), try golden.numbers("multinomial"), 1e-5)
    expectClose(
      try fitted(.bernoulli).probabilities(present), try golden.numbers("bernoulli"), 1e-5)
    expectClose(
      try fitted(.complement).scores(counts), try golden.numbers("complement"), 1e-4)
    let gaussian = MixedNaiveBayes.fit(columns, labels, classCount: 3, usesBins: false)
    expectClose(gaussian.probabilities(columns), try golden.numbers("gaussian"), 1e-7)
  }

  /// ln P(class) + Σ count · ln P(column | class), by hand.
  @Test func naiveBayesIsTheCounts() throws {
    let rows = Golden.sparse([[2, 0], [1, 1], [0, 3]])
    let model = try NaiveBayes(smoothing: 1).fit(rows, [0, 0, 1], classCount: 2)
    let expected: [Double] = [4.0 / 6, 2.0 / 6, 1.0 / 5, 4.0 / 5].map(Numeric.logarithm)
    expectClose(
      [0, 2, 1, 3].map { Double(model.weights[$0]) }, expected, 1e-6)
    expectClose(model.biases, [2.0 / 3, 1.0 / 3].map(Numeric.logarithm), 1e-12)
    #expect(throws: InputError.self) {
      try NaiveBayes().fit(Golden.sparse([[-1, 0]]), [0], classCount: 2)
    }
  }

  @Test func logisticRegressionIsScikitLearns() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    var regression = LogisticRegression(cost: 2)
    regression.isSoftmax = true
    regression.tolerance = 1e-7
    expectClose(
      try regression.fit(rows, labels, classCount: 3).probabilities(rows),
      try golden.numbers("softmax"), 1e-4)
    regression.cost = 0.5
    regression.absoluteShare = 0.4
    let sparse = try regression.fit(rows, labels, classCount: 3)
    expectClose(sparse.probabilities(rows), try golden.numbers("elastic"), 1e-3)
    var dual = LogisticRegression(cost: 3)
    dual.tolerance = 1e-8
    expectClose(
      try dual.fit(rows, labels.map { $0 > 0 ? 1 : 0 }, classCount: 2).scores(rows).map {
        Numeric.sigmoid($0)
      }, try golden.numbers("logistic"), 1e-4)
  }

  /// OWL-QN sets weights to exactly 0, more of them the more L1 there is.
  @Test func absolutePenaltyMakesWeightsVanish() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    var regression = LogisticRegression(cost: 0.15)
    regression.isSoftmax = true
    #expect(try regression.fit(rows, labels, classCount: 3).weights.allSatisfy { $0 != 0 })
    regression.absoluteShare = 1
    let zeros = try regression.fit(rows, labels, classCount: 3).weights.count { $0 == 0 }
    #expect(zeros >= 3 && zeros < 12)
  }

  @Test func theGradientIsTheDerivative() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    let objective = SoftmaxObjective(
      rows: rows, classes: labels, classCount: 3, weights: labels.map { 1 + Double($0) }, cost: 0.3,
      squareShare: 0.7)
    var random = RandomStream(seed: 5)
    let point = (0..<15).map { _ in random.normal() }
    var gradient = [Double](repeating: 0, count: 15)
    _ = objective.value(point, &gradient)
    var unused = gradient
    for index in point.indices {
      var (low, high) = (point, point)
      low[index] -= 1e-5
      high[index] += 1e-5
      let slope = (objective.value(high, &unused) - objective.value(low, &unused)) / 2e-5
      #expect(abs(slope - gradient[index]) < 1e-6)
    }
  }

  @Test func supportVectorsAreLiblinears() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    var machine = LinearSupportVectors(cost: 0.5)
    machine.tolerance = 1e-9
    let model = try machine.fit(rows, labels.map { $0 > 0 ? 1 : 0 }, classCount: 2)
    let scores = model.scores(rows)
    expectClose(
      stride(from: 1, to: scores.count, by: 2).map { scores[$0] }, try golden.numbers("svm"),
      1e-5)
  }

  @Test func weightsOfRowsAreRepetitions() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    let binary = labels.map { $0 > 0 ? Int32(1) : 0 }
    let twice = rows.rows(Array(0..<60) + Array(0..<20))
    let weights = (0..<60).map { $0 < 20 ? 2.0 : 1.0 }
    var machine = LinearSupportVectors(cost: 0.5)
    machine.tolerance = 1e-9
    let a = try machine.fit(rows, binary, classCount: 2, weights: weights)
    let b = try machine.fit(twice, binary + binary.prefix(20), classCount: 2)
    expectClose(a.scores(rows), b.scores(rows), 1e-4)
  }

  @Test func stochasticGradientsComeNear() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    var descent = StochasticGradient()
    descent.penalty = 1e-2
    descent.passes = 200
    descent.loss = .logistic
    let model = try descent.fit(rows, labels, classCount: 3)
    let right = zip(Predictor.best(model.scores(rows), 3), labels).count { $0 == $1 }
    let best = zip(Predictor.best(try golden.numbers("softmax"), 3), labels).count { $0 == $1 }
    #expect(right >= best - 2)
  }

  @Test func neighborsAreScikitLearns() throws {
    let golden = try Golden()
    let (_, rows, labels) = try golden.dense()
    let plain = NearestNeighbors(rows, .classes(labels, count: 3), neighborCount: 4)
    expectClose(plain.values(rows), try golden.numbers("neighbors"), 1e-9)
    let part = rows.rows(Array(0..<50))
    let weighted = NearestNeighbors(
      part, .classes(Array(labels.prefix(50)), count: 3), neighborCount: 4, isWeighted: true)
    expectClose(weighted.values(part), try golden.numbers("neighborsWeighted"), 1e-6)
  }

  @Test func treesAreScikitLearns() throws {
    let golden = try Golden()
    let (columns, _, labels) = try golden.dense()
    let tree = try Forest.fit(
      columns, .classes(labels, count: 3), .singleTree(depthLimit: 3, leafWeight: 4))
    expectClose(tree.values(columns), try golden.numbers("tree"), 1e-6)
    let numbers = try golden.numbers("numbers")
    let other = try Forest.fit(columns, .numbers(numbers), .singleTree(depthLimit: 3))
    expectClose(other.values(columns), try golden.numbers("treeNumbers"), 1e-5)
    #expect(other.trees[0].depth == 3)
  }

  @Test func leastSquaresAreScikitLearns() throws {
    let golden = try Golden()
    let (_, rows, _) = try golden.dense()
    var ridge = RidgeRegression()
    ridge.penalty = 1.5
    expectClose(
      ridge.fit(rows, try golden.numbers("numbers")).scores(rows), try golden.numbers("ridge"),
      1e-4)
  }

  /// The best division of the categories a, c against b: no threshold between numbers finds it.
  @Test func treesDivideCategories() throws {
    let columns = ColumnMatrix(
      [ColumnMatrix.Column(values: [0, 1, 2, 0, 1, 2, .nan], categoryCount: 3)], rowCount: 7)
    let tree = try Forest.fit(
      columns, .classes([1, 0, 1, 1, 0, 1, 0], count: 2), .singleTree())
    #expect(tree.trees[0].leafCount == 2)
    expectClose(
      tree.values(columns), [0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0], 1e-9)
  }

  @Test func forestsDoNotDependOnThreads() throws {
    let golden = try Golden()
    let (columns, _, labels) = try golden.dense()
    var options = Forest.Options()
    options.treeCount = 12
    options.seed = 3
    let one = try Forest.fit(columns, .classes(labels, count: 3), options)
    options.threads = 3
    let three = try Forest.fit(columns, .classes(labels, count: 3), options)
    #expect(one.values(columns) == three.values(columns))
    options.seed = 4
    let other = try Forest.fit(columns, .classes(labels, count: 3), options)
    #expect(one.values(columns) != other.values(columns))
    // x₀ parts the classes most, x₃ not at all.
    #expect(one.importances[0] > one.importances[3])
  }
}
