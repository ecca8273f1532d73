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
  /// Lines: one of all cubes, drawn. Planes: of a random order the pair of cells is swapped that lessens
  /// the sum of the planes' errors most, a random pair where none does; begun anew when it goes in circles.
  public static func solved(_ rule: Rule, given: [Int: Int] = [:], seed: UInt64) -> MagicCube? {
    var random = RandomStream(seed: seed)
    if rule == .lines {
      let fitting = all().filter { cube in given.allSatisfy { cube.cells[$0.key] == $0.value } }
      return fitting.isEmpty ? nil : fitting[random.below(fitting.count)]
    }
    let free = (0..<27).filter { given[$0] == nil }
    let numbers = (1...27).filter { !given.values.contains($0) }
    guard free.count == numbers.count else { return nil }
    for _ in 0..<300 {
      let order = numbers.shuffled(using: &random)
      var cells = [Int](repeating: 0, count: 27)
      for (cell, number) in given { cells[cell] = number }
      for (cell, number) in zip(free, order) { cells[cell] = number }
      if let found = descended(cells, free, &random) { return found }
    }
    return nil
  }

  private static func descended(
    _ start: [Int], _ free: [Int], _ random: inout RandomStream
  ) -> MagicCube? {
    var cells = start
    let memberships = (0..<27).map { cell in planes.map { $0.contains(cell) } }
    var errors = planes.map { $0.reduce(-126) { $0 + cells[$1] } }
    for _ in 0..<400 {
      if errors.allSatisfy({ $0 == 0 }) { return MagicCube(cells: cells) }
      guard free.count > 1 else { return nil }
      var best = (change: Int.max, first: 0, second: 0)
      for (place, a) in free.enumerated() {
        for b in free[(place + 1)...] {
          let difference = cells[b] - cells[a]
          var change = 0
          for plane in errors.indices where memberships[a][plane] != memberships[b][plane] {
            let moved = memberships[a][plane] ? difference : -difference
            change += abs(errors[plane] + moved) - abs(errors[plane])
          }
          if change < best.change { best = (change, a, b) }
        }
      }
      if best.change >= 0 {
        best.first = free[random.below(free.count)]
        best.second = free[random.below(free.count)]
      }
      let difference = cells[best.second] - cells[best.first]
      for plane in errors.indices
      where memberships[best.first][plane] != memberships[best.second][plane] {
        errors[plane] += memberships[best.first][plane] ? difference : -difference
      }
      cells.swapAt(best.first, best.second)
    }
    return nil
  }
}
