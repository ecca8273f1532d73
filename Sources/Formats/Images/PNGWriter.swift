extension Image {
  /// The picture as a PNG file (8 bits per sample).
  public func png() -> [UInt8] {
    var file = PNGChunks(of: self)
    file.append("IDAT", compressedRows())
    return file.finished()
  }

  /// The rows as the image data of a PNG file. Each takes the filter whose differences are smallest in sum,
  /// the heuristic of the PNG specification (section 12.8).
  func compressedRows() -> [UInt8] {
    let rowBytes = width * channels
    var filtered: [UInt8] = []
    filtered.reserveCapacity(height * (rowBytes + 1))
    var previous = [UInt8](repeating: 0, count: rowBytes)
    var candidate = [UInt8](repeating: 0, count: rowBytes)
    for row in 0..<height {
      let current = Array(pixels[row * rowBytes..<(row + 1) * rowBytes])
      var best: [UInt8] = []
      var bestSum = Int.max
      var bestFilter: UInt8 = 0
      for filter: UInt8 in 0...4 {
        var sum = 0
        for index in 0..<rowBytes {
          let left = index >= channels ? current[index - channels] : 0
          let above = previous[index]
          let corner = index >= channels ? previous[index - channels] : 0
          let predicted = PNGFilter.predict(filter, left: left, above: above, corner: corner)
          let difference = current[index] &- predicted
          candidate[index] = difference
          sum += abs(Int(Int8(bitPattern: difference)))
        }
        if sum < bestSum {
          bestSum = sum
          best = candidate
          bestFilter = filter
        }
      }
      filtered.append(bestFilter)
      filtered.append(contentsOf: best)
      previous = current
    }
    return Zlib.deflate(filtered)
  }

  /// Writes the picture as a PNG file, whole or not at all.
  public func writePNG(to path: String) throws { try AtomicFile.write(png(), to: path) }
}

/// A PNG file that is being put together.
struct PNGChunks {
  private var file = PNGFormat.signature

  /// Begins with the header of `image`.
  init(of image: Image) {
    let colorType: UInt8 = image.channels == 1 ? 0 : image.channels == 3 ? 2 : 6
    append("IHDR", Self.bytes(image.width) + Self.bytes(image.height) + [8, colorType, 0, 0, 0])
  }

  mutating func append(_ type: String, _ data: [UInt8]) {
    let body = Array(type.utf8) + data
    file += Self.bytes(data.count) + body
    file += withUnsafeBytes(of: body.withUnsafeBytes(Zlib.crc32).bigEndian, Array.init)
  }

  func finished() -> [UInt8] {
    var whole = self
    whole.append("IEND", [])
    return whole.file
  }

  /// A number as four bytes, the highest first.
  static func bytes(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(number).bigEndian, Array.init)
  }
}

enum PNGFormat {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
}

/// The five predictions of a sample from its neighbors (PNG specification, section 9).
enum PNGFilter {
  @inline(__always)
  static func predict(_ filter: UInt8, left: UInt8, above: UInt8, corner: UInt8) -> UInt8 {
    switch filter {
    case 1: return left
    case 2: return above
    case 3: return UInt8((Int(left) + Int(above)) / 2)
    case 4:
      let estimate = Int(left) + Int(above) - Int(corner)
      let fromLeft = abs(estimate - Int(left))
      let fromAbove = abs(estimate - Int(above))
      let fromCorner = abs(estimate - Int(corner))
      if fromLeft <= fromAbove, fromLeft <= fromCorner { return left }
      return fromAbove <= fromCorner ? above : corner
    default: return 0
    }
  }
}
