extension Tensor {
  /// The same elements in another shape (`reshape`, `view`); one axis may be −1 and is worked out.
  public func reshaped(_ shape: [Int]) -> Tensor { ATen.reshape.binary(self, shape) }
  public func reshaped(_ shape: Int...) -> Tensor { reshaped(shape) }

  /// Joins the axes from `first` to `last` into one. PyTorch: `flatten`.
  public func flattened(from first: Int = 0, to last: Int = -1) -> Tensor {
    ATen.flatten.tensor(self, first, last)
  }

  /// Splits one axis into several.
  public func unflattened(_ axis: Int, _ shape: [Int]) -> Tensor {
    ATen.unflatten.tensor(self, axis, shape)
  }

  /// Swaps two axes (`transpose`, `swapaxes`).
  public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
    ATen.transpose.tensor(self, first, second)
  }

  /// Reorders the axes (`permute`): axis i of the result is axis `order[i]` of `self`.
  public func permuted(_ order: Int...) -> Tensor { ATen.permute.binary(self, order) }
  public func permuted(_ order: [Int]) -> Tensor { ATen.permute.binary(self, order) }

  /// Inserts an axis of length 1 (`unsqueeze`, `expand_dims`).
  public func expandingAxis(_ axis: Int) -> Tensor { ATen.unsqueeze.tensor(self, axis) }

  /// Removes an axis of length 1. PyTorch and NumPy: `squeeze`.
  public func squeezed(_ axis: Int) -> Tensor { ATen.squeezeAxis.tensor(self, axis) }

  /// Removes all axes of length 1.
  public func squeezed() -> Tensor { ATen.squeeze.unary(self) }

  /// Repeats axes of length 1 to the given shape without copying (`expand`, `broadcast_to`); −1 keeps an
  /// axis.
  public func broadcast(to shape: [Int]) -> Tensor { ATen.expand.binary(self, shape) }

  /// Repeats the whole tensor (`repeat`, `tile`) `counts[i]` times along axis i.
  public func tiled(_ counts: [Int]) -> Tensor { ATen.tile.tensor(self, counts) }

  /// Repeats each element `count` times along `axis` (`repeat_interleave`).
  public func repeatedElements(_ count: Int, axis: Int) -> Tensor {
    ATen.repeatInterleave.tensor(self, count, axis)
  }

  /// Reverses the order along axes. PyTorch and NumPy: `flip`.
  public func flipped(_ axes: Int...) -> Tensor { ATen.flip.binary(self, axes) }

  /// Moves elements along an axis, those that fall off return at the other end.
  /// PyTorch and NumPy: `roll`.
  public func rolled(_ shift: Int, axis: Int) -> Tensor { ATen.roll.tensor(self, [shift], [axis]) }

  /// Pads with a constant. `widths` lists (before, after) from the last axis backwards.
  /// PyTorch: `pad`.
  public func padded(_ widths: [Int], value: Double = 0) -> Tensor {
    ATen.constantPad.tensor(self, widths, value)
  }

  /// All windows (`unfold`) of `size` neighbors along `axis`, `step` apart: that axis counts the windows, and
  /// a new last axis holds their elements. A view.
  public func slidingWindows(_ axis: Int, size: Int, step: Int = 1) -> Tensor {
    ATen.slidingWindows.tensor(self, axis, size, step)
  }

  /// Pads by mirroring. `widths` lists (before, after) from the last axis backwards.
  public func reflectionPadded(_ widths: [Int]) -> Tensor {
    ATen.pad.tensor(self, widths, "reflect", nil)
  }

  /// Joins tensors along an existing axis (`cat`).
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    ATen.cat.tensor(tensors, axis)
  }

  /// Joins tensors of one shape along a new axis. PyTorch and NumPy: `stack`.
  public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    ATen.stack.tensor(tensors, axis)
  }

  /// Cuts an axis into pieces of `size`; the last may be shorter.
  public func split(_ size: Int, axis: Int = 0) -> [Tensor] {
    ATen.split.tensors(self, size, axis)
  }

  /// Cuts an axis into pieces of the given sizes. PyTorch: `split`.
  public func split(sizes: [Int], axis: Int = 0) -> [Tensor] {
    ATen.splitWithSizes.tensors(self, sizes, axis)
  }

  /// Cuts an axis into `count` nearly equal pieces. PyTorch: `chunk`; NumPy: `array_split`.
  public func chunked(_ count: Int, axis: Int = 0) -> [Tensor] {
    ATen.chunk.tensors(self, count, axis)
  }

  /// The slices along an axis, without it (`unbind`, `unstack`).
  public func unbound(_ axis: Int = 0) -> [Tensor] { ATen.unbind.tensors(self, axis) }

  /// The same elements, row-major in storage.
  public func contiguous() -> Tensor { ATen.contiguous.tensor(self) }

  /// A copy with storage of its own. PyTorch: `clone`; NumPy: `copy`.
  public func clone() -> Tensor { ATen.clone.tensor(self) }

  /// The same values as another element type.
  /// PyTorch: `to`, `float()`, `long()`; NumPy: `astype`; Keras: `cast`.
  public func to(_ dtype: DType) -> Tensor {
    self.dtype == dtype ? self : ATen.toType.tensor(self, dtype)
  }

  /// The same values on another device. PyTorch: `cuda()`, `cpu()`.
  public func to(_ device: Device) -> Tensor {
    ATen.toDevice.tensor(self, nil, nil, device)
  }

  /// Channels last in storage: the layout that convolutions run fastest in.
  public func channelsLast() -> Tensor { ATen.contiguous.tensor(self, 2) }

  /// The lower triangle, from `diagonal` down. PyTorch and NumPy: `tril`.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor { ATen.tril.tensor(self, diagonal) }
  /// The upper triangle, from `diagonal` up. PyTorch and NumPy: `triu`.
  public func upperTriangle(diagonal: Int = 0) -> Tensor { ATen.triu.tensor(self, diagonal) }
  /// The diagonal of the last two axes.
  public func diagonal() -> Tensor { ATen.diagonal.tensor(self, 0, -2, -1) }
  /// A diagonal matrix from a vector, for each vector of the last axis.
  public func diagonalMatrix() -> Tensor { ATen.diagonalEmbed.tensor(self) }
}

extension ATen {
  static let reshape = Operator("reshape")
  static let flatten = Operator("flatten", "using_ints")
  static let unflatten = Operator("unflatten", "int")
  static let transpose = Operator("transpose", "int")
  static let permute = Operator("permute")
  static let unsqueeze = Operator("unsqueeze")
  static let squeeze = Operator("squeeze")
  static let squeezeAxis = Operator("squeeze", "dim")
  static let expand = Operator("expand")
  static let tile = Operator("tile")
  static let repeatInterleave = Operator("repeat_interleave", "self_int")
  static let flip = Operator("flip")
  static let roll = Operator("roll")
  static let constantPad = Operator("constant_pad_nd")
  static let pad = Operator("pad")
  static let slidingWindows = Operator("unfold")
  static let cat = Operator("cat")
  static let stack = Operator("stack")
  static let split = Operator("split", "Tensor")
  static let splitWithSizes = Operator("split_with_sizes")
  static let chunk = Operator("chunk")
  static let unbind = Operator("unbind", "int")
  static let contiguous = Operator("contiguous")
  static let clone = Operator("clone")
  static let toType = Operator("to", "dtype")
  static let toDevice = Operator("to", "dtype_layout")
  static let tril = Operator("tril")
  static let triu = Operator("triu")
  static let diagonal = Operator("diagonal")
  static let diagonalEmbed = Operator("diag_embed")
}
