import Messages

/// The models that follow each other, each more general than the one before, as far as a file allows.
public enum ModelChain {
  /// - Parameter hasNetwork: Whether a network can be trained.
  /// - Returns: The models, and in `left` a sentence about those that were left out; empty if none was.
  public static func specifications(
    for examples: Examples, hasNetwork: Bool = false
  ) throws -> (models: [ModelSpecification], left: String) {
    let kinds = examples.schema.columns.map(\.kind)
    let isText = kinds.contains(.text)
    let isSparse = kinds.contains { if case .sparse = $0 { true } else { false } }
    var boosting: [ModelSpecification] = []
    let network = hasNetwork ? [try ModelSpecification(.network)] : []
    var left = ""
    do {
      _ = try LightGBM.open()
      boosting = [try ModelSpecification(.boosting)]
    } catch let error as InputError {
      left = "left out boosting: \(error.problem)"
    }
    if examples.schema.isRegression {
      let trees = [try ModelSpecification(.forest)] + boosting
      let members = [try ModelSpecification(.ridge)] + trees
      return (
        [
          try ModelSpecification(.ridge), try ModelSpecification(.neighbors),
          try ModelSpecification(.tree),
        ]
          + network + trees + [try ModelSpecification(.average, members: members)]
          + [try ModelSpecification(.stacking, members: members)], left
      )
    }
    if isText || isSparse {
      let bayes = try ModelSpecification(
        isSparse ? .logistic : .complementBayes, isSparse ? [:] : ["alpha": 0.3])
      let linear = [
        try ModelSpecification(.logistic, ["C": 10]),
        try ModelSpecification(.supportVectors, ["C": 0.5]),
      ]
      let first: [ModelSpecification] =
        isSparse ? [] : [try ModelSpecification(.naiveBayes, ["alpha": 0.1]), bayes]
      let members = isSparse ? linear : [bayes] + linear
      return (
        first + linear + [try ModelSpecification(.stochastic)] + network
          + [try ModelSpecification(.average, members: members)]
          + [try ModelSpecification(.stacking, members: members)],
        ""
      )
    }
    let trees = [try ModelSpecification(.forest)] + boosting
    let members = [try ModelSpecification(.softmax)] + trees
    return (
      [
        try ModelSpecification(.mixedBayes), try ModelSpecification(.gaussianBayes),
        try ModelSpecification(.softmax), try ModelSpecification(.supportVectors),
        try ModelSpecification(.neighbors), try ModelSpecification(.tree),
        try ModelSpecification(.bagging, members: [try ModelSpecification(.tree)]),
      ] + network + trees + [try ModelSpecification(.average, members: members)]
        + [try ModelSpecification(.stacking, members: members)], left
    )
  }
}
