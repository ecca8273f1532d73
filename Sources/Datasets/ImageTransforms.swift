import Messages
import Parallel

/// Cuts a window out of a picture at a random place, after `padding` zeros on each side.
public struct RandomCrop: ExampleTransform {
  public let height: Int
  public let width: Int
  public let padding: Int
  /// The input that is changed; `nil`: the first.
  public let input: String?

  public init(height: Int, width: Int, padding: Int = 0, input: String? = nil) {
    require(
      height >= 1 && width >= 1 && padding >= 0,
      "RandomCrop expected a height and a width ≥ 1 and padding ≥ 0, received \(height), \(width), "
        + "\(padding)")
    self.height = height
    self.width = width
    self.padding = padding
    self.input = input
  }

  /// The middle.
  public var forEvaluation: (any ExampleTransform)? {
    CenterCrop(height: height, width: width, input: input)
  }

  /// Throws `InputError` if the picture is smaller.
  public func apply(to example: inout Example, random: inout RandomStream) throws {
    try example.changePicture(input, of: "RandomCrop") { picture in
      let rows = picture.shape[1] + 2 * padding - height
      let columns = picture.shape[2] + 2 * padding - width
      guard rows >= 0, columns >= 0 else {
        throw InputError(
          "RandomCrop expected at least \(height) × \(width) pixels, received a picture of "
            + "\(picture.shape[1]) × \(picture.shape[2]) with padding \(padding)")
      }
      let top = random.below(rows + 1) - padding
      let left = random.below(columns + 1) - padding
      picture = picture.window(top: top, left: left, height: height, width: width)
    }
  }
}

/// Mirrors a picture left to right with the given probability.
public struct RandomHorizontalFlip: ExampleTransform {
  public let probability: Double
  /// The input that is changed; `nil`: the first.
  public let input: String?

  public init(probability: Double = 0.5, input: String? = nil) {
    require(
      0...1 ~= probability, "RandomHorizontalFlip expected a probability, received \(probability)")
    self.probability = probability
    self.input = input
  }

  public var forEvaluation: (any ExampleTransform)? { nil }

  public func apply(to example: inout Example, random: inout RandomStream) throws {
    guard random.uniform() < probability else { return }
    try example.changePicture(input, of: "RandomHorizontalFlip") { $0 = $0.mirrored() }
  }
}

/// Cuts the middle out of a picture.
public struct CenterCrop: ExampleTransform {
  public let height: Int
  public let width: Int
  public let input: String?

  public init(height: Int, width: Int, input: String? = nil) {
    self.height = height
    self.width = width
    self.input = input
  }

  public func apply(to example: inout Example, random: inout RandomStream) throws {
    try example.changePicture(input, of: "CenterCrop") { picture in
      let (top, left) = (picture.shape[1] - height, picture.shape[2] - width)
      guard top >= 0, left >= 0 else {
        throw InputError(
          "CenterCrop expected at least \(height) × \(width) pixels, received "
            + "\(picture.shape[1]) × \(picture.shape[2])")
      }
      picture = picture.window(top: top / 2, left: left / 2, height: height, width: width)
    }
  }
}

extension Example {
  /// Changes the input called `name`, by default the first, which must be a picture `[C, H, W]`.
  fileprivate mutating func changePicture(
    _ name: String?, of transform: String, _ body: (inout ExampleValue) throws -> Void
  ) throws {
    let place = name.map { name in inputs.firstIndex { $0.name == name } } ?? 0
    guard let place, inputs[place].value.shape.count == 3 else {
      throw InputError(
        "\(transform) expected a picture [C, H, W] in '\(name ?? inputs[0].name)', received "
          + inputs.map { "\($0.name) \($0.value.shape)" }.joined(separator: ", "))
    }
    try body(&inputs[place].value)
  }
}

extension ExampleValue {
  /// The rows and columns of a picture from (top, left) on; what lies outside is 0.
  fileprivate func window(top: Int, left: Int, height: Int, width: Int) -> ExampleValue {
    let (channels, oldHeight, oldWidth) = (shape[0], shape[1], shape[2])
    let element = dtype.byteCount
    var window = [UInt8](repeating: 0, count: channels * height * width * element)
    let firstColumn = max(0, -left)
    let count = (min(width, oldWidth - left) - firstColumn) * element
    guard count > 0 else {
      return ExampleValue(
        bytes: window, dtype: dtype, shape: [channels, height, width], isSequence: false)
    }
    window.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        for channel in 0..<channels {
          for row in 0..<height where 0..<oldHeight ~= row + top {
            let from = ((channel * oldHeight + row + top) * oldWidth + left + firstColumn) * element
            let to = ((channel * height + row) * width + firstColumn) * element
            UnsafeMutableRawBufferPointer(rebasing: target[to..<to + count])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + count]))
          }
        }
      }
    }
    return ExampleValue(
      bytes: window, dtype: dtype, shape: [channels, height, width], isSequence: false)
  }

  fileprivate func mirrored() -> ExampleValue {
    let element = dtype.byteCount
    let width = shape[2]
    var mirrored = bytes
    mirrored.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { source in
        for row in 0..<shape[0] * shape[1] {
          for column in 0..<width {
            let from = (row * width + column) * element
            let to = (row * width + width - 1 - column) * element
            for byte in 0..<element { target[to + byte] = source[from + byte] }
          }
        }
      }
    }
    return ExampleValue(bytes: mirrored, dtype: dtype, shape: shape, isSequence: false)
  }
}
