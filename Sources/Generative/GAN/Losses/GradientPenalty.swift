import Layers
import Torch

/// A penalty on how steep the discriminator is: weight · mean (‖∇_x T(x)‖ − center)^power over points
/// x drawn from real and fake samples. It belongs to the discriminator's loss only.
///
/// WGAN-GP is center 1, power 2 on interpolated points (Gulrajani et al. 2017; weight 10 suits images,
/// about 0.1 suits points in the plane); WGAN-div is center 0, power 6, weight 2 on the mixture.
public struct GradientPenalty: Sendable {
  /// Where the slope is measured.
  public enum Points: String, Sendable, CaseIterable {
    /// u x_r + (1 − u) x_f with one u ~ U(0, 1) per sample.
    case interpolation
    /// Interpolations of real with real and of fake with fake samples.
    case withinKinds = "within-kinds"
    /// Interpolations of two random picks from real and fake samples together.
    case mixtureInterpolation = "mixture-interpolation"
    /// Real and fake samples as they are.
    case mixture
    case real
    case fake
  }

  public var weight: Double
  public var center: Double
  public var power: Double
  public var points: Points
  /// Punish only slopes above the center: mean relu(‖∇T‖ − center)^power.
  public var isOneSided: Bool

  public init(
    weight: Double = 10, center: Double = 1, power: Double = 2, points: Points = .interpolation,
    oneSided: Bool = false
  ) {
    self.weight = weight
    self.center = center
    self.power = power
    self.points = points
    isOneSided = oneSided
  }

  /// WGAN-GP: center 1, power 2, on interpolated points.
  public static func gradient(weight: Double = 10, oneSided: Bool = false) -> GradientPenalty {
    GradientPenalty(weight: weight, oneSided: oneSided)
  }

  /// WGAN-div: center 0, k = 2, p = 6, on real and fake samples as they are (Su Jianlin,
  /// kexue.fm/archives/6139; Wu et al. 2017).
  public static func divergence(
    weight: Double = 2, power: Double = 6, points: Points = .mixture
  ) -> GradientPenalty {
    GradientPenalty(weight: weight, center: 0, power: power, points: points)
  }

  /// The penalty, a scalar that can be differentiated by the discriminator's parameters.
  ///
  /// - Parameters:
  ///   - head: How the discriminator's outputs become the score whose slope is meant.
  ///   - random: Where the points are drawn from; the process-wide generator by default.
  public func callAsFunction(
    _ discriminator: Layer, real: Tensor, fake: Tensor, head: ScoreHead = .score,
    random: RandomGenerator? = nil
  ) -> Tensor {
    let x = samples(real.detach(), fake.detach(), random).requiringGradient()
    let outputs = discriminator.withoutUpdatingStatistics { discriminator(x) }
    let scores = head.score(outputs.reshaped(x.size(0), -1))
    let slope = gradients(of: scores.sum(), withRespectTo: [x], createGraph: true)[0]
    let squares = slope.flattened(from: 1).square().sum(axis: 1)
    if center == 0, !isOneSided {
      // No root, so no infinite derivative where the slope vanishes.
      return weight * squares.pow(power / 2).mean()
    }
    let excess = (squares + 1e-9).sqrt() - center
    return weight * (isOneSided ? excess.relu() : excess).pow(power).mean()
  }

  private func samples(
    _ real: Tensor, _ fake: Tensor, _ random: RandomGenerator?
  ) -> Tensor {
    func between(_ a: Tensor, _ b: Tensor) -> Tensor {
      let shape = [a.size(0)] + Array(repeating: 1, count: a.rank - 1)
      let u = Tensor.uniform(shape, dtype: a.dtype, device: a.device, generator: random)
      return u * a + (1 - u) * b
    }
    func shuffled(_ a: Tensor) -> Tensor {
      a.gatherRows(Tensor.permutation(a.size(0), generator: random).to(a.device))
    }
    switch points {
    case .interpolation: return between(real, fake)
    case .withinKinds:
      return .concatenate([between(real, shuffled(real)), between(fake, shuffled(fake))])
    case .mixtureInterpolation:
      let all = Tensor.concatenate([real, fake])
      return between(all, shuffled(all))
    case .mixture: return .concatenate([real, fake])
    case .real: return real.clone()
    case .fake: return fake.clone()
    }
  }
}
