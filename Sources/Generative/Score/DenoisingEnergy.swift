import Layers
import Messages
import Torch

/// A network whose output E(x), one number a sample, is σ² ln p̂(x) up to a constant, p̂ being the data to which
/// noise N(0, σ²) was added. Its gradient denoises: the best guess of x from y = x + σξ is y + ∇E(y), so
///
///     mean ‖x̃ + ∇E(x̃) − x‖²,  x̃ = x + σξ
///
/// trains it without any sampling (Tweedie's formula; Su Jianlin, 从去噪自编码器到生成模型,
/// kexue.fm/archives/7038; denoising density estimators, Bigdeli et al. 2020).
///
/// The network's activations must be smooth (SiLU, softplus, ELU): ReLU's energy has a constant slope by
/// pieces.
public struct LogDensityNetwork {
  public let network: Layer
  /// σ.
  public let noise: Double

  public init(_ network: Layer, noise: Double) {
    require(noise > 0, "LogDensityNetwork expected noise above 0, received \(noise)")
    self.network = network
    self.noise = noise
  }

  /// E(x), `(B)`.
  public func callAsFunction(_ points: Tensor) -> Tensor { network(points).reshaped(-1) }

  /// ∇E(x) = σ² ∇ ln p̂(x), of the shape of `points`.
  ///
  /// - Parameter createGraph: Whether the result can be differentiated by the weights.
  public func slope(_ points: Tensor, createGraph: Bool = false) -> Tensor {
    withGradients(enabled: true) {
      let x = points.detach().requiringGradient()
      return gradients(of: self(x).sum(), withRespectTo: [x], createGraph: createGraph)[0]
    }
  }

  /// y + ∇E(y): the best guess of what the noise hid. Once; a second time would blur.
  public func denoised(_ points: Tensor) -> Tensor { points + slope(points) }

  /// The denoising loss of clean samples, Σ over the sample's elements, mean over the batch.
  public func loss(_ samples: Tensor, generator: RandomGenerator? = nil) -> Tensor {
    let noisy = samples + noise * Tensor.normal(like: samples, generator: generator)
    let error = noisy + slope(noisy, createGraph: true) - samples
    return error.square().flattened(from: 1).sum(axis: 1).mean()
  }
}

/// An energy E(x) = −ln p(x) at the reference scale σ₀ that is trained on several noise scales at once, without
/// being told which (multi-scale denoising score matching, Li et al. 2019, arXiv 1910.07762):
///
///     mean_i ‖(x_i − x̃_i)/(σ_i σ₀²) + ∇E(x̃_i)/σ_i‖² · σ₀⁴,   x̃_i = x_i + σ_i ξ
public struct EnergyNetwork {
  public let network: Layer
  /// σ₀.
  public let referenceNoise: Double
  /// σ of each place of a batch, `(B)`.
  public let noises: Tensor

  public init(_ network: Layer, referenceNoise: Double, noises: Tensor) {
    require(
      noises.rank == 1 && referenceNoise > 0,
      "EnergyNetwork expected noises (B) and a reference above 0, received \(noises.shape), "
        + "\(referenceNoise)")
    self.network = network
    self.referenceNoise = referenceNoise
    self.noises = noises
  }

  /// E(x), `(B)`.
  public func callAsFunction(_ points: Tensor) -> Tensor { network(points).reshaped(-1) }

  /// ∇E(x), of the shape of `points`.
  public func slope(_ points: Tensor, createGraph: Bool = false) -> Tensor {
    withGradients(enabled: true) {
      let x = points.detach().requiringGradient()
      return gradients(of: self(x).sum(), withRespectTo: [x], createGraph: createGraph)[0]
    }
  }

  /// The loss of clean samples, a batch of as many as there are noises.
  public func loss(_ samples: Tensor, generator: RandomGenerator? = nil) -> Tensor {
    require(
      samples.size(0) == noises.size(0),
      "EnergyNetwork.loss expected \(noises.size(0)) samples, received \(samples.shape)")
    let shape = [samples.size(0)] + Array(repeating: 1, count: samples.rank - 1)
    let sigma = noises.to(samples.dtype).reshaped(shape)
    let noisy = samples + sigma * Tensor.normal(like: samples, generator: generator)
    let slope = slope(noisy, createGraph: true)
    return Self.loss(
      samples, noisy: noisy, slope: slope, noises: sigma, referenceNoise: referenceNoise)
  }

  /// The same for given noisy samples and slopes; 0 where ∇E = (x̃ − x)/σ₀².
  public static func loss(
    _ samples: Tensor, noisy: Tensor, slope: Tensor, noises: Tensor, referenceNoise: Double
  ) -> Tensor {
    let variance = referenceNoise * referenceNoise
    let error = ((samples - noisy) + slope * variance) / noises
    return error.square().flattened(from: 1).sum(axis: 1).mean()
  }
}
