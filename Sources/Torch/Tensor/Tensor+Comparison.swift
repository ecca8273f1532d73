extension Tensor {
  // Comparisons are element by element and give bool tensors; `.==` and its like follow SIMD's names.

  public static func .== (left: Tensor, right: Tensor) -> Tensor { ATen.equal.binary(left, right) }
  public static func .== (left: Tensor, right: Double) -> Tensor {
    ATen.equalNumber.binary(left, right)
  }
  public static func .!= (left: Tensor, right: Tensor) -> Tensor {
    ATen.notEqual.binary(left, right)
  }
  public static func .!= (left: Tensor, right: Double) -> Tensor {
    ATen.notEqualNumber.binary(left, right)
  }
  public static func .< (left: Tensor, right: Tensor) -> Tensor { ATen.less.binary(left, right) }
  public static func .< (left: Tensor, right: Double) -> Tensor {
    ATen.lessNumber.binary(left, right)
  }
  public static func .<= (left: Tensor, right: Tensor) -> Tensor {
    ATen.lessOrEqual.binary(left, right)
  }
  public static func .<= (left: Tensor, right: Double) -> Tensor {
    ATen.lessOrEqualNumber.binary(left, right)
  }
  public static func .> (left: Tensor, right: Tensor) -> Tensor { ATen.greater.binary(left, right) }
  public static func .> (left: Tensor, right: Double) -> Tensor {
    ATen.greaterNumber.binary(left, right)
  }
  public static func .>= (left: Tensor, right: Tensor) -> Tensor {
    ATen.greaterOrEqual.binary(left, right)
  }
  public static func .>= (left: Tensor, right: Double) -> Tensor {
    ATen.greaterOrEqualNumber.binary(left, right)
  }

  public static func .== (left: Tensor, right: Int) -> Tensor {
    ATen.equalNumber.binary(left, right)
  }
  public static func .== (left: Tensor, right: Float) -> Tensor { left .== Double(right) }
  public static func .!= (left: Tensor, right: Int) -> Tensor {
    ATen.notEqualNumber.binary(left, right)
  }
  public static func .!= (left: Tensor, right: Float) -> Tensor { left .!= Double(right) }
  public static func .< (left: Tensor, right: Int) -> Tensor { ATen.lessNumber.binary(left, right) }
  public static func .< (left: Tensor, right: Float) -> Tensor { left .< Double(right) }
  public static func .<= (left: Tensor, right: Int) -> Tensor {
    ATen.lessOrEqualNumber.binary(left, right)
  }
  public static func .<= (left: Tensor, right: Float) -> Tensor { left .<= Double(right) }
  public static func .> (left: Tensor, right: Int) -> Tensor {
    ATen.greaterNumber.binary(left, right)
  }
  public static func .> (left: Tensor, right: Float) -> Tensor { left .> Double(right) }
  public static func .>= (left: Tensor, right: Int) -> Tensor {
    ATen.greaterOrEqualNumber.binary(left, right)
  }
  public static func .>= (left: Tensor, right: Float) -> Tensor { left .>= Double(right) }

  public func logicalNot() -> Tensor { ATen.logicalNot.unary(self) }
  public func logicalAnd(_ other: Tensor) -> Tensor { ATen.logicalAnd.binary(self, other) }
  public func logicalOr(_ other: Tensor) -> Tensor { ATen.logicalOr.binary(self, other) }

  /// The elements of `other` where `condition` holds, those of `self` elsewhere: `where` of PyTorch, NumPy
  /// and MLX.
  public func replacing(with other: Tensor, where condition: Tensor) -> Tensor {
    ATen.select.tensor(condition, other, self)
  }

  /// `value` where `mask` holds, the elements of `self` elsewhere (`masked_fill`).
  public func maskedFill(_ mask: Tensor, _ value: Double) -> Tensor {
    ATen.maskedFill.tensor(self, mask, value)
  }

  public func isNaN() -> Tensor { ATen.isNaN.unary(self) }
  public func isFinite() -> Tensor { ATen.isFinite.unary(self) }

  /// Whether both have the same shape and the same elements.
  public func equals(_ other: Tensor) -> Bool {
    shape == other.shape && dtype == other.dtype && (self .== other).all().item() != 0
  }

  /// Whether all |self − other| ≤ absolute + relative · |other|.
  public func isClose(
    to other: Tensor, relative: Double = 1e-5, absolute: Double = 1e-8
  ) -> Bool {
    guard shape == other.shape else { return false }
    return ATen.isClose.tensor(self, other, relative, absolute).all().item() != 0
  }
}

extension ATen {
  static let equal = Operator("eq", "Tensor")
  static let equalNumber = Operator("eq", "Scalar")
  static let notEqual = Operator("ne", "Tensor")
  static let notEqualNumber = Operator("ne", "Scalar")
  static let less = Operator("lt", "Tensor")
  static let lessNumber = Operator("lt", "Scalar")
  static let lessOrEqual = Operator("le", "Tensor")
  static let lessOrEqualNumber = Operator("le", "Scalar")
  static let greater = Operator("gt", "Tensor")
  static let greaterNumber = Operator("gt", "Scalar")
  static let greaterOrEqual = Operator("ge", "Tensor")
  static let greaterOrEqualNumber = Operator("ge", "Scalar")
  static let logicalNot = Operator("logical_not")
  static let logicalAnd = Operator("logical_and")
  static let logicalOr = Operator("logical_or")
  static let select = Operator("where", "self")
  static let maskedFill = Operator("masked_fill", "Scalar")
  static let isNaN = Operator("isnan")
  static let isFinite = Operator("isfinite")
  static let isClose = Operator("isclose")
}
