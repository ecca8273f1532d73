import Messages

/// How well classes were predicted.
public struct ClassificationScores: Sendable {
  public let classes: [String]
  /// Row by true class, column by predicted class.
  public let confusion: [[Int]]
  public let accuracy: Double
  /// NaN for a class that was never predicted, or never there.
  public let precision, recall, f1: [Double]
  /// The mean of the classes that occur.
  public let macroF1: Double
  /// −mean ln of the right class's probability, clipped at 10⁻¹⁵.
  public let logLoss: Double
  /// Mean squared distance between probabilities and truth (Brier 1950), over all classes.
  public let brier: Double
  /// For each class the area under its ROC curve against the others; NaN where one side is empty.
  public let areas: [Double]

  /// `probabilities` are rows × classes.
  public init(_ probabilities: [Double], _ truth: [Int32], classes: [String]) {
    let count = classes.count
    require(
      probabilities.count == truth.count * count,
      "ClassificationScores expected \(truth.count) × \(count) values, received "
        + "\(probabilities.count)")
    self.classes = classes
    let found = Predictor.best(probabilities, count)
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    var (loss, brier) = (0.0, 0.0)
    for row in truth.indices {
      let right = Int(truth[row])
      confusion[right][Int(found[row])] += 1
      loss -= Numeric.logarithm(max(1e-15, probabilities[row * count + right]))
      for c in 0..<count {
        let error = probabilities[row * count + c] - (c == right ? 1 : 0)
        brier += error * error
      }
    }
    self.confusion = confusion
    let rows = Double(max(1, truth.count))
    accuracy = Double((0..<count).reduce(0) { $0 + confusion[$1][$1] }) / rows
    logLoss = loss / rows
    self.brier = brier / rows
    let predicted = (0..<count).map { c in confusion.reduce(0) { $0 + $1[c] } }
    let present = confusion.map { $0.reduce(0, +) }
    func share(_ c: Int, _ all: Int) -> Double {
      all == 0 ? .nan : Double(confusion[c][c]) / Double(all)
    }
    precision = (0..<count).map { share($0, predicted[$0]) }
    recall = (0..<count).map { share($0, present[$0]) }
    let f1 = (0..<count).map { c in
      let all = predicted[c] + present[c]
      return all == 0 ? .nan : 2 * Double(confusion[c][c]) / Double(all)
    }
    self.f1 = f1
    let counted = f1.indices.filter { present[$0] > 0 }.map { f1[$0] }
    macroF1 = counted.reduce(0, +) / Double(max(1, counted.count))
    areas = (0..<count).map { c in
      ROCCurve(
        scores: truth.indices.map { probabilities[$0 * count + c] },
        isPositive: truth.map { $0 == c }
      ).area
    }
  }

  /// The mean of the classes' areas that exist; of two classes both have the same.
  public var area: Double {
    let known = areas.filter { !$0.isNaN }
    return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
  }
}

/// Who is found at which price, threshold by threshold.
public struct ROCCurve: Sendable {
  /// Shares of the negatives and of the positives above a threshold, from none to all.
  public let falsePositives, truePositives: [Double]
  /// The chance that a positive scores higher than a negative, ties half.
  public let area: Double

  public init(scores: [Double], isPositive: [Bool]) {
    let positives = Double(isPositive.count { $0 })
    let negatives = Double(isPositive.count) - positives
    guard positives > 0, negatives > 0 else {
      (falsePositives, truePositives, area) = ([], [], .nan)
      return
    }
    var (x, y) = ([0.0], [0.0])
    var (wrong, right, area) = (0.0, 0.0, 0.0)
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var index = 0
    while index < order.count {
      let value = scores[order[index]]
      let (wrongBefore, rightBefore) = (wrong, right)
      while index < order.count, scores[order[index]] == value {
        if isPositive[order[index]] { right += 1 } else { wrong += 1 }
        index += 1
      }
      area += (wrong - wrongBefore) * (right + rightBefore) / 2
      x.append(wrong / negatives)
      y.append(right / positives)
    }
    (falsePositives, truePositives) = (x, y)
    self.area = area / (positives * negatives)
  }
}

/// How well numbers were predicted.
public struct RegressionScores: Sendable {
  public let rootMeanSquare, meanAbsolute: Double
  /// The share of the variance that is explained.
  public let explained: Double

  public init(_ values: [Double], _ truth: [Double]) {
    require(
      values.count == truth.count,
      "RegressionScores expected \(truth.count) values, received \(values.count)")
    let count = Double(max(1, truth.count))
    let mean = truth.reduce(0, +) / count
    var (square, absolute, total) = (0.0, 0.0, 0.0)
    for (value, right) in zip(values, truth) {
      square += (value - right) * (value - right)
      absolute += abs(value - right)
      total += (right - mean) * (right - mean)
    }
    rootMeanSquare = (square / count).squareRoot()
    meanAbsolute = absolute / count
    explained = total > 0 ? 1 - square / total : .nan
  }
}

/// How well a model did, whichever of the two it learns.
public enum Scores: Sendable {
  case classes(ClassificationScores)
  case numbers(RegressionScores)

  /// `values` as predictors give them.
  public init(_ values: [Double], _ targets: Targets, _ schema: Schema) {
    switch targets {
    case .classes(let truth, _):
      self = .classes(ClassificationScores(values, truth, classes: schema.classes))
    case .numbers(let truth): self = .numbers(RegressionScores(values, truth))
    }
  }

  /// Accuracy, or the negative root of the mean squared error: more is better.
  public var main: Double {
    switch self {
    case .classes(let scores): scores.accuracy
    case .numbers(let scores): -scores.rootMeanSquare
    }
  }

  /// Main score, without its sign, and what it is called.
  public var shown: (name: String, value: Double) {
    switch self {
    case .classes(let scores): ("accuracy", scores.accuracy)
    case .numbers(let scores): ("RMSE", scores.rootMeanSquare)
    }
  }
}
