extension Tensor {
  /// Elements along an axis in order, and where they came from (int64). Equal ones keep their order.
  /// PyTorch and NumPy: `sort`.
  public func sorted(
    axis: Int = -1, descending: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let results = ATen.sort.tensors(self, true, axis, descending)
    return (results[0], results[1])
  }

  /// The positions that would sort an axis.
  public func argsort(axis: Int = -1, descending: Bool = false) -> Tensor {
    sorted(axis: axis, descending: descending).indices
  }

  /// The `count` largest (or smallest) elements along an axis, in order, and where they are.
  /// PyTorch: `topk`.
  public func topK(
    _ count: Int, axis: Int = -1, largest: Bool = true
  ) -> (values: Tensor, indices: Tensor) {
    let results = ATen.topK.tensors(self, count, axis, largest, true)
    return (results[0], results[1])
  }

  /// The distinct elements in rising order.
  public func unique() -> Tensor { ATen.unique.tensors(self, true, false, false)[0] }

  /// How often each of 0, 1, … occurs; at least `minimumLength` counts.
  public func bincount(minimumLength: Int = 0) -> Tensor {
    ATen.bincount.tensor(self, nil, minimumLength)
  }

  /// For each of `values`, how many elements of this sorted vector are smaller.
  public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor {
    ATen.searchSorted.tensor(self, values, false, right)
  }
}

extension ATen {
  static let sort = Operator("sort", "stable")
  static let topK = Operator("topk")
  static let unique = Operator("_unique2")
  static let bincount = Operator("bincount")
  static let searchSorted = Operator("searchsorted", "Tensor")
}
