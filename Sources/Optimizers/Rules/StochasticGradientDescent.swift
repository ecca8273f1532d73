import Torch

/// Gradient descent: h = g. With momentum it is `HeavyBall` (PyTorch: `SGD(momentum:)`) or `Nesterov`
/// (`SGD(momentum:, nesterov: true)`); PyTorch's `weight_decay` is `withL2Penalty`.
public struct SGD: FusedRule {
  public var learningRate: Double

  public init(learningRate: Double = 0.01) {
    self.learningRate = learningRate
    requireRanges()
  }

  public var summary: String { "SGD(γ \(learningRate))" }

  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] { [] }

  public func update(_ batch: RuleBatch) -> [Tensor] { batch.gradients.map { $0.clone() } }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    MultiTensor.add(batch.parameters, batch.gradients, alpha: -rate)
  }
}

/// SGD with momentum ("heavy ball"): v ← β v + g, h = v.
///
/// With a constant learning rate this is v ← β v − γ g, θ ← θ + v.
/// PyTorch and Keras: `SGD` with `momentum`.
public struct HeavyBall: MomentumRule {
  public var learningRate: Double
  /// β.
  public var momentum: Double

  public init(learningRate: Double = 0.01, momentum: Double = 0.9) {
    self.learningRate = learningRate
    self.momentum = momentum
    requireRanges(sizes: ["momentum": momentum])
  }

  /// The heavy ball as the discretization of θ″ + λ θ′ + ∇L(θ) = 0 with time step s:
  /// β = (1 − λs/2)/(1 + λs/2), γ = s²/(1 + λs/2) (kexue.fm/archives/5655).
  public init(friction: Double, timeStep: Double) {
    let half = friction * timeStep / 2
    learningRate = timeStep * timeStep / (1 + half)
    momentum = (1 - half) / (1 + half)
    requireRanges()
  }

  public var summary: String { "HeavyBall(γ \(learningRate), β \(momentum))" }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    velocity(batch).map { $0.clone() }
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    FusedSGD.apply(batch, momentum: momentum, rate: rate, isNesterov: false)
  }
}

/// Nesterov's momentum as Keras writes it: v ← β v + g, h = β v + g.
///
/// With a constant learning rate this is v ← β v − γ g, θ ← θ + β v − γ g.
/// PyTorch and Keras: `SGD` with `nesterov=True`.
public struct Nesterov: MomentumRule {
  public var learningRate: Double
  /// β.
  public var momentum: Double

  public init(learningRate: Double = 0.01, momentum: Double = 0.9) {
    self.learningRate = learningRate
    self.momentum = momentum
    requireRanges(sizes: ["momentum": momentum])
  }

  public var summary: String { "Nesterov(γ \(learningRate), β \(momentum))" }

  public func update(_ batch: RuleBatch) -> [Tensor] {
    MultiTensor.sum(batch.gradients, velocity(batch), alpha: momentum)
  }

  public func applyFused(_ batch: RuleBatch, rate: Double, decay: Double) {
    FusedSGD.apply(batch, momentum: momentum, rate: rate, isNesterov: true)
  }
}

/// A rule whose state is one velocity: v ← β v + g.
public protocol MomentumRule: FusedRule {
  /// β.
  var momentum: Double { get }
}

extension MomentumRule {
  public func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)] {
    [("velocity", .zeros(like: parameter))]
  }

  /// The velocities after the gradients of `batch`.
  fileprivate func velocity(_ batch: RuleBatch) -> [Tensor] {
    let velocity = batch.history[0]
    MultiTensor.multiply(velocity, by: momentum)
    MultiTensor.add(velocity, batch.gradients)
    return velocity
  }
}

private enum FusedSGD {
  static func apply(_ batch: RuleBatch, momentum: Double, rate: Double, isNesterov: Bool) {
    kernel.perform(
      batch.parameters, batch.gradients, batch.history[0], 0.0, momentum, rate, 0.0, isNesterov,
      false, false)
  }

  // (self, grads, momentum buffers, weight decay, momentum, lr, dampening, nesterov, maximize,
  // is first step)
  private static let kernel = Operator("_fused_sgd_")
}
