import Messages

/// A cube of 3×3×3 numbers; cell (layer, row, column) is at 9·layer + 3·row + column.
public struct MagicCube: Hashable, Sendable {
  public let cells: [Int]

  /// Traps unless there are 27 numbers.
  public init(cells: [Int]) {
    require(cells.count == 27, "MagicCube expected 27 numbers, received \(cells.count)")
    self.cells = cells
  }

  /// As the article prints it, layers from top to bottom, rows from back to front.
  public static let printed = MagicCube(cells: [
    4, 25, 11, 14, 22, 7, 24, 1, 18, 13, 27, 5, 8, 12, 22, 15, 3, 21, 9, 26, 6, 16, 8, 17, 23, 2,
    19,
  ])

  /// Where cell (layer, row, column) is.
  public static func index(_ x: Int, _ y: Int, _ z: Int) -> Int { 9 * x + 3 * y + z }

  /// The 27 rows, columns and pillars and the 4 space diagonals.
  public static let lines: [[Int]] = {
    var lines: [[Int]] = []
    for a in 0..<3 {
      for b in 0..<3 {
        lines.append((0..<3).map { index($0, a, b) })
        lines.append((0..<3).map { index(a, $0, b) })
        lines.append((0..<3).map { index(a, b, $0) })
      }
    }
    for (y, z) in [(false, false), (false, true), (true, false), (true, true)] {
      lines.append((0..<3).map { index($0, y ? 2 - $0 : $0, z ? 2 - $0 : $0) })
    }
    return lines
  }()

  /// The nine layers along the axes and the six diagonal planes.
  public static let planes: [[Int]] = {
    let cells = (0..<3).flatMap { x in (0..<3).flatMap { y in (0..<3).map { z in (x, y, z) } } }
    func plane(_ isIn: (Int, Int, Int) -> Bool) -> [Int] {
      cells.filter { isIn($0.0, $0.1, $0.2) }.map { index($0.0, $0.1, $0.2) }
    }
    var planes: [[Int]] = []
    for layer in 0..<3 {
      planes.append(plane { x, _, _ in x == layer })
      planes.append(plane { _, y, _ in y == layer })
      planes.append(plane { _, _, z in z == layer })
    }
    planes.append(plane { x, y, _ in x == y })
    planes.append(plane { x, y, _ in x + y == 2 })
    planes.append(plane { x, _, z in x == z })
    planes.append(plane { x, _, z in x + z == 2 })
    planes.append(plane { _, y, z in y == z })
    planes.append(plane { _, y, z in y + z == 2 })
    return planes
  }()

  /// The sum of each group of cells.
  public func sums(_ groups: [[Int]]) -> [Int] { groups.map { $0.reduce(0) { $0 + cells[$1] } } }

  /// The numbers that stand more than once, and those of 1…27 that do not stand.
  public var repeated: [Int] {
    Set(cells.filter { value in cells.count { $0 == value } > 1 }).sorted()
  }
  public var missing: [Int] { (1...27).filter { !cells.contains($0) } }

  /// All rotations and reflections: where each cell comes from.
  public static let symmetries: [[Int]] = {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    var all: [[Int]] = []
    for order in orders {
      for flips in 0..<8 {
        var map: [Int] = []
        for x in 0..<3 {
          for y in 0..<3 {
            for z in 0..<3 {
              let place = order.map { [x, y, z][$0] }.enumerated().map {
                flips >> $0 & 1 == 1 ? 2 - $1 : $1
              }
              map.append(index(place[0], place[1], place[2]))
            }
          }
        }
        all.append(map)
      }
    }
    return all
  }()

  /// The first, number by number, of the 48 cubes that this one is when turned and mirrored.
  public var canonical: MagicCube {
    let turned = Self.symmetries.map { map in map.map { cells[$0] } }
    return MagicCube(cells: turned.min { $0.lexicographicallyPrecedes($1) } ?? cells)
  }

  /// All cubes of 1…27 whose 31 lines sum to 42.
  ///
  /// The equations have rank 23: four cells, here the 22nd, 23rd, 25th and 26th counted from 0, determine the
  /// others, and 27·26·25·24 = 421,200 choices are tried.
  public static func all() -> [MagicCube] {
    let free = [22, 23, 25, 26]
    let system = reduced(free)
    var found: [MagicCube] = []
    var cells = [Int](repeating: 0, count: 27)
    for a in 1...27 {
      for b in 1...27 where b != a {
        for c in 1...27 where c != a && c != b {
          for d in 1...27 where d != a && d != b && d != c {
            (cells[22], cells[23], cells[25], cells[26]) = (a, b, c, d)
            var used: UInt32 = 1 << UInt32(a) | 1 << UInt32(b) | 1 << UInt32(c) | 1 << UInt32(d)
            var fits = true
            for row in system {
              let sum = row.constant - row.a * a - row.b * b - row.c * c - row.d * d
              let value = sum / row.divisor
              guard value * row.divisor == sum, 1...27 ~= value, used >> UInt32(value) & 1 == 0
              else {
                fits = false
                break
              }
              used |= 1 << UInt32(value)
              cells[row.cell] = value
            }
            if fits { found.append(MagicCube(cells: cells)) }
          }
        }
      }
    }
    return found
  }

  /// divisor · cell = constant − a·x₂₂ − b·x₂₃ − c·x₂₅ − d·x₂₆.
  private struct Row {
    let cell, divisor, constant, a, b, c, d: Int
  }

  /// Gauss and Jordan's elimination in whole numbers, on all cells but the free ones.
  private static func reduced(_ free: [Int]) -> [Row] {
    var rows = lines.map { line in
      (0...27).map { $0 == 27 ? 42 : line.contains($0) ? 1 : 0 }
    }
    var pivots: [(cell: Int, row: Int)] = []
    for cell in 0..<27 where !free.contains(cell) {
      let top = pivots.count
      guard let row = (top..<rows.count).first(where: { rows[$0][cell] != 0 }) else { continue }
      rows.swapAt(top, row)
      for other in rows.indices where other != top && rows[other][cell] != 0 {
        let (mine, theirs) = (rows[top][cell], rows[other][cell])
        rows[other] = zip(rows[other], rows[top]).map { $0 * mine - $1 * theirs }
        let common = rows[other].reduce(0) { greatestCommonDivisor($0, abs($1)) }
        if common > 1 { rows[other] = rows[other].map { $0 / common } }
      }
      pivots.append((cell, top))
    }
    return pivots.map { pivot in
      let row = rows[pivot.row]
      return Row(
        cell: pivot.cell, divisor: row[pivot.cell], constant: row[27], a: row[22], b: row[23],
        c: row[25], d: row[26])
    }
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
