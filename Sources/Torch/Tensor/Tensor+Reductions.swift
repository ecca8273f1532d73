extension Tensor {
  // `axes: nil` reduces all axes to a scalar; `keepAxes` leaves reduced axes with length 1.

  public func sum(_ axes: Int..., keepAxes: Bool = false) -> Tensor {
    axes.isEmpty
      ? ATen.sumAll.unary(self) : ATen.sum.tensor(self, axes, keepAxes)
  }

  public func mean(_ axes: Int..., keepAxes: Bool = false) -> Tensor {
    axes.isEmpty
      ? ATen.meanAll.unary(self) : ATen.mean.tensor(self, axes, keepAxes)
  }

  /// The variance, over n − `correction`.
  public func variance(
    _ axes: Int..., correction: Int = 1, keepAxes: Bool = false
  ) -> Tensor {
    ATen.variance.tensor(self, axes.isEmpty ? nil : axes, correction, keepAxes)
  }

  /// The standard deviation, over n − `correction`.
  public func standardDeviation(
    _ axes: Int..., correction: Int = 1, keepAxes: Bool = false
  ) -> Tensor {
    ATen.standardDeviation.tensor(self, axes.isEmpty ? nil : axes, correction, keepAxes)
  }

  /// ln Σ exp, without overflow.
  public func logSumExp(_ axes: Int..., keepAxes: Bool = false) -> Tensor {
    let axes = axes.isEmpty ? Array(0..<rank) : axes
    return ATen.logSumExp.tensor(self, axes, keepAxes)
  }

  /// The largest elements; with axes, over these only.
  public func max(_ axes: Int..., keepAxes: Bool = false) -> Tensor {
    ATen.amax.tensor(self, axes, keepAxes)
  }

  /// The smallest elements; with axes, over these only.
  public func min(_ axes: Int..., keepAxes: Bool = false) -> Tensor {
    ATen.amin.tensor(self, axes, keepAxes)
  }

  /// The position of the largest element along `axis`, or in the flattened tensor.
  public func argmax(_ axis: Int? = nil, keepAxes: Bool = false) -> Tensor {
    ATen.argmax.tensor(self, axis, keepAxes)
  }

  /// The position of the smallest element along `axis`, or in the flattened tensor.
  public func argmin(_ axis: Int? = nil, keepAxes: Bool = false) -> Tensor {
    ATen.argmin.tensor(self, axis, keepAxes)
  }

  public func product() -> Tensor { ATen.productAll.unary(self) }
  public func product(_ axis: Int, keepAxes: Bool = false) -> Tensor {
    ATen.product.tensor(self, axis, keepAxes)
  }

  public func cumulativeSum(_ axis: Int) -> Tensor { ATen.cumulativeSum.tensor(self, axis) }

  public func all() -> Tensor { ATen.all.unary(self) }
  public func any() -> Tensor { ATen.any.unary(self) }
  public func any(_ axis: Int, keepAxes: Bool = false) -> Tensor {
    ATen.anyAlong.tensor(self, axis, keepAxes)
  }

  /// (Σ|x|^order)^(1/order); over all elements, or over axes.
  public func norm(_ axes: Int..., order: Double = 2, keepAxes: Bool = false) -> Tensor {
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
