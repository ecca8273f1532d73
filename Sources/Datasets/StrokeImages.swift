import Foundation
import Messages
import Parallel
import Torch

/// Images that need no files: ten classes of pen strokes that look like handwritten digits, 28×28,
/// gray, white ink on black.
///
/// Every image is drawn anew: one of its class's skeletons, its knots jittered, bent by a smooth
/// random field, slanted, turned and scaled, followed by a pen whose width varies along the path.
/// Image i of a seed is always the same, however many are drawn and on however many threads.
public enum StrokeImages {
  public static let size = 28
  public static let classNames = (0...9).map(String.init)

  /// Images `(count, 1, 28, 28)` of bytes with labels; the classes take turns at random.
  public static func dataset(
    count: Int, seed: UInt64, threads: Int = defaultThreadCount
  ) throws -> Dataset {
    let drawn = try draw(count: count, seed: seed, threads: threads)
    return Dataset(
      inputs: Tensor(drawn.pixels, shape: [count, 1, size, size]), labels: Tensor(drawn.labels),
      classNames: classNames)
  }

  /// The same as plain arrays: `count × 784` bytes and the classes.
  public static func draw(
    count: Int, seed: UInt64, threads: Int = defaultThreadCount
  ) throws -> (pixels: [UInt8], labels: [Int]) {
    require(count >= 0, "StrokeImages expected count ≥ 0, received \(count)")
    let portion = 256
    let portions = try parallelMap(count: (count + portion - 1) / portion, threads: threads) {
      index -> (pixels: [UInt8], labels: [Int]) in
      let range = index * portion..<min(count, (index + 1) * portion)
      var pixels: [UInt8] = []
      pixels.reserveCapacity(range.count * size * size)
      var labels: [Int] = []
      var canvas = StrokeCanvas(size: size)
      for image in range {
        var random = RandomStream(seed: seed, stream: UInt64(image))
        let label = random.below(StrokeSkeletons.digits.count)
        let skeletons = StrokeSkeletons.digits[label]
        let writing = Handwriting(size: Double(size), random: &random)
        canvas.clear()
        writing.write(skeletons[random.below(skeletons.count)], on: &canvas, random: &random)
        pixels.append(contentsOf: canvas.bytes())
        labels.append(label)
      }
      return (pixels, labels)
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * size * size)
    for part in portions { pixels.append(contentsOf: part.pixels) }
    return (pixels, portions.flatMap(\.labels))
  }
}

/// How one image is written: what varies from hand to hand and from digit to digit.
private struct Handwriting {
  /// Columns of the linear map from the skeleton's box to pixels, and where the center goes.
  var (xx, xy, yx, yy): (Double, Double, Double, Double)
  var (centerX, centerY): (Double, Double)
  /// The standard deviation of a knot's jitter, in the box's units.
  let jitter: Double
  /// The smooth field: amplitude (in the box's units), frequencies and phases for either axis.
  let bend: Double
  let waves: [Double]
  /// Half the pen's width in pixels, and how much of it pressure changes.
  let radius: Double
  let pressure: (amplitude: Double, frequency: Double, phase: Double)

  init(size: Double, random: inout RandomStream) {
    func limited(_ deviation: Double, _ random: inout RandomStream) -> Double {
      max(-2.2, min(2.2, random.normal())) * deviation
    }
    let angle = limited(0.09, &random)
    let slant = 0.1 + limited(0.17, &random)
    let height = size * (0.69 + limited(0.035, &random))
    let width = size * (0.56 + limited(0.06, &random))
    let (sine, cosine) = (sin(angle), cos(angle))
    // Scale, then slant to the right going up, then turn.
    xx = cosine * width
    xy = -sine * height - cosine * slant * height
    yx = sine * width
    yy = cosine * height - sine * slant * height
    centerX = size / 2 + limited(0.6, &random)
    centerY = size / 2 + limited(0.6, &random)
    jitter = 0.012 + 0.018 * random.uniform()
    bend = 0.055 * random.uniform()
    waves = (0..<8).map { $0 % 2 == 0 ? 2 + 3 * random.uniform() : 2 * .pi * random.uniform() }
    radius = 0.75 + 0.75 * random.uniform() + 0.35 * random.uniform()
    pressure = (
      0.05 + 0.2 * random.uniform(), 2 + 5 * random.uniform(), 2 * .pi * random.uniform()
    )
  }

  /// A point of the box, bent and mapped to pixels.
  func pixel(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let u = x - 0.5 + bend * (sin(waves[0] * y + waves[1]) + sin(waves[2] * x + waves[3]))
    let v = y - 0.5 + bend * (sin(waves[4] * x + waves[5]) + sin(waves[6] * y + waves[7]))
    return (centerX + xx * u + xy * v, centerY + yx * u + yy * v)
  }

  func write(
    _ skeleton: StrokeSkeletons.Skeleton, on canvas: inout StrokeCanvas,
    random: inout RandomStream
  ) {
    var paths: [[(x: Double, y: Double)]] = []
    for path in skeleton {
      let knots = path.map { knot in
        StrokeKnot(
          knot.x + jitter * random.normal(), knot.y + jitter * random.normal(),
          corner: knot.isCorner)
      }
      paths.append(curve(through: knots).map { pixel($0.x, $0.y) })
    }
    // The bend moves the whole figure too: bring its box back to the middle, up to the hand's own
    // displacement, and keep the ink off the border.
    let points = paths.joined()
    let reach = radius * (1 + pressure.amplitude) + 1.5
    let (scale, shift) = placement(
      low: SIMD2(points.map(\.x).min() ?? 0, points.map(\.y).min() ?? 0),
      high: SIMD2(points.map(\.x).max() ?? 0, points.map(\.y).max() ?? 0),
      size: Double(canvas.size), reach: reach)
    for path in paths {
      let placed = path.map { (x: $0.x * scale + shift.x, y: $0.y * scale + shift.y) }
      var (previous, previousRadius) = (placed[0], width(at: 0))
      for (index, point) in placed.enumerated().dropFirst() {
        let current = width(at: Double(index) / Double(path.count))
        canvas.line(from: previous, radius: previousRadius, to: point, radius: current)
        (previous, previousRadius) = (point, current)
      }
    }
  }

  /// How a figure with this bounding box is scaled (never up) and shifted onto the canvas.
  private func placement(
    low: SIMD2<Double>, high: SIMD2<Double>, size: Double, reach: Double
  ) -> (scale: Double, shift: SIMD2<Double>) {
    let extent = high - low
    let room = size - 2 * reach
    let scale = min(1, room / max(extent.max(), 1e-9))
    let half = extent * scale / 2
    let center = SIMD2(centerX, centerY).clamped(
      lowerBound: half + reach, upperBound: size - reach - half)
    return (scale, center - (low + high) / 2 * scale)
  }

  private func width(at position: Double) -> Double {
    radius
      * (1 + pressure.amplitude * sin(pressure.frequency * position + pressure.phase))
  }

  /// Points along a Catmull-Rom spline through the knots, which breaks at corners.
  private func curve(through knots: [StrokeKnot]) -> [(x: Double, y: Double)] {
    let steps = 5
    var points = [(knots[0].x, knots[0].y)]
    for index in 0..<knots.count - 1 {
      let (start, end) = (knots[index], knots[index + 1])
      let before = index == 0 || start.isCorner ? start : knots[index - 1]
      let after = index + 2 >= knots.count || end.isCorner ? end : knots[index + 2]
      for step in 1...steps {
        let t = Double(step) / Double(steps)
        func blend(_ p: Double, _ q: Double, _ r: Double, _ s: Double) -> Double {
          let linear = (r - p) * t
          let quadratic = (2 * p - 5 * q + 4 * r - s) * t * t
          let cubic = (3 * q - p - 3 * r + s) * t * t * t
          return q + 0.5 * (linear + quadratic + cubic)
        }
        points.append(
          (
            blend(before.x, start.x, end.x, after.x), blend(before.y, start.y, end.y, after.y)
          ))
      }
    }
    return points
  }
}

/// A square of ink: each pixel holds how much of it the pen covered, 0…1.
private struct StrokeCanvas {
  let size: Int
  private var ink: [Float]

  init(size: Int) {
    self.size = size
    ink = [Float](repeating: 0, count: size * size)
  }

  mutating func clear() {
    for index in ink.indices { ink[index] = 0 }
  }

  /// Draws a line with round ends whose half width goes from one radius to another; its edge fades
  /// over one pixel, and where lines meet the darker one counts.
  mutating func line(
    from a: (x: Double, y: Double), radius radiusA: Double, to b: (x: Double, y: Double),
    radius radiusB: Double
  ) {
    let reach = max(radiusA, radiusB) + 0.6
    let columns = bounds(min(a.x, b.x) - reach, max(a.x, b.x) + reach)
    let rows = bounds(min(a.y, b.y) - reach, max(a.y, b.y) + reach)
    let (dx, dy) = (Float(b.x - a.x), Float(b.y - a.y))
    let (ax, ay) = (Float(a.x), Float(a.y))
    let inverse = 1 / max(dx * dx + dy * dy, 1e-9)
    let (radius, growth) = (Float(radiusA), Float(radiusB - radiusA))
    for row in rows {
      let py = Float(row) + 0.5 - ay
      for column in columns {
        let px = Float(column) + 0.5 - ax
        let along = max(0, min(1, (px * dx + py * dy) * inverse))
        let (ex, ey) = (px - along * dx, py - along * dy)
        let edge = radius + along * growth + 0.5
        let square = ex * ex + ey * ey
        if square < edge * edge {
          let cover = min(1, edge - square.squareRoot())
          let position = row * size + column
          if cover > ink[position] { ink[position] = cover }
        }
      }
    }
  }

  private func bounds(_ low: Double, _ high: Double) -> Range<Int> {
    let first = max(0, min(size, Int(low.rounded(.down))))
    return first..<max(first, min(size, Int(high.rounded(.up))))
  }

  func bytes() -> [UInt8] { ink.map { UInt8(($0 * 255).rounded()) } }
}
