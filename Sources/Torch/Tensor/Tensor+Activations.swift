extension Tensor {
  public func softmax(axis: Int = -1) -> Tensor { ATen.softmax.tensor(self, axis, nil) }
  public func logSoftmax(axis: Int = -1) -> Tensor { ATen.logSoftmax.tensor(self, axis, nil) }

  /// 1 / (1 + e^−x).
  public func sigmoid() -> Tensor { ATen.sigmoid.unary(self) }
  /// ln σ(x), without overflow.
  public func logSigmoid() -> Tensor { ATen.logSigmoid.unary(self) }
  /// ln(1 + e^x), without overflow.
  public func softplus() -> Tensor { ATen.softplus.tensor(self) }
  public func tanh() -> Tensor { ATen.tanh.unary(self) }
  public func relu() -> Tensor { ATen.relu.unary(self) }
  public func leakyReLU(_ slope: Double = 0.01) -> Tensor { ATen.leakyReLU.binary(self, slope) }
  /// x where x > 0, weight · x elsewhere; `weight` has one element or one per channel of axis 1.
  public func prelu(_ weight: Tensor) -> Tensor { ATen.prelu.binary(self, weight) }
  public func elu(_ alpha: Double = 1) -> Tensor { ATen.elu.binary(self, alpha) }
  /// x Φ(x) with the exact normal distribution function, or its tanh approximation.
  public func gelu(approximate: Bool = false) -> Tensor {
    ATen.gelu.tensor(self, approximate ? "tanh" : "none")
  }
  /// x σ(x), also called swish.
  public func silu() -> Tensor { ATen.silu.unary(self) }
  /// x tanh(softplus(x)).
  public func mish() -> Tensor { ATen.mish.unary(self) }
  /// min(max(0, x), 6).
  public func relu6() -> Tensor { ATen.hardTanh.tensor(self, 0.0, 6.0) }
}

extension ATen {
  static let softmax = Operator("softmax", "int")
  static let logSoftmax = Operator("log_softmax", "int")
  static let sigmoid = Operator("sigmoid")
  static let logSigmoid = Operator("log_sigmoid")
  static let softplus = Operator("softplus")
  static let tanh = Operator("tanh")
  static let relu = Operator("relu")
  static let leakyReLU = Operator("leaky_relu")
  static let prelu = Operator("prelu")
  static let elu = Operator("elu")
  static let gelu = Operator("gelu")
  static let silu = Operator("silu")
  static let mish = Operator("mish")
  static let hardTanh = Operator("hardtanh")
}
