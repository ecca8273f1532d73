extension Tensor {
  // One axis or several, `sum(axis: 1)`, `mean(axis: 2, 3)`; without any, all elements become one number.
  // `keepAxes` leaves reduced axes with length 1, as PyTorch's `keepdim` and NumPy's `keepdims` do.

  /// The sum of all elements, or along axes. PyTorch: `sum(dim=…)`, NumPy and Keras: `sum(axis=…)`.
  public func sum(axis axes: Int..., keepAxes: Bool = false) -> Tensor {
    axes.isEmpty
      ? ATen.sumAll.unary(self) : ATen.sum.tensor(self, axes, keepAxes)
  }

  /// The mean of all elements, or along axes. PyTorch: `mean(dim=…)`, Keras: `mean(axis=…)`.
  public func mean(axis axes: Int..., keepAxes: Bool = false) -> Tensor {
    axes.isEmpty
      ? ATen.meanAll.unary(self) : ATen.mean.tensor(self, axes, keepAxes)
  }

  /// The variance, over n − `correction`. PyTorch: `var`.
  public func variance(
    axis axes: Int..., correction: Int = 1, keepAxes: Bool = false
  ) -> Tensor {
    ATen.variance.tensor(self, axes.isEmpty ? nil : axes, correction, keepAxes)
  }

  /// The standard deviation, over n − `correction`. PyTorch and NumPy: `std`.
  public func standardDeviation(
    axis axes: Int..., correction: Int = 1, keepAxes: Bool = false
  ) -> Tensor {
    ATen.standardDeviation.tensor(self, axes.isEmpty ? nil : axes, correction, keepAxes)
  }

  /// ln Σ exp, without overflow. PyTorch: `logsumexp`.
  public func logSumExp(axis axes: Int..., keepAxes: Bool = false) -> Tensor {
    let axes = axes.isEmpty ? Array(0..<rank) : axes
    return ATen.logSumExp.tensor(self, axes, keepAxes)
  }

  /// The largest element; with axes, along these only. PyTorch: `amax`, `max(dim=…)`; Keras: `max`.
  public func max(axis axes: Int..., keepAxes: Bool = false) -> Tensor {
    ATen.amax.tensor(self, axes, keepAxes)
  }

  /// The smallest element; with axes, along these only. PyTorch: `amin`, `min(dim=…)`.
  public func min(axis axes: Int..., keepAxes: Bool = false) -> Tensor {
    ATen.amin.tensor(self, axes, keepAxes)
  }

  /// The position of the largest element along `axis`, or in the flattened tensor.
  public func argmax(axis: Int? = nil, keepAxes: Bool = false) -> Tensor {
    ATen.argmax.tensor(self, axis, keepAxes)
  }

  /// The position of the smallest element along `axis`, or in the flattened tensor.
  public func argmin(axis: Int? = nil, keepAxes: Bool = false) -> Tensor {
    ATen.argmin.tensor(self, axis, keepAxes)
  }

  /// The product of all elements. PyTorch and NumPy: `prod`.
  public func product() -> Tensor { ATen.productAll.unary(self) }
  /// The product along an axis.
  public func product(axis: Int, keepAxes: Bool = false) -> Tensor {
    ATen.product.tensor(self, axis, keepAxes)
  }

  /// Running sums along an axis. PyTorch and NumPy: `cumsum`.
  public func cumulativeSum(axis: Int) -> Tensor { ATen.cumulativeSum.tensor(self, axis) }

  /// Whether every element is true, or not 0.
  public func all() -> Tensor { ATen.all.unary(self) }
  /// Whether an element is true, or not 0.
  public func any() -> Tensor { ATen.any.unary(self) }
  /// Whether an element along an axis is true, or not 0.
  public func any(axis: Int, keepAxes: Bool = false) -> Tensor {
    ATen.anyAlong.tensor(self, axis, keepAxes)
  }

  /// (Σ|x|^order)^(1/order); over all elements, or over axes.
  public func norm(axis axes: Int..., order: Double = 2, keepAxes: Bool = false) -> Tensor {
    ATen.vectorNorm.tensor(self, order, axes.isEmpty ? nil : axes, keepAxes)
  }
}

extension ATen {
  static let sumAll = Operator("sum")
  static let sum = Operator("sum", "dim_IntList")
  static let meanAll = Operator("mean")
  static let mean = Operator("mean", "dim")
  static let variance = Operator("var", "correction")
  static let standardDeviation = Operator("std", "correction")
  static let logSumExp = Operator("logsumexp")
  static let amax = Operator("amax")
  static let amin = Operator("amin")
  static let argmax = Operator("argmax")
  static let argmin = Operator("argmin")
  static let productAll = Operator("prod")
  static let product = Operator("prod", "dim_int")
  static let cumulativeSum = Operator("cumsum")
  static let all = Operator("all")
  static let any = Operator("any")
  static let anyAlong = Operator("any", "dim")
  static let vectorNorm = Operator("linalg_vector_norm")
}
