import CTorch

extension Tensor {
  /// The elements, row-major. `Element` must be the tensor's element type, or the elements are
  /// converted first.
  public func array<Element: TensorElement>(_ type: Element.Type = Element.self) -> [Element] {
    let source = dtype == Element.dtype ? self : to(Element.dtype)
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      source.copy(to: bytes)
      initialized = buffer.count
    }
  }

  /// The elements as Float. PyTorch: `numpy()`, `tolist()`.
  public func floats() -> [Float] { array() }
  /// The elements as Double.
  public func doubles() -> [Double] { array() }
  /// The elements as Int.
  public func integers() -> [Int] { array() }

  /// The only element, as a Double. Waits for the device. PyTorch: `item()`; Keras: `float(x)`.
  public func item() -> Double {
    var value = 0.0
    if LibTorch.api.item_real(handle, &value) < 0 { trap(TorchError.last("item of \(summary)")) }
    return value
  }

  /// The only element, as an Int. Waits for the device.
  public func integerItem() -> Int {
    var value: Int64 = 0
    if LibTorch.api.item_integer(handle, &value) < 0 {
      trap(TorchError.last("integerItem of \(summary)"))
    }
    return Int(value)
  }

  /// The number of bytes of the elements.
  public var byteCount: Int { count * dtype.byteCount }

  /// Copies the elements, row-major, to memory of exactly `byteCount` bytes.
  public func copy(to destination: UnsafeMutableRawBufferPointer) {
    let status = LibTorch.api.copy_to_host(
      handle, destination.baseAddress, Int64(destination.count))
    if status < 0 { trap(TorchError.last("copy of \(summary) to the host")) }
  }

  /// Gives `body` the elements without a copy if they lie row-major in host memory, else of a copy.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let source = device == .cpu && isContiguous ? self : to(Device.cpu).contiguous()
    return try withExtendedLifetime(source) {
      try body(
        UnsafeRawBufferPointer(start: LibTorch.api.data(source.handle), count: source.byteCount))
    }
  }
}
