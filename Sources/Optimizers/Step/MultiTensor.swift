import Torch

/// Multi-tensor operators (libtorch calls them `_foreach`): one call, and on a GPU few kernels, for a
/// whole list of tensors.
enum MultiTensor {
  /// a ← a · factor.
  static func multiply(_ a: [Tensor], by factor: Double) { multiplyNumber.perform(a, factor) }
  /// a ← a · b, pair by pair.
  static func multiply(_ a: [Tensor], by b: [Tensor]) { multiplyList.perform(a, b) }
  /// a · factor, where the factor is a tensor without axes.
  static func product(_ a: [Tensor], _ factor: Tensor) -> [Tensor] {
    productTensor.tensors(a, factor)
  }
  /// a ← a + alpha · b.
  static func add(_ a: [Tensor], _ b: [Tensor], alpha: Double = 1) { addList.perform(a, b, alpha) }
  /// a ← a + number.
  static func add(_ a: [Tensor], _ number: Double) { addNumber.perform(a, number) }
  /// a + alpha · b.
  static func sum(_ a: [Tensor], _ b: [Tensor], alpha: Double = 1) -> [Tensor] {
    sumList.tensors(a, b, alpha)
  }
  /// a ← a + value · b · c.
  static func addcmul(_ a: [Tensor], _ b: [Tensor], _ c: [Tensor], value: Double) {
    addcmulNumber.perform(a, b, c, value)
  }
  /// a + value · b · c.
  static func productSum(_ a: [Tensor], _ b: [Tensor], _ c: [Tensor], value: Double) -> [Tensor] {
    productSumNumber.tensors(a, b, c, value)
  }
  /// a ← a + value · b / c.
  static func addcdiv(_ a: [Tensor], _ b: [Tensor], _ c: [Tensor], value: Double) {
    addcdivNumber.perform(a, b, c, value)
  }
  /// a ← a + weight · (b − a).
  static func lerp(_ a: [Tensor], to b: [Tensor], weight: Double) {
    lerpNumber.perform(a, b, weight)
  }
  /// a ← max(a, b).
  static func maximum(_ a: [Tensor], _ b: [Tensor]) { maximumList.perform(a, b) }
  /// a / b.
  static func quotient(_ a: [Tensor], _ b: [Tensor]) -> [Tensor] { quotientList.tensors(a, b) }
  /// √a.
  static func squareRoot(_ a: [Tensor]) -> [Tensor] { squareRootList.tensors(a) }
  /// a ← √a.
  static func squareRootInPlace(_ a: [Tensor]) { squareRootInPlaceList.perform(a) }
  /// sign(a), in place.
  static func signInPlace(_ a: [Tensor]) { signList.perform(a) }
  /// a ← b.
  static func copy(_ a: [Tensor], from b: [Tensor]) { copyList.perform(a, b) }
  /// ‖a‖ of each tensor, as one vector.
  static func norms(_ a: [Tensor]) -> Tensor { Tensor.stack(normList.tensors(a, 2)) }
  /// a limited to [minimum, maximum].
  static func clamped(_ a: [Tensor], _ minimum: Double, _ maximum: Double) -> [Tensor] {
    let limited = clampMinimum.tensors(a, minimum)
    clampMaximum.perform(limited, maximum)
    return limited
  }

  private static let multiplyNumber = Operator("_foreach_mul_", "Scalar")
  private static let multiplyList = Operator("_foreach_mul_", "List")
  private static let productTensor = Operator("_foreach_mul", "Tensor")
  private static let addList = Operator("_foreach_add_", "List")
  private static let addNumber = Operator("_foreach_add_", "Scalar")
  private static let sumList = Operator("_foreach_add", "List")
  private static let addcmulNumber = Operator("_foreach_addcmul_", "Scalar")
  private static let productSumNumber = Operator("_foreach_addcmul", "Scalar")
  private static let addcdivNumber = Operator("_foreach_addcdiv_", "Scalar")
  private static let lerpNumber = Operator("_foreach_lerp_", "Scalar")
  private static let maximumList = Operator("_foreach_maximum_", "List")
  private static let quotientList = Operator("_foreach_div", "List")
  private static let squareRootList = Operator("_foreach_sqrt")
  private static let squareRootInPlaceList = Operator("_foreach_sqrt_")
  private static let signList = Operator("_foreach_sign_")
  private static let copyList = Operator("_foreach_copy_")
  private static let normList = Operator("_foreach_norm", "Scalar")
  private static let clampMinimum = Operator("_foreach_clamp_min", "Scalar")
  private static let clampMaximum = Operator("_foreach_clamp_max_", "Scalar")
}
