import Generative
import Testing

/// Acceptance test G2: the limits of the gradient flows.
@Suite struct DiracGANTests {
  private func within(_ value: Double, _ expected: Double, _ share: Double = 0.02) -> Bool {
    abs(value / expected - 1) <= share
  }

  @Test func standardDoesNotConverge() {
    let path = DiracGAN.integrate(.standard, duration: 100)
    #expect(within(path.finalDistance, 0.161))
    let late = zip(path.times, path.distances).filter { $0.0 > 50 }.map(\.1)
    #expect((late.min() ?? 0) > 0.12 && (late.max() ?? 1) < 0.25)
    // Averaging the weights finds the point that the orbit misses.
    #expect(path.averagedDistance(from: 50) < 1e-3)
  }

  @Test func normalizedWassersteinDoesNotConverge() {
    let path = DiracGAN.integrate(.normalizedWasserstein, duration: 10)
    #expect(within(path.finalDistance, 0.397))
    #expect((path.distances.max() ?? 0) < 0.41 && (path.distances.min() ?? 0) > 0.08)
  }

  @Test func aPenaltyCenteredAtOneEndsOnACircle() {
    let path = DiracGAN.integrate(.penalty(weight: 0.1, center: 1), duration: 200)
    #expect(abs(path.finalDistance - 1) < 1e-4)
  }

  @Test func aPenaltyCenteredAtZeroConverges() {
    let path = DiracGAN.integrate(.penalty(weight: 0.1, center: 0), duration: 200)
    #expect(path.finalDistance < 1e-4)
  }

  @Test func aSixthPowerDecaysSlowly() {
    let dynamics = DiracGAN.Dynamics.divergence(weight: 2, power: 6)
    #expect(within(DiracGAN.integrate(dynamics, duration: 200).finalDistance, 0.083))
    #expect(within(DiracGAN.integrate(dynamics, duration: 2000).finalDistance, 0.060))
  }

  @Test func quadraticPotentialNeedsDecay() {
    let plain = DiracGAN.integrate(
      .quadraticPotential(weight: 1, decay: 0), duration: 200)
    #expect(within(plain.finalDistance, 0.1732))
    let decayed = DiracGAN.integrate(
      .quadraticPotential(weight: 1, decay: 0.1), duration: 200)
    #expect(decayed.finalDistance < 1e-4)
  }
}
