import Layers
import Torch

/// A variational autoencoder of perceptrons: pixels → width → (μ, ln σ²), code → width → width → pixels; Kingma
/// and Welling 2013. Images are in [−1, 1], the decoder's pixels are chances of being white.
public final class VariationalAutoencoder: Layer {
  let body: Sequential
  let mean: Dense
  let logVariance: Dense
  let decoder: Sequential

  public init(pixels: Int, code: Int, width: Int = 256, generator: RandomGenerator? = nil) {
    body = Sequential(
      Flatten(), Dense(pixels, width, weightInitializer: .heUniform, generator: generator),
      Activation(.relu))
    mean = Dense(width, code, generator: generator)
    logVariance = Dense(width, code, generator: generator)
    decoder = ToyNetworks.perceptron([code, width, width, pixels], .relu, generator: generator)
    super.init()
  }

  public override var mixesSamples: Bool { false }

  /// The code's mean, `(B, n)`.
  public override func forward(_ input: Tensor) -> Tensor { mean(body(input)) }

  /// A code drawn for each image, `(B, n)`.
  public func code(_ images: Tensor, generator: RandomGenerator? = nil) -> Tensor {
    let features = body(images)
    return reparameterized(
      mean: mean(features), logVariance: logVariance(features), generator: generator)
  }

  /// Pixels `(B, pixels)` in [−1, 1] of codes.
  public func decoded(_ codes: Tensor) -> Tensor { decoder(codes).sigmoid() * 2 - 1 }

  /// The loss of images and its KL, scalars; see `variationalLoss`.
  public func loss(_ images: Tensor) -> (loss: Tensor, divergence: Tensor) {
    let features = body(images)
    let (mean, logVariance) = (mean(features), logVariance(features))
    let code = reparameterized(mean: mean, logVariance: logVariance)
    return variationalLoss(
      logits: decoder(code), target: (images.flattened(from: 1) + 1) / 2, mean: mean,
      logVariance: logVariance)
  }
}
