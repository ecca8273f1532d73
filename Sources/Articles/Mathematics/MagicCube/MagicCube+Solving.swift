import Foundation
import Parallel

extension MagicCube {
  /// What sums alike.
  public enum Rule: String, Sendable, CaseIterable {
    /// The nine layers and the six diagonal planes, to 126.
    case planes
    /// The 27 lines along the axes and the 4 space diagonals, to 42; the planes then do, too.
    case lines

    var groups: [[Int]] { self == .planes ? MagicCube.planes : MagicCube.lines }
    var sum: Int { self == .planes ? 126 : 42 }
  }

  public func obeys(_ rule: Rule) -> Bool { sums(rule.groups).allSatisfy { $0 == rule.sum } }

  /// A cube of 1…27 under a rule in which the cells `given` hold their numbers; `nil` where there is none
  /// (lines) or none was found (planes).
  ///
  /// Lines: one of all cubes, drawn. Planes: one whose opposite cells sum to 28, where the given numbers
  /// allow that, else one by simulated annealing.
  public static func solved(_ rule: Rule, given: [Int: Int] = [:], seed: UInt64) -> MagicCube? {
    var random = RandomStream(seed: seed)
    if rule == .lines {
      let fitting = all().filter { cube in given.allSatisfy { cube.cells[$0.key] == $0.value } }
      return fitting.isEmpty ? nil : fitting[random.below(fitting.count)]
    }
    return balanced(given, &random) ?? annealed(given, &random)
  }

  /// With 14 in the middle and opposite cells of sum 28, every plane through the middle sums to 126, and
  /// three outer layers are left: pairs change places and turn round until they do, too.
  private static func balanced(_ given: [Int: Int], _ random: inout RandomStream) -> MagicCube? {
    var cells = [Int](repeating: 0, count: 27)
    cells[13] = 14
    for (cell, number) in given { cells[cell] = number }
    for (cell, number) in given {
      let opposite = 26 - cell
      guard given[opposite] ?? 28 - number == 28 - number else { return nil }
      cells[opposite] = 28 - number
    }
    let free = (0..<13).filter { cells[$0] == 0 }
    let numbers = (1...13).filter { !cells.contains($0) }.shuffled(using: &random)
    guard numbers.count == free.count else { return nil }
    for (cell, number) in zip(free, numbers) {
      cells[cell] = random.uniform() < 0.5 ? number : 28 - number
      cells[26 - cell] = 28 - cells[cell]
    }
    let layers = [planes[0], planes[1], planes[2]]
    func error() -> Int { layers.reduce(0) { abs($1.reduce(-126) { $0 + cells[$1] }) + $0 } }
    var total = error()
    for _ in 0..<20_000 where total > 0 && !free.isEmpty {
      let before = cells
      let (a, b) = (free[random.below(free.count)], free[random.below(free.count)])
      if a == b || random.uniform() < 0.3 {
        cells.swapAt(a, 26 - a)
      } else {
        cells.swapAt(a, b)
        cells.swapAt(26 - a, 26 - b)
      }
      let changed = error()
      // Now and then a step back leads out of a corner.
      if changed <= total || random.uniform() < 0.02 { total = changed } else { cells = before }
    }
    return total == 0 ? MagicCube(cells: cells) : nil
  }

  /// Two cells change their numbers if that lessens the sum of the planes' errors, or at random, ever more
  /// seldom (Kirkpatrick et al. 1983).
  private static func annealed(_ given: [Int: Int], _ random: inout RandomStream) -> MagicCube? {
    let free = (0..<27).filter { given[$0] == nil }
    let numbers = (1...27).filter { !given.values.contains($0) }
    guard free.count == numbers.count, free.count > 1 else { return nil }
    // Of each cell the planes that it lies in.
    let memberships = (0..<27).map { cell in
      planes.indices.filter { planes[$0].contains(cell) }
    }
    for _ in 0..<30 {
      var cells = [Int](repeating: 0, count: 27)
      for (cell, number) in given { cells[cell] = number }
      for (cell, number) in zip(free, numbers.shuffled(using: &random)) { cells[cell] = number }
      var errors = planes.map { $0.reduce(-126) { $0 + cells[$1] } }
      var total = errors.reduce(0) { $0 + abs($1) }
      let steps = 60_000
      for step in 0..<steps {
        if total == 0 { return MagicCube(cells: cells) }
        let (a, b) = (free[random.below(free.count)], free[random.below(free.count)])
        let difference = cells[b] - cells[a]
        for plane in memberships[a] { errors[plane] += difference }
        for plane in memberships[b] { errors[plane] -= difference }
        let changed = errors.reduce(0) { $0 + abs($1) }
        let temperature = 3 * pow(1.0 / 3, Double(step) / Double(steps))
        if changed <= total || random.uniform() < exp(Double(total - changed) / temperature) {
          cells.swapAt(a, b)
          total = changed
        } else {
          for plane in memberships[a] { errors[plane] -= difference }
          for plane in memberships[b] { errors[plane] += difference }
        }
      }
    }
    return nil
  }
}
