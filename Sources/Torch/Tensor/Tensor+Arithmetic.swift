extension Tensor {
  // Numbers cross as numbers, not as tensors: `int64 * 2` stays int64, `int64 * 2.0` is float32, and
  // a float16 tensor times any number stays float16.

  public static func + (left: Tensor, right: Tensor) -> Tensor { ATen.add.binary(left, right) }
  public static func + (left: Tensor, right: Double) -> Tensor {
    ATen.addNumber.binary(left, right)
  }
  public static func + (left: Tensor, right: Int) -> Tensor { ATen.addNumber.binary(left, right) }
  public static func + (left: Double, right: Tensor) -> Tensor {
    ATen.addNumber.binary(right, left)
  }
  public static func + (left: Int, right: Tensor) -> Tensor { ATen.addNumber.binary(right, left) }

  public static func - (left: Tensor, right: Tensor) -> Tensor { ATen.subtract.binary(left, right) }
  public static func - (left: Tensor, right: Double) -> Tensor {
    ATen.subtractNumber.binary(left, right)
  }
  public static func - (left: Tensor, right: Int) -> Tensor {
    ATen.subtractNumber.binary(left, right)
  }
  public static func - (left: Double, right: Tensor) -> Tensor { ATen.rsub.binary(right, left) }
  public static func - (left: Int, right: Tensor) -> Tensor { ATen.rsub.binary(right, left) }

  public static func * (left: Tensor, right: Tensor) -> Tensor { ATen.multiply.binary(left, right) }
  public static func * (left: Tensor, right: Double) -> Tensor {
    ATen.multiplyNumber.binary(left, right)
  }
  public static func * (left: Tensor, right: Int) -> Tensor {
    ATen.multiplyNumber.binary(left, right)
  }
  public static func * (left: Double, right: Tensor) -> Tensor {
    ATen.multiplyNumber.binary(right, left)
  }
  public static func * (left: Int, right: Tensor) -> Tensor {
    ATen.multiplyNumber.binary(right, left)
  }

  public static func / (left: Tensor, right: Tensor) -> Tensor { ATen.divide.binary(left, right) }
  public static func / (left: Tensor, right: Double) -> Tensor {
    ATen.divideNumber.binary(left, right)
  }
  public static func / (left: Tensor, right: Int) -> Tensor {
    ATen.divideNumber.binary(left, right)
  }
  public static func / (left: Double, right: Tensor) -> Tensor { right.reciprocal() * left }
  public static func / (left: Int, right: Tensor) -> Tensor { right.reciprocal() * left }

  public static func + (left: Tensor, right: Float) -> Tensor { left + Double(right) }
  public static func + (left: Float, right: Tensor) -> Tensor { Double(left) + right }
  public static func - (left: Tensor, right: Float) -> Tensor { left - Double(right) }
  public static func - (left: Float, right: Tensor) -> Tensor { Double(left) - right }
  public static func * (left: Tensor, right: Float) -> Tensor { left * Double(right) }
  public static func * (left: Float, right: Tensor) -> Tensor { Double(left) * right }
  public static func / (left: Tensor, right: Float) -> Tensor { left / Double(right) }
  public static func / (left: Float, right: Tensor) -> Tensor { Double(left) / right }

  // `x += y` puts a new tensor into the variable and leaves the storage that others see as it is, so that
  // gradients flow; `addInPlace` and its like change the storage.

  public static func += (left: inout Tensor, right: Tensor) { left = left + right }
  public static func += (left: inout Tensor, right: Double) { left = left + right }
  public static func += (left: inout Tensor, right: Float) { left = left + right }
  public static func += (left: inout Tensor, right: Int) { left = left + right }
  public static func -= (left: inout Tensor, right: Tensor) { left = left - right }
  public static func -= (left: inout Tensor, right: Double) { left = left - right }
  public static func -= (left: inout Tensor, right: Float) { left = left - right }
  public static func -= (left: inout Tensor, right: Int) { left = left - right }
  public static func *= (left: inout Tensor, right: Tensor) { left = left * right }
  public static func *= (left: inout Tensor, right: Double) { left = left * right }
  public static func *= (left: inout Tensor, right: Float) { left = left * right }
  public static func *= (left: inout Tensor, right: Int) { left = left * right }
  public static func /= (left: inout Tensor, right: Tensor) { left = left / right }
  public static func /= (left: inout Tensor, right: Double) { left = left / right }
  public static func /= (left: inout Tensor, right: Float) { left = left / right }
  public static func /= (left: inout Tensor, right: Int) { left = left / right }

  public static prefix func - (operand: Tensor) -> Tensor { ATen.negative.unary(operand) }

  /// self^exponent, element by element. PyTorch and NumPy: `**`, `power`.
  public func pow(_ exponent: Double) -> Tensor { ATen.powerNumber.binary(self, exponent) }
  public func pow(_ exponent: Int) -> Tensor { ATen.powerNumber.binary(self, exponent) }
  public func pow(_ exponent: Tensor) -> Tensor { ATen.power.binary(self, exponent) }

  /// The remainder with the divisor's sign. PyTorch: `remainder`; NumPy: `mod`, `%`.
  public func remainder(_ divisor: Int) -> Tensor { ATen.remainder.binary(self, divisor) }

  /// Division rounded towards minus infinity. PyTorch: `floor_divide`, `//`.
  public func floorDivide(_ divisor: Int) -> Tensor {
    ATen.divideRounding.tensor(self, divisor, "floor")
  }

  public func square() -> Tensor { ATen.square.unary(self) }
  public func sqrt() -> Tensor { ATen.sqrt.unary(self) }
  /// 1/√self.
  public func rsqrt() -> Tensor { ATen.rsqrt.unary(self) }
  public func reciprocal() -> Tensor { ATen.reciprocal.unary(self) }
  public func exp() -> Tensor { ATen.exp.unary(self) }
  /// exp(self) − 1, exact near 0.
  public func expm1() -> Tensor { ATen.expm1.unary(self) }
  /// The natural logarithm.
  public func log() -> Tensor { ATen.log.unary(self) }
  public func log2() -> Tensor { ATen.log2.unary(self) }
  public func log10() -> Tensor { ATen.log10.unary(self) }
  /// ln(1 + self), exact near 0.
  public func log1p() -> Tensor { ATen.log1p.unary(self) }
  public func sin() -> Tensor { ATen.sin.unary(self) }
  public func cos() -> Tensor { ATen.cos.unary(self) }
  public func tan() -> Tensor { ATen.tan.unary(self) }
  public func atan() -> Tensor { ATen.atan.unary(self) }
  /// The Gauss error function.
  public func erf() -> Tensor { ATen.erf.unary(self) }
  /// The inverse of the Gauss error function.
  public func erfInverse() -> Tensor { ATen.erfInverse.unary(self) }
  public func abs() -> Tensor { ATen.abs.unary(self) }
  public func sign() -> Tensor { ATen.sign.unary(self) }
  public func floor() -> Tensor { ATen.floor.unary(self) }
  public func ceil() -> Tensor { ATen.ceil.unary(self) }
  /// The nearest integer, halves to even.
  public func round() -> Tensor { ATen.round.unary(self) }

  /// Limits every element to `[minimum, maximum]`. PyTorch: `clamp`; NumPy and Keras: `clip`.
  ///
  /// Whole numbers stay whole numbers where both limits are.
  public func clamp(minimum: Double? = nil, maximum: Double? = nil) -> Tensor {
    let whole = [minimum, maximum].map { $0.flatMap(Int.init(exactly:)) }
    let areWhole = (minimum == nil) == (whole[0] == nil) && (maximum == nil) == (whole[1] == nil)
    return dtype.isFloatingPoint || dtype.isComplex || !areWhole
      ? ATen.clamp.tensor(self, minimum, maximum) : ATen.clamp.tensor(self, whole[0], whole[1])
  }

  /// The larger of two elements, with broadcasting.
  public func maximum(_ other: Tensor) -> Tensor { ATen.maximum.binary(self, other) }
  /// The smaller of two elements, with broadcasting.
  public func minimum(_ other: Tensor) -> Tensor { ATen.minimum.binary(self, other) }

  /// self + weight · (end − self).
  public func lerp(to end: Tensor, weight: Double) -> Tensor {
    ATen.lerp.tensor(self, end, weight)
  }

  // In place. These change storage that views share; a tensor that a recorded operation still needs
  // must not be changed.

  /// self *= factor, in place.
  public func multiplyInPlace(_ factor: Double) {
    ATen.multiplyNumberInPlace.perform(self, factor)
  }

  /// self *= other, element by element, in place.
  public func multiplyInPlace(_ other: Tensor) { ATen.multiplyInPlace.perform(self, other) }

  /// self += alpha · other, in place.
  public func addInPlace(_ other: Tensor, alpha: Double = 1) {
    ATen.addInPlace.perform(self, other, alpha)
  }

  /// self += value · left · right, in place.
  public func addcmulInPlace(_ left: Tensor, _ right: Tensor, value: Double = 1) {
    ATen.addcmulInPlace.perform(self, left, right, value)
  }

  /// self += value · numerator / denominator, in place.
  public func addcdivInPlace(_ numerator: Tensor, _ denominator: Tensor, value: Double = 1) {
    ATen.addcdivInPlace.perform(self, numerator, denominator, value)
  }

  /// self += weight · (end − self), in place.
  public func lerpInPlace(to end: Tensor, weight: Double) {
    ATen.lerpInPlace.perform(self, end, weight)
  }

  /// Overwrites the elements with those of `source`, converting type and device.
  public func copyInPlace(from source: Tensor) { ATen.copyInPlace.perform(self, source) }

  /// Overwrites the elements with left · right, of this tensor's shape after broadcasting.
  public func assignProduct(_ left: Tensor, _ right: Tensor) {
    ATen.productInto.perform(left, right, self)
  }

  /// Sets every element to zero.
  public func zeroInPlace() { ATen.zeroInPlace.perform(self) }

  /// Sets every element to `value`.
  public func fillInPlace(_ value: Double) { ATen.fillInPlace.perform(self, value) }
}

extension ATen {
  static let add = Operator("add", "Tensor")
  static let addNumber = Operator("add", "Scalar")
  static let subtract = Operator("sub", "Tensor")
  static let subtractNumber = Operator("sub", "Scalar")
  static let rsub = Operator("rsub", "Scalar")
  static let multiply = Operator("mul", "Tensor")
  static let multiplyNumber = Operator("mul", "Scalar")
  static let divide = Operator("div", "Tensor")
  static let divideNumber = Operator("div", "Scalar")
  static let divideRounding = Operator("div", "Scalar_mode")
  static let remainder = Operator("remainder", "Scalar")
  static let negative = Operator("neg")
  static let power = Operator("pow", "Tensor_Tensor")
  static let powerNumber = Operator("pow", "Tensor_Scalar")
  static let square = Operator("square")
  static let sqrt = Operator("sqrt")
  static let rsqrt = Operator("rsqrt")
  static let reciprocal = Operator("reciprocal")
  static let exp = Operator("exp")
  static let expm1 = Operator("expm1")
  static let log = Operator("log")
  static let log2 = Operator("log2")
  static let log10 = Operator("log10")
  static let log1p = Operator("log1p")
  static let sin = Operator("sin")
  static let cos = Operator("cos")
  static let tan = Operator("tan")
  static let atan = Operator("atan")
  static let erf = Operator("erf")
  static let erfInverse = Operator("erfinv")
  static let abs = Operator("abs")
  static let sign = Operator("sign")
  static let floor = Operator("floor")
  static let ceil = Operator("ceil")
  static let round = Operator("round")
  static let clamp = Operator("clamp")
  static let maximum = Operator("maximum")
  static let minimum = Operator("minimum")
  static let lerp = Operator("lerp", "Scalar")
  static let addInPlace = Operator("add_", "Tensor")
  static let multiplyInPlace = Operator("mul_", "Tensor")
  static let productInto = Operator("mul", "out")
  static let multiplyNumberInPlace = Operator("mul_", "Scalar")
  static let addcmulInPlace = Operator("addcmul_")
  static let addcdivInPlace = Operator("addcdiv_")
  static let lerpInPlace = Operator("lerp_", "Scalar")
  static let copyInPlace = Operator("copy_")
  static let zeroInPlace = Operator("zero_")
  static let fillInPlace = Operator("fill_", "Scalar")
}
