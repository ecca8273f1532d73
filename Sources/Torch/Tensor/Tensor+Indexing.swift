import Messages

/// What may stand between the brackets of `tensor[…]`.
public protocol TensorIndex {
  var tensorIndex: TensorIndexElement { get }
}

/// One step of an index expression.
public enum TensorIndexElement: TensorIndex {
  /// One position of an axis, which disappears. Negative ones count from the end.
  case position(Int)
  /// The positions from `start` to `end` (excluded), every `step`-th.
  case slice(start: Int?, end: Int?, step: Int)
  /// A new axis of length 1; written `.newAxis`.
  case insertion
  /// As many whole axes as are needed; written `.ellipsis`.
  case rest
  /// Positions as an int64 tensor, or a bool mask.
  case tensor(Tensor)

  public var tensorIndex: TensorIndexElement { self }
}

extension TensorIndex where Self == TensorIndexElement {
  /// A new axis of length 1.
  public static var newAxis: TensorIndexElement { .insertion }
  /// As many whole axes as are needed.
  public static var ellipsis: TensorIndexElement { .rest }
  /// The whole axis.
  public static var all: TensorIndexElement { .slice(start: nil, end: nil, step: 1) }
  /// Every `step`-th position.
  public static func every(_ step: Int) -> TensorIndexElement {
    .slice(start: nil, end: nil, step: step)
  }
}

extension Int: TensorIndex {
  public var tensorIndex: TensorIndexElement { .position(self) }
}
extension Range<Int>: TensorIndex {
  public var tensorIndex: TensorIndexElement {
    .slice(start: lowerBound, end: upperBound, step: 1)
  }
}
extension ClosedRange<Int>: TensorIndex {
  public var tensorIndex: TensorIndexElement {
    .slice(start: lowerBound, end: endAfter(upperBound), step: 1)
  }
}
extension PartialRangeFrom<Int>: TensorIndex {
  public var tensorIndex: TensorIndexElement { .slice(start: lowerBound, end: nil, step: 1) }
}
extension PartialRangeUpTo<Int>: TensorIndex {
  public var tensorIndex: TensorIndexElement { .slice(start: nil, end: upperBound, step: 1) }
}
extension PartialRangeThrough<Int>: TensorIndex {
  public var tensorIndex: TensorIndexElement {
    .slice(start: nil, end: endAfter(upperBound), step: 1)
  }
}

/// The end of a slice whose last position is given; after the last element, −1, there is no number.
private func endAfter(_ position: Int) -> Int? { position == -1 ? nil : position + 1 }

extension Tensor: TensorIndex {
  public var tensorIndex: TensorIndexElement { .tensor(self) }
}

extension Tensor {
  /// The part that the indices name, as NumPy does it: positions, ranges, `.all`, `.ellipsis`,
  /// `.newAxis`, int64 tensors and bool masks. Setting writes through to the storage.
  public subscript(indices: any TensorIndex...) -> Tensor {
    get {
      let (view, advanced) = sliced(indices.map(\.tensorIndex))
      guard advanced.contains(where: { $0 != nil }) else { return view }
      return ATen.index.tensor(view, advanced)
    }
    set {
      let (view, advanced) = sliced(indices.map(\.tensorIndex))
      if advanced.contains(where: { $0 != nil }) {
        ATen.indexPutInPlace.perform(view, advanced, newValue)
      } else {
        view.copyInPlace(from: newValue)
      }
    }
  }

  /// Applies positions and slices; tensors are left, each at the axis of the view it selects from.
  private func sliced(_ elements: [TensorIndexElement]) -> (Tensor, [Tensor?]) {
    var consumed = 0
    for element in elements {
      switch element {
      case .insertion, .rest: break
      case .tensor(let index) where index.dtype == .bool: consumed += index.rank
      default: consumed += 1
      }
    }
    require(consumed <= rank, "\(consumed) indices for a tensor of shape \(shape)")
    var view = self
    var axis = 0
    var advanced: [Tensor?] = []
    for element in elements {
      switch element {
      case .position(let position):
        view = ATen.selectPosition.tensor(view, axis, position)
      case .slice(let start, let end, let step):
        if start != nil || end != nil || step != 1 {
          view = ATen.slice.tensor(view, axis, start, end, step)
        }
        axis += 1
      case .insertion:
        view = view.expandingAxis(axis)
        axis += 1
      case .rest:
        axis += rank - consumed
      case .tensor(let index):
        while advanced.count < axis { advanced.append(nil) }
        advanced.append(index)
        axis += index.dtype == .bool ? index.rank : 1
      }
    }
    return (view, advanced)
  }

  /// The rows of `axis` at `positions` (whole numbers): `index_select` of PyTorch, `take` of NumPy and MLX, `gather`
  /// of TensorFlow.
  public func gatherRows(_ positions: Tensor, axis: Int = 0) -> Tensor {
    ATen.indexSelect.tensor(self, axis, positions.asPositions)
  }

  /// out[i][j] = self[i][index[i][j]] along `axis` (`gather`, `take_along_axis`).
  public func gather(_ index: Tensor, axis: Int) -> Tensor {
    ATen.gather.tensor(self, axis, index.asPositions)
  }

  /// self with `source` added at `index` along `axis`. PyTorch: `scatter_add`.
  public func scatterAdd(_ index: Tensor, _ source: Tensor, axis: Int) -> Tensor {
    ATen.scatterAdd.tensor(self, axis, index.asPositions, source)
  }

  /// self with rows of `source` added at `positions` of `axis`. PyTorch: `index_add`.
  public func indexAdd(_ positions: Tensor, _ source: Tensor, axis: Int = 0) -> Tensor {
    ATen.indexAdd.tensor(self, axis, positions.asPositions, source)
  }

  /// `length` positions of an axis from `start`, as a view (`narrow`).
  public func narrowed(_ axis: Int, start: Int, length: Int) -> Tensor {
    ATen.narrow.tensor(self, axis, start, length)
  }

  /// The elements where `mask` holds, as a vector.
  /// PyTorch: `masked_select`; TensorFlow: `boolean_mask`.
  public func masked(_ mask: Tensor) -> Tensor { ATen.maskedSelect.binary(self, mask) }

  /// The positions of nonzero elements, `(count, rank)`.
  public func nonzero() -> Tensor { ATen.nonzero.unary(self) }

  /// Integers as rows of zeros with a single one, `(…, classes)`, int64.
  /// PyTorch: `one_hot`; Keras: `to_categorical`.
  public func oneHot(_ classes: Int) -> Tensor { ATen.oneHot.binary(asPositions, classes) }

  /// Whole numbers of any type as int64, which libtorch wants positions to be; others as they are, for it
  /// to refuse.
  package var asPositions: Tensor {
    switch dtype {
    case .uint8, .int8, .int16, .int32: to(.int64)
    default: self
    }
  }
}

extension ATen {
  static let selectPosition = Operator("select", "int")
  static let slice = Operator("slice", "Tensor")
  static let index = Operator("index", "Tensor")
  static let indexPutInPlace = Operator("index_put_")
  static let indexSelect = Operator("index_select")
  static let gather = Operator("gather")
  static let scatterAdd = Operator("scatter_add")
  static let indexAdd = Operator("index_add")
  static let narrow = Operator("narrow")
  static let maskedSelect = Operator("masked_select")
  static let nonzero = Operator("nonzero")
  static let oneHot = Operator("one_hot")
}
