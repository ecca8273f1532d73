import Parallel

/// Trees whose answers are averaged: one decision tree, or a random forest (Breiman 2001), each tree of
/// which is grown on a bootstrap of the rows and tries √columns at each node (all of them for numbers).
public struct Forest: Sendable {
  public struct Options: Sendable, Equatable {
    public var treeCount = 100
    public var tree = TreeOptions()
    public var usesBootstrap = true
    public var threads = 1
    public var seed: UInt64 = 0

    public init() {}

    /// One tree that sees every row and every column.
    public static func singleTree(depthLimit: Int? = nil, leafWeight: Double = 1) -> Options {
      var options = Options()
      options.treeCount = 1
      options.usesBootstrap = false
      options.tree.depthLimit = depthLimit
      options.tree.leafWeight = leafWeight
      return options
    }
  }

  public let trees: [DecisionTree]
  /// Classes, or 1 for numbers.
  let width: Int
  let bits: [[UInt8]]
  /// The columns' shares in what the trees gained.
  public let importances: [Double]

  /// The same for any number of threads: tree i has random stream i.
  public static func fit(
    _ matrix: ColumnMatrix, _ targets: Targets, weights: [Double]? = nil, _ options: Options,
    work: Work = .silent
  ) throws -> Forest {
    let bits = PreparedColumns.bits(learntFrom: matrix)
    let coded = CodedColumns(PreparedColumns(matrix, bits: bits))
    var tree = options.tree
    var width = 1
    if case .classes(_, let count) = targets { width = count }
    if options.treeCount > 1, tree.triedColumns == nil, case .classes = targets {
      tree.triedColumns = max(1, Int(Double(matrix.columns.count).squareRoot()))
    }
    let chosen = tree
    let grown = try work.phase("growing trees", of: options.treeCount, unit: "trees") { phase in
      try parallelMap(count: options.treeCount, threads: options.threads) { index in
        var random = RandomStream(seed: options.seed, stream: UInt64(index))
        var rowWeights = weights ?? [Double](repeating: 1, count: matrix.rowCount)
        if options.usesBootstrap {
          var counts = [Double](repeating: 0, count: matrix.rowCount)
          for _ in 0..<matrix.rowCount { counts[random.below(matrix.rowCount)] += 1 }
          for row in rowWeights.indices { rowWeights[row] *= counts[row] }
        }
        var growth = TreeGrowth(coded, targets, weights: rowWeights, chosen, random: random)
        let tree = growth.grow()
        try phase.advance()
        return (tree, growth.gains)
      }
    }
    var gains = [Double](repeating: 0, count: matrix.columns.count)
    for (_, own) in grown { for index in gains.indices { gains[index] += own[index] } }
    let total = gains.reduce(0, +)
    return Forest(
      trees: grown.map(\.0), width: width, bits: bits,
      importances: total > 0 ? gains.map { $0 / total } : gains)
  }

  /// Rows × classes: the mean of the trees' shares; or one mean for each row.
  public func values(_ matrix: ColumnMatrix) -> [Double] {
    let prepared = PreparedColumns(matrix, bits: bits)
    var result = [Double](repeating: 0, count: matrix.rowCount * width)
    let share = 1 / Double(trees.count)
    for tree in trees {
      for row in 0..<matrix.rowCount {
        let leaf = tree.leaf(prepared, row)
        for c in 0..<width { result[row * width + c] += share * Double(tree.values[leaf + c]) }
      }
    }
    return result
  }
}
