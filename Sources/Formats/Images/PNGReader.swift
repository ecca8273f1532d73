import Messages

extension Image {
  /// Reads a PNG file of any color type, bit depth and interlacing as 8-bit samples.
  public init(pngPath path: String) throws {
    let file = try MappedFile(path: path)
    try self.init(png: file.bytes, path: path)
  }

  /// Decodes a PNG file.
  ///
  /// Gray and palette images with fewer bits are widened, 16 bits are rounded to 8; gray with
  /// opacity becomes four channels, a transparent color or palette entry gives an opacity channel.
  /// Checksums are checked. Throws `FileError` naming `path`.
  public init(png bytes: UnsafeRawBufferPointer, path: String) throws {
    let decoder = try PNGDecoder(bytes, path: path)
    self = try decoder.image()
  }

  public init(png bytes: [UInt8], path: String) throws {
    self = try bytes.withUnsafeBytes { try Image(png: $0, path: path) }
  }
}

/// A PNG file taken apart: what its chunks said, the picture's data still packed.
private struct PNGDecoder {
  let path: String
  var width = 0
  var height = 0
  var depth = 0
  var colorType: UInt8 = 0
  var isInterlaced = false
  var palette: [UInt8] = []
  var transparency: [UInt8] = []
  var packed: [UInt8] = []

  /// Larger pictures are refused before memory is taken for them.
  static let maximumPixels = 1 << 28

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    self.path = path
    var cursor = ByteCursor(bytes, path: path)
    guard try cursor.take(8, "PNG signature").elementsEqual(PNGFormat.signature) else {
      throw FileError(path: path, reason: "not a PNG file: its signature is missing")
    }
    var hasHeader = false
    while true {
      let length = Int(try cursor.bigEndian(UInt32.self, "PNG chunk length"))
      let body = try cursor.take(4, "PNG chunk type")
      let type = String(decoding: body, as: UTF8.self)
      let data = try cursor.take(length, "PNG chunk \(type.quotedForMessage)")
      let checksum = try cursor.bigEndian(UInt32.self, "PNG checksum")
      let checked = UnsafeRawBufferPointer(start: body.baseAddress, count: 4 + length)
      guard checksum == Zlib.crc32(checked) else {
        throw failure("chunk \(type.quotedForMessage) fails its checksum")
      }
      guard hasHeader || type == "IHDR" else { throw failure("its first chunk is not IHDR") }
      switch type {
      case "IHDR":
        guard !hasHeader else { throw failure("two headers") }
        try readHeader(data)
        hasHeader = true
      case "PLTE":
        guard data.count % 3 == 0, data.count <= 768 else { throw failure("invalid palette") }
        palette = Array(data)
      case "tRNS": transparency = Array(data)
      case "IDAT": packed.append(contentsOf: data)
      case "IEND": return
      default:
        // An upper-case first letter marks a chunk without which the picture cannot be read.
        if body[0] & 0x20 == 0 { throw failure("unknown critical chunk \(type.quotedForMessage)") }
      }
    }
  }

  private func failure(_ reason: String) -> FileError {
    FileError(path: path, reason: "not a valid PNG file: \(reason)")
  }

  private mutating func readHeader(_ data: UnsafeRawBufferPointer) throws {
    guard data.count == 13 else { throw failure("a header of \(data.count) bytes, expected 13") }
    var cursor = ByteCursor(data, path: path)
    width = Int(try cursor.bigEndian(UInt32.self, "width"))
    height = Int(try cursor.bigEndian(UInt32.self, "height"))
    depth = Int(data[8])
    colorType = data[9]
    guard width > 0, height > 0, width < 1 << 31, height < 1 << 31,
      width * height <= Self.maximumPixels
    else {
      throw failure("\(width)×\(height) pixels, expected 1 to \(Self.maximumPixels) in all")
    }
    let depths: [Int]
    switch colorType {
    case 0: depths = [1, 2, 4, 8, 16]
    case 3: depths = [1, 2, 4, 8]
    case 2, 4, 6: depths = [8, 16]
    default: throw failure("unknown color type \(colorType)")
    }
    guard depths.contains(depth) else {
      throw failure("color type \(colorType) with \(depth) bits per sample")
    }
    guard data[10] == 0, data[11] == 0, data[12] <= 1 else {
      throw failure("unknown compression, filter or interlacing method")
    }
    isInterlaced = data[12] == 1
  }

  /// Samples of a pixel in the file.
  private var samples: Int {
    switch colorType {
    case 2: 3
    case 4: 2
    case 6: 4
    default: 1
    }
  }

  /// A picture, or one of the seven that an interlaced picture is made of.
  private struct Pass {
    let left: Int, top: Int, stepX: Int, stepY: Int, width: Int, height: Int
  }

  private var passes: [Pass] {
    let all =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ]
      : [(0, 0, 1, 1)]
    return all.map { left, top, stepX, stepY in
      Pass(
        left: left, top: top, stepX: stepX, stepY: stepY,
        width: max(0, (width - left + stepX - 1) / stepX),
        height: max(0, (height - top + stepY - 1) / stepY))
    }.filter { $0.width > 0 && $0.height > 0 }
  }

  func image() throws -> Image {
    if colorType == 3, palette.isEmpty { throw failure("no palette") }
    if colorType == 0 || colorType == 2, !transparency.isEmpty, transparency.count != 2 * samples {
      throw failure("invalid transparent color")
    }
    let bitsPerPixel = samples * depth
    let passes = passes
    let size = passes.reduce(0) { $0 + $1.height * (1 + ($1.width * bitsPerPixel + 7) / 8) }
    guard var data = Zlib.inflate(packed, count: size) else {
      throw failure(
        "its picture data is damaged, or not the \(size) bytes of \(width)×\(height) pixels")
    }
    let isColor = colorType == 2 || colorType == 3 || colorType == 6
    let hasOpacity = colorType >= 4 || !transparency.isEmpty
    let channels = hasOpacity ? 4 : isColor ? 3 : 1
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    // Rows that lie in the file as they do in the picture.
    let isPlain =
      !isInterlaced && depth == 8 && [0, 2, 6].contains(colorType) && transparency.isEmpty
    var start = 0
    for pass in passes {
      let rowBytes = (pass.width * bitsPerPixel + 7) / 8
      try unfilter(
        &data, start: start, rows: pass.height, rowBytes: rowBytes, step: max(1, bitsPerPixel / 8))
      for row in 0..<pass.height {
        let rowStart = start + row * (rowBytes + 1) + 1
        if isPlain {
          pixels.replaceSubrange(
            row * rowBytes..<(row + 1) * rowBytes, with: data[rowStart..<rowStart + rowBytes])
          continue
        }
        for column in 0..<pass.width {
          let x = pass.left + column * pass.stepX
          let y = pass.top + row * pass.stepY
          try expand(
            data, rowStart: rowStart, column: column, channels: channels, into: &pixels,
            at: (y * width + x) * channels)
        }
      }
      start += pass.height * (rowBytes + 1)
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// Undoes the rows' filters in place.
  private func unfilter(
    _ data: inout [UInt8], start: Int, rows: Int, rowBytes: Int, step: Int
  ) throws {
    var zeros = [UInt8](repeating: 0, count: rowBytes)
    try data.withUnsafeMutableBufferPointer { data in
      try zeros.withUnsafeMutableBufferPointer { zeros in
        for row in 0..<rows {
          let rowStart = start + row * (rowBytes + 1) + 1
          let filter = data[rowStart - 1]
          guard filter <= 4 else { throw failure("unknown row filter \(filter)") }
          let line = UnsafeMutableBufferPointer(rebasing: data[rowStart..<rowStart + rowBytes])
          let above =
            row > 0
            ? UnsafeMutableBufferPointer(rebasing: data[rowStart - rowBytes - 1..<rowStart - 1])
            : zeros
          Self.unfilter(line, filter, above: above, step: step)
        }
      }
    }
  }

  /// One loop for each filter, as this is where reading a picture spends its time.
  private static func unfilter(
    _ line: UnsafeMutableBufferPointer<UInt8>, _ filter: UInt8,
    above: UnsafeMutableBufferPointer<UInt8>, step: Int
  ) {
    switch filter {
    case 1: for index in step..<line.count { line[index] &+= line[index - step] }
    case 2: for index in line.indices { line[index] &+= above[index] }
    case 3, 4:
      for index in 0..<step {
        line[index] &+= PNGFilter.predict(filter, left: 0, above: above[index], corner: 0)
      }
      if filter == 3 {
        for index in step..<line.count {
          line[index] &+= PNGFilter.predict(
            3, left: line[index - step], above: above[index], corner: 0)
        }
      } else {
        for index in step..<line.count {
          line[index] &+= PNGFilter.predict(
            4, left: line[index - step], above: above[index], corner: above[index - step])
        }
      }
    default: break
    }
  }

  /// Sample number `index` of a row, in its own depth.
  @inline(__always)
  private func sample(_ data: [UInt8], rowStart: Int, index: Int) -> Int {
    switch depth {
    case 8: return Int(data[rowStart + index])
    case 16: return Int(data[rowStart + 2 * index]) << 8 | Int(data[rowStart + 2 * index + 1])
    default:
      let bit = index * depth
      return Int(data[rowStart + bit / 8]) >> (8 - depth - bit % 8) & (1 << depth - 1)
    }
  }

  @inline(__always)
  private func widened(_ sample: Int) -> UInt8 {
    switch depth {
    case 8: UInt8(sample)
    case 16: UInt8((sample * 255 + 32767) / 65535)
    default: UInt8(sample * 255 / (1 << depth - 1))
    }
  }

  private func expand(
    _ data: [UInt8], rowStart: Int, column: Int, channels: Int, into pixels: inout [UInt8],
    at target: Int
  ) throws {
    let first = sample(data, rowStart: rowStart, index: column * samples)
    if colorType == 3 {
      guard first * 3 + 2 < palette.count else { throw failure("a pixel outside the palette") }
      for channel in 0..<3 { pixels[target + channel] = palette[first * 3 + channel] }
      if channels == 4 {
        pixels[target + 3] = first < transparency.count ? transparency[first] : 255
      }
      return
    }
    let isColor = colorType & 2 != 0
    var isTransparent = !transparency.isEmpty && colorType < 4
    for channel in 0..<(isColor ? 3 : 1) {
      let value = sample(data, rowStart: rowStart, index: column * samples + channel)
      pixels[target + channel] = widened(value)
      if isTransparent {
        let key = Int(transparency[2 * channel]) << 8 | Int(transparency[2 * channel + 1])
        isTransparent = key == value
      }
    }
    guard channels == 4 else { return }
    if !isColor {
      pixels[target + 1] = pixels[target]
      pixels[target + 2] = pixels[target]
    }
    if colorType >= 4 {
      let opacity = sample(data, rowStart: rowStart, index: column * samples + samples - 1)
      pixels[target + 3] = widened(opacity)
    } else {
      pixels[target + 3] = isTransparent ? 0 : 255
    }
  }
}
