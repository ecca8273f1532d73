import Datasets
import Formats
import Foundation
import Messages
import Parallel

/// A picture and what is said of it.
struct CaptionedPicture: Sendable {
  let picture: Image
  let caption: String
}

/// Drawn shapes with a caption each: one of six shapes in one of six colors, large or small, anywhere on a pale ground.
enum ShapePictures {
  static let side = 32
  static let shapes = ["圆形", "正方形", "三角形", "菱形", "十字", "圆环"]
  static let colors: [(name: String, rgb: [Double])] = [
    ("红色", [220, 40, 40]), ("绿色", [40, 160, 60]), ("蓝色", [40, 70, 220]), ("黄色", [235, 205, 30]),
    ("紫色", [140, 50, 170]), ("黑色", [30, 30, 30]),
  ]

  /// The shape and the color that a caption names; `nil` where it names none or several.
  static func parts(of caption: String) -> (shape: String, color: String)? {
    let shapes = shapes.filter(caption.contains)
    let colors = colors.map(\.name).filter(caption.contains)
    guard shapes.count == 1, colors.count == 1 else { return nil }
    return (shapes[0], colors[0])
  }

  static func draw(_ random: inout RandomStream) -> CaptionedPicture {
    let (shape, color) = (random.below(shapes.count), random.below(colors.count))
    let isLarge = random.below(2) == 0
    let radius = isLarge ? 9.5 + 3 * random.uniform() : 6 + 1.5 * random.uniform()
    let room = Double(side) - 2 * radius - 2
    let (x, y) = (1 + radius + room * random.uniform(), 1 + radius + room * random.uniform())
    let ground = (0..<3).map { _ in 215 + 40 * random.uniform() }
    let tint = colors[color].rgb.map { $0 + 20 * (random.uniform() - 0.5) }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    for row in 0..<side {
      for column in 0..<side {
        // Four samples a pixel: edges are smooth.
        var share = 0.0
        for sample in 0..<4 {
          let dx = (Double(column) + 0.25 + 0.5 * Double(sample % 2) - x) / radius
          let dy = (Double(row) + 0.25 + 0.5 * Double(sample / 2) - y) / radius
          share += covers(shape, dx, dy) ? 0.25 : 0
        }
        for channel in 0..<3 {
          let value = ground[channel] * (1 - share) + tint[channel] * share
          pixels.append(UInt8(min(255, max(0, value + 6 * (random.uniform() - 0.5)))))
        }
      }
    }
    let name = (isLarge ? "大" : "小", colors[color].name, shapes[shape])
    let caption =
      switch random.below(4) {
      case 0: "一个\(name.1)的\(name.2)。"
      case 1: "图中有一个\(name.0)的\(name.1)\(name.2)。"
      case 2: "这是\(name.0)\(name.2)，它是\(name.1)的。"
      default: "浅色背景上画着\(name.1)的\(name.0)\(name.2)。"
      }
    return CaptionedPicture(
      picture: Image(width: side, height: side, channels: 3, pixels: pixels), caption: caption)
  }

  /// Whether a shape of radius 1 around the origin covers a point; y grows downwards.
  private static func covers(_ shape: Int, _ x: Double, _ y: Double) -> Bool {
    switch shape {
    case 0: x * x + y * y <= 1
    case 1: max(abs(x), abs(y)) <= 0.85
    case 2: y <= 0.8 && y >= -0.95 && abs(x) <= (y + 0.95) * 0.55
    case 3: abs(x) / 0.75 + abs(y) <= 1
    case 4: min(abs(x), abs(y)) <= 0.28 && max(abs(x), abs(y)) <= 1
    default: (0.3...1).contains(x * x + y * y)
    }
  }
}

/// Pictures and captions of a user's folder.
enum CaptionFolder {
  /// The names under which captions are looked for, a line for each picture: file, tab, caption.
  static let names = ["captions.tsv", "captions.txt"]

  /// The pictures that are there, each fitted into a white square, and the names of those that are not.
  ///
  /// Throws `FileError` for a folder without captions, a line without a tab, and where no picture is there.
  static func read(
    _ folder: String, side: Int
  ) throws -> (pictures: [CaptionedPicture], missing: [String]) {
    guard
      let path = names.map({ "\(folder)/\($0)" })
        .first(where: { FileManager.default.fileExists(atPath: $0) })
    else {
      throw FileError(
        path: folder,
        reason: "has no captions.tsv: a line for each picture, its file, a tab and the caption")
    }
    let text = String(decoding: try ByteSource(path: path).readAll(), as: UTF8.self)
    var pictures: [CaptionedPicture] = []
    var missing: [String] = []
    for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw FileError(
          path: path, reason: "line \(index + 1) is not a picture's file, a tab and a caption")
      }
      let file = "\(folder)/\(parts[0])"
      guard FileManager.default.fileExists(atPath: file) else {
        missing.append(parts[0])
        continue
      }
      pictures.append(
        CaptionedPicture(
          picture: try Image(pngPath: file).onSquare(side: side), caption: parts[1]))
    }
    guard !pictures.isEmpty else {
      throw FileError(
        path: path,
        reason: missing.isEmpty
          ? "has no captions"
          : "none of its \(missing.count) pictures is there; the first is \(missing[0])")
    }
    return (pictures, missing)
  }
}

extension Image {
  /// The whole picture in the middle of a white square, in three channels, each pixel the mean of those that it stands for.
  func onSquare(side: Int) -> Image {
    let source = converted(toChannels: 3)
    let extent = max(width, height)
    let (left, top) = ((extent - width) / 2, (extent - height) / 2)
    func value(_ row: Int, _ column: Int, _ channel: Int) -> Int {
      guard (top..<top + height).contains(row), (left..<left + width).contains(column) else {
        return 255
      }
      return Int(source.pixels[((row - top) * width + column - left) * 3 + channel])
    }
    func span(_ index: Int) -> Range<Int> {
      let start = index * extent / side
      return start..<max(start + 1, (index + 1) * extent / side)
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    for row in 0..<side {
      for column in 0..<side {
        let (rows, columns) = (span(row), span(column))
        for channel in 0..<3 {
          var sum = 0
          for row in rows { for column in columns { sum += value(row, column, channel) } }
          pixels.append(UInt8(sum / (rows.count * columns.count)))
        }
      }
    }
    return Image(width: side, height: side, channels: 3, pixels: pixels)
  }
}
