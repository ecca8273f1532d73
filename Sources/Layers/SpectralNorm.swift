import Messages
import Torch

/// Spectral normalization: a layer whose weight W is divided by its largest singular value σ in every
/// forward pass, so that its linear map stretches nothing; Miyato et al. 2018.
///
/// σ comes from power iterations u ← Wv/‖Wv‖, v ← Wᵀu/‖Wᵀu‖ on W as `(outputs, everything else)`;
/// σ = uᵀWv. The layer keeps its own weight and gradients flow through W/σ, so this is no projection
/// after the step. Biases are left alone; a wrapped `BatchNorm` gets a γ of unit length.
///
///     SpectralNorm(Conv2d(3, 64, kernelSize: 5, stride: 2, padding: .same))
///
/// u and v are state `(outputs)` and `(everything else)` and saved with the weights.
public final class SpectralNorm: Layer, StatisticsKeeping {
  /// How σ is estimated.
  public enum Method: Sendable, Equatable {
    /// u and v go on from the last pass and are constants in the gradient. A training pass advances
    /// them by so many iterations, unless `updatesStatistics` is off.
    case warmStarted(iterations: Int = 1)
    /// Every pass starts at v = 1 and the gradient flows through the iterations; nothing is kept.
    case restarted(iterations: Int = 5)
  }

  /// What is done with σ.
  public enum Bound: Sendable, Equatable {
    /// W · c/σ: the norm is c.
    case exactly(Double)
    /// W · min(1, c/σ): the norm is at most c.
    case atMost(Double)
  }

  public let layer: any KernelLayer
  public let method: Method
  public let bound: Bound
  /// Whether each training pass advances u and v; if not, `advance()` does, once per step.
  public var updatesStatistics: Bool
  public let u: Parameter?
  public let v: Parameter?

  public init(
    _ layer: any KernelLayer, method: Method = .warmStarted(), bound: Bound = .exactly(1),
    advancesEachPass: Bool = true, generator: RandomGenerator? = nil
  ) {
    self.layer = layer
    self.method = method
    self.bound = bound
    updatesStatistics = advancesEachPass
    if case .warmStarted = method {
      let matrix = layer.weightMatrix(layer.kernel.value.detach())
      let start = Tensor.normal([matrix.size(1)], dtype: matrix.dtype, generator: generator)
        .to(matrix.device).normalized()
      let (left, right) = SpectralNorm.iterate(matrix, from: start, count: 15)
      u = Parameter(left, role: .state)
      v = Parameter(right, role: .state)
    } else {
      u = nil
      v = nil
    }
    super.init()
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    if isTraining && updatesStatistics { advance() }
    return layer.forward(input, weight: normalizedWeight())
  }

  /// W with the bound applied, as the next pass uses it.
  public func normalizedWeight() -> Tensor {
    let weight = layer.kernel.value
    switch bound {
    case .exactly(let norm): return weight * (norm / largestSingularValue())
    case .atMost(let norm): return weight / (largestSingularValue() / norm).clamp(minimum: 1)
    }
  }

  /// The estimate of σ, differentiable by W.
  public func largestSingularValue() -> Tensor {
    let matrix = layer.weightMatrix(layer.kernel.value)
    if let u, let v { return u.value.dot(matrix.matmul(v.value)) }
    guard case .restarted(let iterations) = method else {
      fatalError("a warm-started SpectralNorm has lost its state")
    }
    let start = Tensor.ones([matrix.size(1)], dtype: matrix.dtype, device: matrix.device)
    let (left, right) = SpectralNorm.iterate(matrix, from: start, count: iterations)
    return left.dot(matrix.matmul(right))
  }

  /// Advances u and v by the method's iterations.
  public func advance() {
    guard let u, let v, case .warmStarted(let iterations) = method else { return }
    withoutGradients {
      let matrix = layer.weightMatrix(layer.kernel.value)
      let (left, right) = SpectralNorm.iterate(matrix, from: v.value, count: iterations)
      // New tensors: a graph that is still to be differentiated holds the old ones.
      u.replace(with: left)
      v.replace(with: right)
    }
  }

  private static func iterate(
    _ matrix: Tensor, from start: Tensor, count: Int
  ) -> (u: Tensor, v: Tensor) {
    require(count > 0, "SpectralNorm expected at least 1 iteration, received \(count)")
    var u = start
    var v = start
    for _ in 0..<count {
      u = matrix.matmul(v).normalized()
      v = matrix.transposed().matmul(u).normalized()
    }
    return (u, v)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    SpectralNorm(
      cloning.copy(layer), method: method, bound: bound, advancesEachPass: updatesStatistics,
      generator: cloning.generator)
  }
}

extension Module {
  /// Advances the power iterations of all `SpectralNorm` layers: once per step, for those that do not
  /// advance in each pass.
  public final func advanceSpectralNorms() {
    for case let norm as SpectralNorm in namedModules().map(\.module) { norm.advance() }
  }
}
