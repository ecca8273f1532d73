import Foundation

/// The smallest GAN: real data is the point 0 of the plane, fake data the point θ, and the
/// discriminator is x·φ. Its gradient flow (φ̇, θ̇) can be integrated exactly and shows which losses
/// converge (Mescheder et al. 2018; Su Jianlin, kexue.fm/archives/6583).
public enum DiracGAN {
  /// φ and θ.
  public struct State: Sendable {
    public var phi: SIMD2<Double>
    public var theta: SIMD2<Double>

    public init(phi: SIMD2<Double> = [0.1, 0.2], theta: SIMD2<Double> = [0.2, 0.1]) {
      self.phi = phi
      self.theta = theta
    }
  }

  /// A training dynamics by its loss.
  public enum Dynamics: Sendable {
    /// φ̇ = −σ(θ·φ) θ, θ̇ = (1 − σ(θ·φ)) φ.
    case standard
    /// WGAN with the discriminator divided by ‖φ‖.
    case normalizedWasserstein
    /// WGAN with penalty λ (‖φ‖ − c)².
    case penalty(weight: Double, center: Double)
    /// WGAN-div: k ‖φ‖^p.
    case divergence(weight: Double, power: Double)
    /// GAN-QP: φ̇ = −θ − (θ·φ) θ/(λ‖θ‖), with L2 decay −μφ.
    case quadraticPotential(weight: Double, decay: Double)

    func derivative(_ state: State) -> State {
      let (phi, theta) = (state.phi, state.theta)
      let product = (phi * theta).sum()
      let norm = (phi * phi).sum().squareRoot()
      switch self {
      case .standard:
        let sigmoid = 1 / (1 + exp(-product))
        return State(phi: -sigmoid * theta, theta: (1 - sigmoid) * phi)
      case .normalizedWasserstein:
        let along = product / (norm * norm * norm)
        return State(phi: along * phi - theta / norm, theta: phi / norm)
      case .penalty(let weight, let center):
        return State(phi: -theta - 2 * weight * (1 - center / norm) * phi, theta: phi)
      case .divergence(let weight, let power):
        return State(phi: -theta - weight * power * pow(norm, power - 2) * phi, theta: phi)
      case .quadraticPotential(let weight, let decay):
        let distance = (theta * theta).sum().squareRoot()
        return State(
          phi: -theta - product / (weight * distance) * theta - decay * phi, theta: phi)
      }
    }
  }

  /// θ along the flow.
  public struct Trajectory: Sendable {
    public let times: [Double]
    public let thetas: [SIMD2<Double>]

    /// ‖θ‖ at the end.
    public var finalDistance: Double { length(thetas[thetas.count - 1]) }
    /// ‖θ‖ along the way.
    public var distances: [Double] { thetas.map(length) }

    /// The length of the time average of θ from `start` on: a moving average of weights in miniature.
    public func averagedDistance(from start: Double) -> Double {
      var sum = SIMD2<Double>()
      for index in 1..<times.count where times[index - 1] >= start {
        sum += (thetas[index] + thetas[index - 1]) * (times[index] - times[index - 1]) / 2
      }
      return length(sum / (times[times.count - 1] - start))
    }

    private func length(_ vector: SIMD2<Double>) -> Double {
      (vector * vector).sum().squareRoot()
    }
  }

  /// Integrates the flow from 0 to `duration` by Dormand and Prince's Runge-Kutta pair of orders 5
  /// and 4, its step chosen so that the local error stays below `tolerance`, relative and absolute.
  public static func integrate(
    _ dynamics: Dynamics, from start: State = State(), duration: Double, tolerance: Double = 1e-9
  ) -> Trajectory {
    var state = SIMD4(lowHalf: start.phi, highHalf: start.theta)
    func slope(_ y: SIMD4<Double>) -> SIMD4<Double> {
      let derivative = dynamics.derivative(State(phi: y.lowHalf, theta: y.highHalf))
      return SIMD4(lowHalf: derivative.phi, highHalf: derivative.theta)
    }
    var time = 0.0
    var step = min(0.01, duration)
    var times = [0.0]
    var thetas = [start.theta]
    while time < duration {
      step = min(step, duration - time)
      var slopes = [slope(state)]
      for row in DormandPrince.stages {
        var point = state
        for (weight, k) in zip(row, slopes) { point += step * weight * k }
        slopes.append(slope(point))
      }
      var next = state
      var error = SIMD4<Double>()
      for (index, k) in slopes.enumerated() {
        next += step * DormandPrince.fifth[index] * k
        error += step * (DormandPrince.fifth[index] - DormandPrince.fourth[index]) * k
      }
      var worst = 0.0
      for index in 0..<4 {
        let scale = tolerance * (1 + max(abs(state[index]), abs(next[index])))
        worst = max(worst, abs(error[index]) / scale)
      }
      if worst <= 1 {
        // The last step may be too short to move the clock.
        time = duration - time - step < 1e-12 * duration ? duration : time + step
        state = next
        times.append(time)
        thetas.append(state.highHalf)
      }
      step *= min(5, max(0.2, 0.9 * pow(max(worst, 1e-10), -0.2)))
    }
    return Trajectory(times: times, thetas: thetas)
  }
}

/// The coefficients of Dormand and Prince 1980.
private enum DormandPrince {
  static let stages: [[Double]] = [
    [1.0 / 5],
    [3.0 / 40, 9.0 / 40],
    [44.0 / 45, -56.0 / 15, 32.0 / 9],
    [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
    [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
    [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
  ]
  static let fifth: [Double] = [
    35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0,
  ]
  static let fourth: [Double] = [
    5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40,
  ]
}
