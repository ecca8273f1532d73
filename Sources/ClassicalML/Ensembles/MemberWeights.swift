/// The weights of a mixture of models.
enum MemberWeights {
  /// For classes the mixture of greatest likelihood, by EM, which is concave; for numbers the weights from 0
  /// up of least squared error. They sum to 1.
  static func learn(_ members: [[Double]], _ targets: Targets) -> [Double] {
    switch targets {
    case .classes(let classes, let count): likeliest(members, classes, count)
    case .numbers(let values): leastSquares(members, values)
    }
  }

  private static func likeliest(
    _ members: [[Double]], _ classes: [Int32], _ classCount: Int
  ) -> [Double] {
    // No model is ever so sure that a mixture could not hold another.
    let shares = members.map { member in
      classes.indices.map { max(1e-3, member[$0 * classCount + Int(classes[$0])]) }
    }
    // As if each member had explained some rows alone: few rows do not rule a member out.
    let prior = 10.0
    var weights = members.map { _ in 1 / Double(members.count) }
    for _ in 0..<200 {
      var next = [Double](repeating: 0, count: members.count)
      for row in classes.indices {
        var total = 0.0
        for index in members.indices { total += weights[index] * shares[index][row] }
        for index in members.indices { next[index] += weights[index] * shares[index][row] / total }
      }
      let total = Double(classes.count) + prior * Double(members.count)
      weights = next.map { ($0 + prior) / total }
    }
    return weights
  }

  /// Coordinate descent over pairs of members, each exchange of weight exact.
  private static func leastSquares(_ members: [[Double]], _ values: [Double]) -> [Double] {
    var weights = members.map { _ in 1 / Double(members.count) }
    var mixture = values.indices.map { row in
      members.reduce(0) { $0 + $1[row] } / Double(members.count)
    }
    for _ in 0..<100 {
      for a in members.indices {
        for b in members.indices where b > a {
          var (product, square) = (0.0, 0.0)
          for row in values.indices {
            let difference = members[a][row] - members[b][row]
            product += difference * (values[row] - mixture[row])
            square += difference * difference
          }
          guard square > 0 else { continue }
          let moved = min(max(product / square, -weights[a]), weights[b])
          weights[a] += moved
          weights[b] -= moved
          for row in values.indices { mixture[row] += moved * (members[a][row] - members[b][row]) }
        }
      }
    }
    return weights
  }
}
