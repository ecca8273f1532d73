import Torch

/// KL(N(μ, σ²) ‖ N(0, I)) by element, of means and logarithms of variances of one shape:
/// ½ (μ² + σ² − 1 − ln σ²). Sum over the last axis for the divergence of a code, average it where weights
/// were chosen for an average (Deep INFOMAX's code).
public func gaussianDivergence(mean: Tensor, logVariance: Tensor) -> Tensor {
  0.5 * (mean.square() + logVariance.exp() - 1 - logVariance)
}

/// μ + σ ε, ε ~ N(0, I): a code that can be differentiated by its mean and variance.
public func reparameterized(
  mean: Tensor, logVariance: Tensor, generator: RandomGenerator? = nil
) -> Tensor {
  mean + (0.5 * logVariance).exp() * Tensor.normal(like: mean, generator: generator)
}

/// The loss of a variational autoencoder: Σ cross-entropy of pixels + Σ KL by sample, mean over the batch.
///
/// - Parameters:
///   - logits: The decoder's output before the sigmoid, of the shape of `target`.
///   - target: In [0, 1].
/// - Returns: The loss and its KL, scalars.
public func variationalLoss(
  logits: Tensor, target: Tensor, mean: Tensor, logVariance: Tensor
) -> (loss: Tensor, divergence: Tensor) {
  let count = Double(target.size(0))
  let reconstruction =
    logits.binaryCrossEntropyWithLogits(target, reduction: .sum) / count
  let divergence = gaussianDivergence(mean: mean, logVariance: logVariance).sum() / count
  return (reconstruction + divergence, divergence)
}
