import Formats
import Messages
import Torch

/// One example: named values, and what is to be predicted.
public struct Example: Sendable {
  public var inputs: [(name: String, value: ExampleValue)]
  public var label: ExampleValue?

  /// One input, called `input`.
  public init(_ input: ExampleValue, label: ExampleValue? = nil) {
    inputs = [("input", input)]
    self.label = label
  }

  /// Several inputs by name.
  public init(_ inputs: KeyValuePairs<String, ExampleValue>, label: ExampleValue? = nil) {
    self.inputs = inputs.map { ($0.key, $0.value) }
    self.label = label
  }

  init(inputs: [(name: String, value: ExampleValue)], label: ExampleValue?) {
    self.inputs = inputs
    self.label = label
  }

  /// The input called `name`. Traps if there is none.
  public subscript(name: String) -> ExampleValue {
    get { inputs[place(name)].value }
    set { inputs[place(name)].value = newValue }
  }

  /// The first input.
  public var input: ExampleValue {
    get { inputs[0].value }
    set { inputs[0].value = newValue }
  }

  private func place(_ name: String) -> Int {
    guard let place = inputs.firstIndex(where: { $0.name == name }) else {
      fatalError("there is no input '\(name)'; there are \(inputs.map(\.name))")
    }
    return place
  }
}

/// A value of one example, in plain memory: threads may make and pass it on.
public struct ExampleValue: Sendable {
  /// Row-major little-endian elements.
  var bytes: [UInt8]
  let dtype: DType
  public let shape: [Int]
  /// Whether examples differ along the first axis, so that a batch pads them.
  public let isSequence: Bool

  init(bytes: [UInt8], dtype: DType, shape: [Int], isSequence: Bool) {
    let expected = shape.reduce(dtype.byteCount, *)
    require(
      expected == bytes.count,
      "ExampleValue expected \(shape) elements of \(dtype), received \(bytes.count) bytes")
    self.bytes = bytes
    self.dtype = dtype
    self.shape = shape
    self.isSequence = isSequence
  }

  private static func value<Element: TensorElement>(
    _ values: [Element], _ shape: [Int]?, isSequence: Bool = false
  ) -> ExampleValue {
    ExampleValue(
      bytes: values.withUnsafeBytes(Array.init), dtype: Element.dtype,
      shape: shape ?? [values.count], isSequence: isSequence)
  }

  /// One whole number, such as a class (int64).
  public static func integer(_ value: Int) -> ExampleValue { Self.value([value], []) }
  /// One number (float32).
  public static func float(_ value: Float) -> ExampleValue { Self.value([value], []) }
  /// Whole numbers of a shape that all examples have (int64).
  public static func integers(_ values: [Int], shape: [Int]? = nil) -> ExampleValue {
    value(values, shape)
  }
  /// Numbers of a shape that all examples have (float32).
  public static func floats(_ values: [Float], shape: [Int]? = nil) -> ExampleValue {
    value(values, shape)
  }
  /// Bytes of a shape that all examples have: pixels `[C, H, W]` (uint8).
  public static func bytes(_ values: [UInt8], shape: [Int]) -> ExampleValue { value(values, shape) }
  /// Whole numbers, as many as the example has, such as a text's tokens (int64).
  public static func sequence(_ values: [Int]) -> ExampleValue {
    value(values, nil, isSequence: true)
  }
  /// Numbers, as many as the example has; with `width`, rows `(L, width)` (float32).
  public static func sequence(_ values: [Float], width: Int? = nil) -> ExampleValue {
    value(values, width.map { [values.count / $0, $0] }, isSequence: true)
  }
  /// A picture as bytes `[C, H, W]`.
  public static func image(_ image: Image) -> ExampleValue {
    let (height, width, channels) = (image.height, image.width, image.channels)
    guard channels > 1 else { return .bytes(image.pixels, shape: [1, height, width]) }
    let area = height * width
    let planes = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { planes, count in
      image.pixels.withUnsafeBufferPointer { pixels in
        for channel in 0..<channels {
          var source = channel
          for pixel in channel * area..<(channel + 1) * area {
            planes[pixel] = pixels[source]
            source += channels
          }
        }
      }
      count = image.pixels.count
    }
    return .bytes(planes, shape: [channels, height, width])
  }

  /// The number of elements along the first axis.
  public var length: Int { shape.first ?? 1 }

  /// Its elements, if they are whole numbers.
  public var integers: [Int]? { elements() }
  /// Its elements, if they are float32.
  public var floats: [Float]? { elements() }
  /// Its elements, if they are bytes.
  public var pixels: [UInt8]? { dtype == .uint8 ? bytes : nil }

  private func elements<Element: TensorElement>() -> [Element]? {
    guard dtype == Element.dtype else { return nil }
    let count = bytes.count / MemoryLayout<Element>.stride
    return [Element](unsafeUninitializedCapacity: count) { elements, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(elements).copyMemory(from: $0) }
      initialized = count
    }
  }
}
