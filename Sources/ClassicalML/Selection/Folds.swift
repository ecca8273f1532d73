import Messages
import Parallel

/// A division of rows into parts, each of which is judged by what was learnt from the others.
public struct Folds: Sendable {
  public let count: Int
  /// The fold of each row.
  public let folds: [Int]

  /// Row i belongs to fold i mod `count`.
  public init(byPlace rowCount: Int, count: Int) throws(InputError) {
    guard count >= 2, count <= rowCount else {
      throw InputError(
        "\(rowCount) rows cannot be divided into \(count) folds; 2 to \(rowCount) would work")
    }
    self.count = count
    folds = (0..<rowCount).map { $0 % count }
  }

  /// At random, every class (or every stretch of numbers) in equal shares.
  public init(stratified targets: Targets, count: Int, seed: UInt64 = 0) throws(InputError) {
    guard count >= 2, count <= targets.count else {
      throw InputError(
        "\(targets.count) rows cannot be divided into \(count) folds; 2 to \(targets.count) would work"
      )
    }
    var random = RandomStream(seed: seed, stream: 0x666F)
    var order = Array(0..<targets.count)
    order.shuffle(using: &random)
    switch targets {
    case .classes(let classes, _): order.sort { classes[$0] < classes[$1] }
    case .numbers(let values): order.sort { values[$0] < values[$1] }
    }
    var folds = [Int](repeating: 0, count: targets.count)
    for (place, row) in order.enumerated() { folds[row] = place % count }
    self.count = count
    self.folds = folds
  }

  public func rows(_ fold: Int) -> (training: [Int], test: [Int]) {
    (folds.indices.filter { folds[$0] != fold }, folds.indices.filter { folds[$0] == fold })
  }
}
