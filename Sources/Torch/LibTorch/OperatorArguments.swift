import CTorch

extension CTorchSlot {
  @inline(__always)
  init(tensor: Tensor) {
    self.init()
    tag = Int32(CTORCH_TENSOR)
    self.tensor = tensor.handle
  }

  @inline(__always)
  init(integer: Int64) {
    self.init()
    tag = Int32(CTORCH_INTEGER)
    self.integer = integer
  }

  @inline(__always)
  init(real: Double) {
    self.init()
    tag = Int32(CTORCH_REAL)
    self.real = real
  }
}

extension OperatorArgument {
  public var scratchWords: Int { 0 }
}

extension Tensor: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot = CTorchSlot(tensor: self)
  }
  public var argumentSummary: String { summary }
}

extension Int: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot = CTorchSlot(integer: Int64(self))
  }
  public var argumentSummary: String { "\(self)" }
}

extension Double: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot = CTorchSlot(real: self)
  }
  public var argumentSummary: String { "\(self)" }
}

extension Bool: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot.tag = Int32(CTORCH_BOOLEAN)
    slot.integer = self ? 1 : 0
  }
  public var argumentSummary: String { "\(self)" }
}

extension DType: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot = CTorchSlot(integer: Int64(rawValue))
  }
  public var argumentSummary: String { description }
}

extension Device: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot.tag = Int32(CTORCH_DEVICE)
    slot.integer = encoded
  }
  public var argumentSummary: String { description }
}

extension RandomGenerator: OperatorArgument {
  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    slot.tag = Int32(CTORCH_GENERATOR)
    slot.generator = handle
  }
  public var argumentSummary: String { "generator" }
}

extension String: OperatorArgument {
  public var scratchWords: Int { (utf8.count + 7) / 8 }

  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    let bytes = UnsafeMutableRawPointer(scratch)
    for (offset, byte) in utf8.enumerated() {
      bytes.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    slot.tag = Int32(CTORCH_STRING)
    slot.count = Int32(utf8.count)
    slot.characters = UnsafePointer(bytes.assumingMemoryBound(to: CChar.self))
    scratch += scratchWords
  }
  public var argumentSummary: String { "\"\(self)\"" }
}

/// A list argument: `[Int]`, `[Double]`, `[Bool]`, `[Tensor]`, `[Tensor?]`.
extension Array: OperatorArgument where Element: OperatorListElement {
  public var scratchWords: Int { count }

  public func write(to slot: inout CTorchSlot, scratch: inout UnsafeMutablePointer<Int64>) {
    for (offset, element) in enumerated() { scratch[offset] = element.word }
    slot.tag = Element.listTag
    slot.count = Int32(count)
    slot.integers = UnsafePointer(scratch)
    scratch += count
  }

  public var argumentSummary: String {
    "[" + map(\.elementSummary).joined(separator: ", ") + "]"
  }
}

/// An element of a list argument; every kind fits one 64-bit word.
public protocol OperatorListElement {
  static var listTag: Int32 { get }
  var word: Int64 { get }
  var elementSummary: String { get }
}

extension Int: OperatorListElement {
  public static var listTag: Int32 { Int32(CTORCH_INTEGERS) }
  public var word: Int64 { Int64(self) }
  public var elementSummary: String { "\(self)" }
}

extension Double: OperatorListElement {
  public static var listTag: Int32 { Int32(CTORCH_REALS) }
  public var word: Int64 { Int64(bitPattern: bitPattern) }
  public var elementSummary: String { "\(self)" }
}

extension Bool: OperatorListElement {
  public static var listTag: Int32 { Int32(CTORCH_BOOLEANS) }
  public var word: Int64 { self ? 1 : 0 }
  public var elementSummary: String { "\(self)" }
}

extension Tensor: OperatorListElement {
  public static var listTag: Int32 { Int32(CTORCH_TENSORS) }
  public var word: Int64 { Int64(Int(bitPattern: handle)) }
  public var elementSummary: String { summary }
}

extension Optional: OperatorListElement where Wrapped == Tensor {
  public static var listTag: Int32 { Int32(CTORCH_TENSORS) }
  public var word: Int64 { self?.word ?? 0 }
  public var elementSummary: String { self?.summary ?? "none" }
}
