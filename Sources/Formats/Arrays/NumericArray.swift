import Messages

/// An array as a file holds it: element type, shape, and the elements' bytes in C order (last index
/// fastest) and little endian.
public struct NumericArray: Sendable, Equatable {
  public let elementType: ElementType
  public let shape: [Int]
  public let bytes: [UInt8]

  /// Traps if `bytes` does not hold exactly the elements of `shape`.
  public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    let count = elementCount(of: shape)
    require(
      count.map { $0 * elementType.size } == bytes.count,
      "NumericArray expected \(shape) of \(elementType.rawValue), received \(bytes.count) bytes")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  public init<Element: StorableElement>(_ values: [Element], shape: [Int]) {
    self.init(
      elementType: Element.elementType, shape: shape, bytes: values.withUnsafeBytes(Array.init))
  }

  /// How many elements there are.
  public var count: Int { bytes.count / elementType.size }

  /// The elements, if they are stored as `Element`; `nil` for any other type.
  public func values<Element: StorableElement>(as _: Element.Type) -> [Element]? {
    guard Element.elementType == elementType else { return nil }
    return load(Element.self)
  }

  /// The elements as `Double`s, whatever real type they are stored as; `nil` for 8-bit floats and
  /// complex numbers.
  public func doubles() -> [Double]? {
    switch elementType {
    case .bool: load(UInt8.self).map { $0 == 0 ? 0 : 1 }
    case .uint8: load(UInt8.self).map(Double.init)
    case .int8: load(Int8.self).map(Double.init)
    case .int16: load(Int16.self).map(Double.init)
    case .uint16: load(UInt16.self).map(Double.init)
    case .int32: load(Int32.self).map(Double.init)
    case .uint32: load(UInt32.self).map(Double.init)
    case .int64: load(Int64.self).map(Double.init)
    // `Double.init` alone would be the one that takes a bit pattern.
    case .uint64: load(UInt64.self).map { Double($0) }
    case .float32: load(Float.self).map(Double.init)
    case .float64: load(Double.self)
    case .float16: load(UInt16.self).map { Double(Self.float(half: $0)) }
    case .bfloat16: load(UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .float8e5m2, .float8e4m3, .float8e8m0, .complex64: nil
    }
  }

  /// The elements as `Int`s; `nil` if they are no integers, or larger than `Int` holds.
  public func integers() -> [Int]? {
    switch elementType {
    case .bool: load(UInt8.self).map { $0 == 0 ? 0 : 1 }
    case .uint8: load(UInt8.self).map(Int.init)
    case .int8: load(Int8.self).map(Int.init)
    case .int16: load(Int16.self).map(Int.init)
    case .uint16: load(UInt16.self).map(Int.init)
    case .int32: load(Int32.self).map(Int.init)
    case .uint32: load(UInt32.self).map(Int.init)
    case .int64: load(Int64.self).map(Int.init)
    case .uint64: exact(load(UInt64.self).map { Int(exactly: $0) })
    case .float8e5m2, .float8e4m3, .float8e8m0, .float16, .bfloat16, .float32, .float64,
      .complex64:
      nil
    }
  }

  private func exact(_ values: [Int?]) -> [Int]? {
    let known = values.compactMap(\.self)
    return known.count == values.count ? known : nil
  }

  private func load<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
    bytes.withUnsafeBytes { source in
      [Element](unsafeUninitializedCapacity: count) { target, initialized in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
        initialized = count
      }
    }
  }

  /// IEEE 754 half precision to single; written out because `Float16` is missing on Intel macOS.
  static func float(half: UInt16) -> Float {
    let sign: Float = half & 0x8000 == 0 ? 1 : -1
    let exponent = Int(half >> 10 & 0x1f)
    let fraction = Float(half & 0x3ff)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * (1 + fraction * 0x1p-10)
        * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }
}
