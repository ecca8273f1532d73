#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Places circles without overlap, linked ones near each other.
///
/// Circles come largest first; each starts from the mean place of those it is linked to and spirals
/// outward until it fits. A grid finds what could be hit.
struct CirclePacking {
  struct Circle {
    var x = 0.0
    var y = 0.0
    let radius: Double
  }

  private(set) var circles: [Circle]
  private var cells: [Int: [Int]] = [:]
  private let cellSize: Double
  /// How far out the last circle that started in a region of the map had to go: circles come
  /// largest first, so the next one need not try all of that again.
  private var reaches: [Int: Double] = [:]
  private static let gap = 1.06

  /// - Parameters:
  ///   - radii: descending.
  ///   - links: for each circle, earlier circles it is linked to and how strongly.
  init(radii: [Double], links: [[(other: Int, flow: Double)]]) {
    circles = radii.map { Circle(radius: $0) }
    let sum = radii.reduce(0, +)
    cellSize = max(1e-9, 2 * (radii.isEmpty ? 1 : sum / Double(radii.count)) * Self.gap)
    for index in circles.indices { place(index, links: links[index]) }
    normalize()
  }

  private mutating func place(_ index: Int, links: [(other: Int, flow: Double)]) {
    let radius = circles[index].radius * Self.gap
    var x = 0.0
    var y = 0.0
    let weight = links.reduce(0) { $0 + $1.flow }
    if weight > 0 {
      for link in links {
        x += circles[link.other].x * link.flow / weight
        y += circles[link.other].y * link.flow / weight
      }
    }
    // The golden angle spreads the starts; steps along the spiral are a third of the radius.
    var angle = Double(index) * 2.399963
    let region = key(Int((x / cellSize / 4).rounded(.down)), Int((y / cellSize / 4).rounded(.down)))
    var distance = 0.92 * (reaches[region] ?? 0)
    let step = max(radius, cellSize / 8) / 2
    while !isFree(x + distance * cos(angle), y + distance * sin(angle), radius) {
      distance += step * step / max(step, distance + step) * 0.6
      angle += step / max(step, distance)
    }
    reaches[region] = distance
    circles[index].x = x + distance * cos(angle)
    circles[index].y = y + distance * sin(angle)
    insert(index)
  }

  private func cell(_ x: Double, _ y: Double) -> (Int, Int) {
    (Int((x / cellSize).rounded(.down)), Int((y / cellSize).rounded(.down)))
  }

  private func key(_ column: Int, _ row: Int) -> Int { column &* 1_000_003 &+ row }

  private mutating func insert(_ index: Int) {
    let circle = circles[index]
    let radius = circle.radius * Self.gap
    let low = cell(circle.x - radius, circle.y - radius)
    let high = cell(circle.x + radius, circle.y + radius)
    for column in low.0...high.0 {
      for row in low.1...high.1 { cells[key(column, row), default: []].append(index) }
    }
  }

  private func isFree(_ x: Double, _ y: Double, _ radius: Double) -> Bool {
    let low = cell(x - radius, y - radius)
    let high = cell(x + radius, y + radius)
    for column in low.0...high.0 {
      for row in low.1...high.1 {
        for other in cells[key(column, row)] ?? [] {
          let circle = circles[other]
          let reach = radius + circle.radius * Self.gap
          let (dx, dy) = (x - circle.x, y - circle.y)
          if dx * dx + dy * dy < reach * reach { return false }
        }
      }
    }
    return true
  }

  /// Moves and scales everything into the unit circle.
  private mutating func normalize() {
    guard !circles.isEmpty else { return }
    let left = circles.map { $0.x - $0.radius }.min() ?? 0
    let right = circles.map { $0.x + $0.radius }.max() ?? 1
    let low = circles.map { $0.y - $0.radius }.min() ?? 0
    let high = circles.map { $0.y + $0.radius }.max() ?? 1
    let (x, y) = ((left + right) / 2, (low + high) / 2)
    var reach = 0.0
    for circle in circles {
      let (dx, dy) = (circle.x - x, circle.y - y)
      reach = max(reach, (dx * dx + dy * dy).squareRoot() + circle.radius)
    }
    circles = circles.map {
      Circle(x: ($0.x - x) / reach, y: ($0.y - y) / reach, radius: $0.radius / reach)
    }
  }
}
