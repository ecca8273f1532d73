import Messages

/// What speaks for what: the parts of a model that can be read.
public struct FeatureWeights: Sendable {
  /// A class, or empty where the weights belong to no class.
  public let group: String
  /// The strongest first.
  public let features: [(name: String, weight: Double)]

  /// Linear models: for each class the columns that raise its score most above the other classes'. Trees:
  /// each column's share in what they gained. Mixtures: those of their strongest member that has any.
  ///
  /// Throws `InputError` for models that have no such parts.
  public static func read(
    _ predictor: Predictor, _ schema: Schema, limit: Int
  ) throws(InputError) -> [FeatureWeights] {
    switch predictor {
    case .linear(let encoder, let model): return linear(encoder, model, schema, limit)
    case .forest(let encoder, let model):
      return [shares(encoder.featureNames(schema), model.importances, limit)]
    case .boosted(let encoder, let model):
      let names = encoder.featureNames(schema)
      let counts = model.splitCounts(columnCount: names.count).map(Double.init)
      let total = max(1, counts.reduce(0, +))
      return [shares(names, counts.map { $0 / total }, limit)]
    case .calibrated(let model, _): return try read(model, schema, limit: limit)
    case .average(let members, let weights):
      let order = members.indices.sorted { weights[$0] > weights[$1] }
      for index in order {
        if let found = try? read(members[index], schema, limit: limit) { return found }
      }
      throw InputError("no member of the ensemble has weights to show")
    case .mixedBayes, .neighbors, .network:
      throw InputError(
        "this model has no weights to show; what its columns are worth is found by permuting them")
    }
  }

  private static func linear(
    _ encoder: SparseEncoder, _ model: LinearModel, _ schema: Schema, _ limit: Int
  ) -> [FeatureWeights] {
    let names = encoder.featureNames(schema)
    let count = model.classCount
    let groups = schema.isRegression ? [""] : schema.classes
    return groups.indices.map { c in
      let weights = (0..<model.columnCount).map { column -> Double in
        let part = model.weights[column * count..<(column + 1) * count]
        let mean = count > 1 ? part.reduce(0, +) / Float(count) : 0
        return Double(model.weights[column * count + c] - mean)
      }
      // Where there are no classes a strong weight may have either sign.
      let order = weights.indices.sorted {
        schema.isRegression
          ? abs(weights[$0]) > abs(weights[$1]) : weights[$0] > weights[$1]
      }
      return FeatureWeights(
        group: groups[c], features: order.prefix(limit).map { (names[$0], weights[$0]) })
    }
  }

  private static func shares(
    _ names: [String], _ shares: [Double], _ limit: Int
  ) -> FeatureWeights {
    let order = shares.indices.sorted { shares[$0] > shares[$1] }
    return FeatureWeights(
      group: "", features: order.prefix(limit).map { (names[$0], shares[$0]) })
  }
}
