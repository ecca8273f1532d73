import CTorch
import Messages

/// An n-dimensional array on a device, with automatic differentiation.
///
/// A tensor refers to storage that views share: `detach`, slices and transposes alias it. It is not
/// `Sendable`; a container that serializes access carries a model between tasks.
public final class Tensor {
  let handle: CTorchTensor

  /// Takes over a handle that the table returned.
  init(owning handle: CTorchTensor) { self.handle = handle }

  deinit { LibTorch.api.release(handle) }

  /// The number of axes; 0 for a scalar.
  public var rank: Int { Int(LibTorch.api.rank(handle)) }

  /// The length of each axis.
  public var shape: [Int] {
    let rank = self.rank
    let sizes = LibTorch.api.shape(handle)
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      for axis in 0..<rank { buffer[axis] = Int(sizes[axis]) }
      count = rank
    }
  }

  /// The length of one axis; negative axes count from the end.
  public func size(_ axis: Int) -> Int {
    let rank = self.rank
    let index = axis < 0 ? axis + rank : axis
    require(0..<rank ~= index, "axis \(axis) of a tensor of shape \(shape)")
    return Int(LibTorch.api.shape(handle)[index])
  }

  /// How far apart, in elements, neighbors along each axis lie in storage.
  public var strides: [Int] {
    let strides = LibTorch.api.strides(handle)
    return (0..<rank).map { Int(strides[$0]) }
  }

  /// The number of elements.
  public var count: Int { Int(LibTorch.api.element_count(handle)) }

  public var dtype: DType {
    guard let dtype = DType(rawValue: LibTorch.api.element_type(handle)) else {
      trap(TorchError("a tensor has an element type that Danlu does not know"))
    }
    return dtype
  }

  public var device: Device { Device(encoded: LibTorch.api.device(handle)) }

  public var isContiguous: Bool { LibTorch.api.is_contiguous(handle) }

  /// Whether gradients with respect to this tensor are recorded.
  public var requiresGradient: Bool {
    get { LibTorch.api.requires_gradient(handle) }
    set {
      if LibTorch.api.set_requires_gradient(handle, newValue) < 0 {
        trap(TorchError.last("requiresGradient of \(summary)"))
      }
    }
  }

  /// Whether the tensor was made by the user and not by a recorded operation.
  public var isLeaf: Bool { LibTorch.api.is_leaf(handle) }

  /// Element type, shape and device in a few words, for messages.
  public var summary: String {
    let place = device == .cpu ? "" : " on \(device)"
    return "\(dtype) \(shape)\(place)"
  }
}

/// Ends the process with the message of a programmer's mistake.
func trap(
  _ error: TorchError, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(error.message, file: file, line: line)
}

extension Tensor {
  /// Whether both have the same shape.
  package func hasShape(of other: Tensor) -> Bool {
    let rank = LibTorch.api.rank(handle)
    guard rank == LibTorch.api.rank(other.handle) else { return false }
    let (sizes, others) = (LibTorch.api.shape(handle), LibTorch.api.shape(other.handle))
    for axis in 0..<Int(rank) where sizes[axis] != others[axis] { return false }
    return true
  }

  /// Whether both have the same element type, shape, device and order in storage without gaps.
  package func hasLayout(of other: Tensor) -> Bool {
    guard hasShape(of: other),
      LibTorch.api.element_type(handle) == LibTorch.api.element_type(other.handle),
      LibTorch.api.device(handle) == LibTorch.api.device(other.handle)
    else { return false }
    if LibTorch.api.is_contiguous(handle) { return LibTorch.api.is_contiguous(other.handle) }
    let (strides, others) = (LibTorch.api.strides(handle), LibTorch.api.strides(other.handle))
    for axis in 0..<rank where strides[axis] != others[axis] { return false }
    return true
  }
}
