import Messages

/// A picture of 8-bit samples: rows from the top, pixels from the left, channels together.
public struct Image: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// 1 (gray), 3 (red, green, blue) or 4 (and opacity).
  public let channels: Int
  /// `[height, width, channels]`.
  public var pixels: [UInt8]

  /// Traps if `pixels` does not have `height × width × channels` samples.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    require(
      width > 0 && height > 0 && [1, 3, 4].contains(channels)
        && pixels.count == width * height * channels,
      "Image expected \(height)×\(width) pixels of 1, 3 or 4 channels, received \(channels) channels "
        + "and \(pixels.count) samples")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// An image of one color.
  public init(width: Int, height: Int, color: [UInt8]) {
    let pixels = (0..<width * height).flatMap { _ in color }
    self.init(width: width, height: height, channels: color.count, pixels: pixels)
  }

  /// From planes, `[channels, height, width]`, as networks make them; `range` is mapped to 0…255
  /// and what lies outside it is clipped (NaN becomes 0).
  public init(
    planes: [Float], width: Int, height: Int, channels: Int, range: ClosedRange<Float> = -1...1
  ) {
    let plane = width * height
    require(
      planes.count == plane * channels,
      "Image expected \(channels)×\(height)×\(width) values, received \(planes.count)")
    let scale = 255 / (range.upperBound - range.lowerBound)
    var pixels = [UInt8](repeating: 0, count: planes.count)
    for channel in 0..<channels {
      for position in 0..<plane {
        let value = (planes[channel * plane + position] - range.lowerBound) * scale
        pixels[position * channels + channel] =
          value > 0 ? UInt8(min(255, value.rounded())) : 0
      }
    }
    self.init(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// The same picture with another number of channels. Gray is the luma of ITU-R BT.601; opacity is
  /// added as full and dropped without blending.
  public func converted(toChannels target: Int) -> Image {
    if target == channels { return self }
    var result: [UInt8] = []
    result.reserveCapacity(width * height * target)
    for start in stride(from: 0, to: pixels.count, by: channels) {
      let red = pixels[start]
      let green = channels > 1 ? pixels[start + 1] : red
      let blue = channels > 1 ? pixels[start + 2] : red
      if target == 1 {
        let luma: Int = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue)
        result.append(UInt8((luma + 500) / 1000))
      } else {
        result.append(contentsOf: [red, green, blue])
        if target == 4 { result.append(channels == 4 ? pixels[start + 3] : 255) }
      }
    }
    return Image(width: width, height: height, channels: target, pixels: result)
  }

  /// A grid of equally large images, row by row, with `padding` pixels between and around them.
  ///
  /// Traps if there is no image or if sizes differ.
  public static func contactSheet(
    _ images: [Image], columns: Int? = nil, padding: Int = 2, background: UInt8 = 255
  ) -> Image {
    guard let first = images.first else { fatalError("contactSheet of no images") }
    let columns = max(1, columns ?? Int(Double(images.count).squareRoot().rounded(.up)))
    let rows = (images.count + columns - 1) / columns
    let width = columns * (first.width + padding) + padding
    let height = rows * (first.height + padding) + padding
    let channels = images.map(\.channels).max() ?? 1
    var sheet = [UInt8](repeating: background, count: width * height * channels)
    if channels == 4 { for index in stride(from: 3, to: sheet.count, by: 4) { sheet[index] = 255 } }
    for (index, image) in images.enumerated() {
      require(
        image.width == first.width && image.height == first.height,
        "contactSheet expected \(first.width)×\(first.height) images, received "
          + "\(image.width)×\(image.height)")
      let image = image.converted(toChannels: channels)
      let left = padding + index % columns * (first.width + padding)
      let top = padding + index / columns * (first.height + padding)
      let rowBytes = image.width * channels
      for row in 0..<image.height {
        let target = ((top + row) * width + left) * channels
        sheet.replaceSubrange(
          target..<target + rowBytes, with: image.pixels[row * rowBytes..<(row + 1) * rowBytes])
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: sheet)
  }

  /// Repeats each pixel `factor` times both ways, so that small images can be seen.
  public func enlarged(_ factor: Int) -> Image {
    require(factor >= 1, "Image.enlarged expected a factor ≥ 1, received \(factor)")
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count * factor * factor)
    for row in 0..<height {
      var line: [UInt8] = []
      for column in 0..<width {
        let start = (row * width + column) * channels
        for _ in 0..<factor { line.append(contentsOf: pixels[start..<start + channels]) }
      }
      for _ in 0..<factor { result.append(contentsOf: line) }
    }
    return Image(width: width * factor, height: height * factor, channels: channels, pixels: result)
  }
}
