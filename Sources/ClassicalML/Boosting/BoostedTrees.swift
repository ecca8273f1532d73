import Foundation
import Messages

/// Trees that LightGBM has grown, read from its own text form: prediction needs no library.
///
/// A row's score is the sum of one leaf of each tree, in their order and in double precision, as the library
/// itself adds them up.
public struct BoostedTrees: Sendable {
  /// The library's text form, as it was saved.
  public let text: String
  let classCount: Int
  private let trees: [Tree]
  private let objective: Objective

  enum Objective: Sendable, Equatable {
    case binary(slope: Double)
    case multiclass, regression
  }

  private struct Tree: Sendable {
    var columns: [Int32] = []
    var thresholds: [Double] = []
    var decisions: [UInt8] = []
    var left: [Int32] = []
    var right: [Int32] = []
    var leaves: [Double] = []
    var categoryBounds: [Int] = []
    var categoryBits: [UInt32] = []

    func value(_ matrix: ColumnMatrix, _ row: Int) -> Double {
      guard !columns.isEmpty else { return leaves[0] }
      var node = 0
      while true {
        let value = matrix.columns[Int(columns[node])].values[row]
        let goesLeft =
          decisions[node] & 1 == 1 ? isMember(value, node) : isLow(value, node)
        let next = goesLeft ? left[node] : right[node]
        if next < 0 { return leaves[Int(~next)] }
        node = Int(next)
      }
    }

    /// Bits 2 and 3 of a decision: missing values are none (0), zeros (1), NaN (2); bit 1: they go left.
    private func isLow(_ given: Double, _ node: Int) -> Bool {
      let missing = decisions[node] >> 2 & 3
      var value = given
      if value.isNaN, missing != 2 { value = 0 }
      if missing == 1 && abs(value) <= 1e-35 || missing == 2 && value.isNaN {
        return decisions[node] & 2 != 0
      }
      return value <= thresholds[node]
    }

    private func isMember(_ value: Double, _ node: Int) -> Bool {
      guard !value.isNaN, value >= 0 else { return false }
      let place = Int(thresholds[node])
      let words = categoryBits[categoryBounds[place]..<categoryBounds[place + 1]]
      let category = Int(value)
      guard category / 32 < words.count else { return false }
      return words[words.startIndex + category / 32] >> UInt32(category % 32) & 1 == 1
    }
  }

  /// Throws `InputError` for a text that is no model of LightGBM, or one of a kind that is not read here.
  public init(text: String) throws {
    self.text = text
    var header: [String: String] = [:]
    var trees: [Tree] = []
    var fields: [String: String] = [:]
    var isInTree = false
    func finish() throws {
      if isInTree { trees.append(try Self.tree(fields)) }
      fields.removeAll()
    }
    for line in text.split(separator: "\n") {
      if line.hasPrefix("Tree=") {
        try finish()
        isInTree = true
      } else if line == "end of trees" {
        try finish()
        isInTree = false
        break
      } else if let equals = line.firstIndex(of: "=") {
        let (name, value) = (String(line[..<equals]), String(line[line.index(after: equals)...]))
        if isInTree { fields[name] = value } else { header[name] = value }
      }
    }
    guard !isInTree, let objective = header["objective"]?.split(separator: " "),
      let count = header["num_tree_per_iteration"].flatMap({ Int($0) }), count > 0
    else { throw InputError("the boosted trees are damaged") }
    switch objective.first {
    case "binary":
      let slope = objective.first { $0.hasPrefix("sigmoid:") }?.dropFirst(8)
      self.objective = .binary(slope: slope.flatMap { Double($0) } ?? 1)
      classCount = 2
    case "multiclass":
      self.objective = .multiclass
      classCount = count
    case "regression":
      self.objective = .regression
      classCount = 1
    default:
      throw InputError("boosted trees of the objective '\(objective.first ?? "")' are not read")
    }
    self.trees = trees
  }

  private static func tree(_ fields: [String: String]) throws -> Tree {
    func values<Value: LosslessStringConvertible>(_ name: String) -> [Value] {
      fields[name]?.split(separator: " ").compactMap { Value(String($0)) } ?? []
    }
    var tree = Tree()
    tree.columns = values("split_feature")
    tree.thresholds = values("threshold")
    tree.decisions = values("decision_type")
    tree.left = values("left_child")
    tree.right = values("right_child")
    tree.leaves = values("leaf_value")
    tree.categoryBounds = values("cat_boundaries")
    tree.categoryBits = values("cat_threshold")
    let count = tree.columns.count
    guard tree.leaves.count == count + 1, tree.thresholds.count == count,
      tree.decisions.count == count, tree.left.count == count, tree.right.count == count,
      (tree.left + tree.right).allSatisfy({ $0 < count && Int(~$0) <= count }),
      tree.columns.allSatisfy({ $0 >= 0 }),
      tree.categoryBounds.allSatisfy({ 0...tree.categoryBits.count ~= $0 }),
      zip(tree.decisions, tree.thresholds).allSatisfy({
        $0 & 1 == 0 || Int($1) >= 0 && Int($1) + 1 < tree.categoryBounds.count
      })
    else { throw InputError("the boosted trees are damaged") }
    return tree
  }

  /// How many trees there are, those of all classes together.
  public var treeCount: Int { trees.count }

  /// Whether every column that the trees ask about exists.
  func fits(columnCount: Int) -> Bool {
    trees.allSatisfy { $0.columns.allSatisfy { $0 < columnCount } }
  }

  /// Rows × classes: probabilities; or one number for each row.
  public func values(_ matrix: ColumnMatrix) -> [Double] {
    let perRound = objective == .multiclass ? classCount : 1
    var result = [Double](repeating: 0, count: matrix.rowCount * classCount)
    for row in 0..<matrix.rowCount {
      var scores = [Double](repeating: 0, count: perRound)
      for (index, tree) in trees.enumerated() {
        scores[index % perRound] += tree.value(matrix, row)
      }
      switch objective {
      case .regression: result[row] = scores[0]
      case .binary(let slope):
        let positive = 1 / (1 + exp(-slope * scores[0]))
        result[2 * row] = 1 - positive
        result[2 * row + 1] = positive
      case .multiclass:
        scores.withUnsafeMutableBufferPointer { Numeric.softmax($0) }
        for c in 0..<classCount { result[row * classCount + c] = scores[c] }
      }
    }
    return result
  }

  /// How often each of `columnCount` columns was asked about.
  public func splitCounts(columnCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: columnCount)
    for tree in trees {
      for column in tree.columns where column < columnCount { counts[Int(column)] += 1 }
    }
    return counts
  }
}
