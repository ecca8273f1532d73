import Foundation
import Generative
import Layers
import Optimizers
import Testing
import Torch

/// The largest |a − b| over tensors that may be absent, relative to the largest |a| if that is above 1.
func largestDifference(_ a: [Tensor?], _ b: [Tensor?]) -> Double {
  precondition(a.count == b.count)
  var largest = 0.0
  for (left, right) in zip(a, b) {
    switch (left, right) {
    case (let left?, let right?):
      let scale = max(1, right.abs().max().item())
      largest = max(largest, (left - right).abs().max().item() / scale)
    case (nil, nil): break
    case (let only?, nil), (nil, let only?): largest = max(largest, only.abs().max().item())
    }
  }
  return largest
}

func norm(_ gradients: [Tensor?]) -> Double { Optimizer.norm(of: gradients).item() }

/// Point networks with weights of their own seed.
func toyPlayers(
  _ loss: AdversarialLoss = .standard, normalized: Bool = false, dtype: DType = .float64,
  rule: any OptimizerSpecification = SGD(learningRate: 0.1),
  penalty: GradientPenalty? = nil, discriminator: Sequential? = nil
) -> AdversarialPlayers {
  let random = RandomGenerator(seed: 11)
  let generator = ToyNetworks.pointGenerator(width: 24, normalized: normalized, generator: random)
  let critic =
    discriminator
    ?? ToyNetworks.pointDiscriminator(width: 24, normalized: normalized, generator: random)
  generator.move(dtype: dtype)
  critic.move(dtype: dtype)
  return AdversarialPlayers(
    generator: generator, discriminator: critic, loss: loss, penalty: penalty,
    generatorOptimizer: rule, discriminatorOptimizer: rule)
}

func points(_ count: Int, seed: UInt64, dtype: DType = .float64) -> Tensor {
  .normal([count, 2], dtype: dtype, generator: RandomGenerator(seed: seed))
}
