/// A tensor's numbers at one moment, for what was computed from them: current until somebody writes to them or
/// another tensor takes their place.
public struct TensorSnapshot {
  private let tensor: Tensor
  private let version: Int

  public init(_ tensor: Tensor) {
    self.tensor = tensor.detach()
    version = Self.version(tensor)
  }

  /// Whether `tensor` still holds what it held, in the same place.
  public func isCurrent(_ tensor: Tensor) -> Bool {
    LibTorch.api.data(tensor.handle) == LibTorch.api.data(self.tensor.handle)
      && tensor.dtype == self.tensor.dtype && Self.version(tensor) == version
  }

  /// How often the tensor's storage was written to.
  private static func version(_ tensor: Tensor) -> Int {
    // Tensors of inference mode are not counted, and not written to by anything that trains.
    guard case .integer(let version)? = (try? ATen.version.call([tensor]))?.first else { return 0 }
    return version
  }
}

extension ATen {
  static let version = Operator("_version")
}
