import Foundation
import Generative
import Layers
import Recipes
import Reports
import Torch

struct DivergenceImages: Finding {
  let comparison: ImageComparison

  var metrics: [String: Double] { comparison.metrics }
  var section: Report.Section? { comparison.section }

  var claims: [Claim] {
    [
      Claim(
        id: "learnt",
        statement: "it trains without Lipschitz constraint, one update of each player: Fréchet "
          + "distance after training over that of the untrained generator",
        measured: comparison.distance("WGAN-div") / comparison.untrained, atMost: 0.3),
      Claim(
        id: "quality",
        statement: "it is better than WGAN-GP: Fréchet distance over WGAN-GP's, one seed",
        measured: comparison.distance("WGAN-div") / comparison.distance("WGAN-GP"), atMost: 1),
    ]
  }
}

/// That it hardly matters where the penalty is measured.
struct Samplings: Finding {
  let plane: PlaneComparison

  var metrics: [String: Double] { plane.metrics }
  var section: Report.Section? { plane.section }

  var claims: [Claim] {
    let own = plane.results.filter { $0.name.hasPrefix("WGAN-div") }
    let qualities = own.map(\.within6.quality)
    return [
      Claim(
        id: "samplings-modes",
        statement:
          "wherever the penalty is measured, WGAN-div finds all modes of the ring: the fewest",
        measured: Double(own.map { $0.within6.covered() }.min() ?? 0), atLeast: 8),
      Claim(
        id: "samplings",
        statement:
          "and it hardly matters where: spread of the shares of samples within 6σ over the "
          + "six ways", measured: (qualities.max() ?? .nan) - (qualities.min() ?? .nan),
        atMost: 0.1),
      Claim(
        id: "above-gp",
        statement:
          "the worst of WGAN-div is above WGAN-GP of the images' λ = 10: shares within 6σ, "
          + "difference",
        measured: (qualities.min() ?? .nan)
          - (plane.coverage("WGAN-GP, λ 10", deviations: 6)?.quality ?? .nan), atLeast: 0),
    ]
  }
}

/// The penalty where it can be written down.
struct LinearPenalty: Finding {
  private let error: Double

  init(_ settings: WGANDivArticle.Settings) {
    let layer = Dense(5, 1, bias: false, generator: RandomGenerator(seed: 1))
    layer.move(dtype: .float64)
    let real = Tensor.normal([16, 5], dtype: .float64, generator: RandomGenerator(seed: 2))
    let penalty = GradientPenalty.divergence(weight: settings.weight, power: settings.power)
    let value = penalty(layer, real: real, fake: real + 1).item()
    let norm = layer.weight.value.detach().norm()
    let expected = settings.weight * norm.pow(settings.power).item()
    error = abs(value / expected - 1)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "closed-form",
        statement: "for T(x) = ⟨w, x⟩ the penalty is k‖w‖^p: relative difference, float64",
        measured: error, atMost: 1e-9)
    ]
  }
}
