import Messages
import Torch

/// How gradients become an update: h_t = h(g_t; history), and plainly θ ← θ − γ h_t.
///
/// A rule is a value that holds hyper-parameters only; the history (moments, accumulators) lives in
/// the `Optimizer`, in tensors that the rule names. Extensions work on h_t; a
/// `FusedRule` is asked for h_t only if some extension needs to see it.
public protocol UpdateRule: OptimizerSpecification {
  /// γ, the base learning rate.
  var learningRate: Double { get set }

  /// How many gradients of the same batch one step takes: 1, or 2 for Heun's method.
  var evaluationsPerStep: Int { get }

  /// Whether element i of h_t depends on element i of the gradients only. Lazy updates of such rules
  /// touch nothing but the rows seen.
  var isElementwise: Bool { get }

  /// The rule in a few words with its hyper-parameters.
  var summary: String { get }

  /// The history of a parameter before its first step: named tensors, in an order that depends on
  /// nothing but the parameter's shape.
  func initialState(for parameter: Tensor) -> [(name: String, tensor: Tensor)]

  /// Moves the history on and returns h_t, in tensors that the caller may change.
  func update(_ batch: RuleBatch) -> [Tensor]

  /// Takes a gradient that is not the step's last: moves the parameters to where the next one is
  /// wanted.
  func probe(_ batch: RuleBatch, rate: Double)

  /// The learning rate of the given step (from 1), for rules that make their own.
  func learningRate(at step: Int) -> Double
}

/// A rule that can change the parameters without making h_t, by kernels that do both at once.
public protocol FusedRule: UpdateRule {
  /// Whether `applyFused` can take decoupled weight decay along.
  var fusesDecay: Bool { get }

  /// Whether `applyFused` takes several operators, one after the other over all it is given: on a CPU
  /// it is then handed pieces that fit the cache.
  var worksInPieces: Bool { get }

  /// Moves the history on and the parameters by θ ← θ − rate · (h_t + decay · θ). `decay` is 0 unless
  /// `fusesDecay`.
  func applyFused(_ batch: RuleBatch, rate: Double, decay: Double)
}

extension FusedRule {
  public var fusesDecay: Bool { false }
  public var worksInPieces: Bool { false }
}

extension UpdateRule {
  public var rule: any UpdateRule { self }
  public var extensions: [any OptimizerExtension] { [] }
  public var evaluationsPerStep: Int { 1 }
  public var isElementwise: Bool { true }
  public func learningRate(at step: Int) -> Double { learningRate }

  /// Traps unless the learning rate and `sizes` are at least 0, and `fractions` within 0..<1.
  func requireRanges(fractions: [String: Double] = [:], sizes: [String: Double] = [:]) {
    for (name, value) in sizes.merging(["learning rate": learningRate], uniquingKeysWith: { $1 }) {
      require(
        value >= 0, "\(type(of: self)) expected a \(name) of at least 0, received \(value)")
    }
    for (name, value) in fractions {
      require(
        value >= 0 && value < 1,
        "\(type(of: self)) expected a \(name) within 0..<1, received \(value)")
    }
  }

  public func probe(_ batch: RuleBatch, rate: Double) {
    fatalError("\(summary) takes one gradient per step")
  }
}

/// Parameters of one element type and device that have seen the same number of steps.
public struct RuleBatch {
  /// θ_t; fused kernels and probes write to them.
  public let parameters: [Tensor]
  /// g_t; not to be changed.
  public let gradients: [Tensor]
  /// The history, by name first: `history[k][i]` is the k-th tensor of parameter i.
  public let history: [[Tensor]]
  /// Which step this is for these parameters, from 1.
  public let step: Int
  /// The step as a tensor on the parameters' device, once per parameter: what fused kernels read.
  public let stepTensors: [Tensor]

  public init(
    parameters: [Tensor], gradients: [Tensor], history: [[Tensor]], step: Int,
    stepTensors: [Tensor] = []
  ) {
    self.parameters = parameters
    self.gradients = gradients
    self.history = history
    self.step = step
    self.stepTensors = stepTensors
  }
}
