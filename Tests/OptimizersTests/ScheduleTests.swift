import Foundation
import Testing

@testable import Optimizers

@Suite struct ScheduleTests {
  @Test func values() {
    let warmUp = Schedule.warmUp(10)
    #expect(warmUp(0) == 0.1)
    #expect(warmUp(9) == 1)
    #expect(warmUp(100) == 1)
    let steps = Schedule.steps([50: 0.1, 80: 0.01])
    #expect([0, 49, 50, 79, 80].map { steps($0) } == [1, 1, 0.1, 0.1, 0.01])
    let cosine = Schedule.cosine(100, final: 0.2)
    #expect(cosine(0) == 1)
    #expect(abs(cosine(50) - 0.6) < 1e-12)
    #expect(abs(cosine(100) - 0.2) < 1e-12)
    #expect(cosine(1000) == cosine(100))
    let decay = Schedule.decay(by: 0.5, every: 10)
    #expect([0, 9, 10, 25].map { decay($0) } == [1, 1, 0.5, 0.25])
    #expect((warmUp * steps)(0) == 0.1)
    #expect(Schedule.constant(0.3)(7) == 0.3)
    #expect(Schedule.piecewiseLinear([1000: 1, 2000: 0.1])(500) == 0.5)
  }

  /// As PyTorch's OneCycleLR(total_steps=10, pct_start=0.3) spells it, by hand.
  @Test func oneCycle() {
    let cycle = Schedule.oneCycle(10)
    for (step, expected) in [
      (0, 0.04), (1, 0.52), (2, 1), (9, 4e-6), (20, 4e-6),
      (4, 4e-6 + (1 - 4e-6) / 2 * (1 + cos(2 * Double.pi / 7))),
    ] {
      #expect(abs(cycle(step) - expected) < 1e-12, "step \(step)")
    }
    // Without a step to warm up it begins at the top.
    for steps in 1...4 { #expect(Schedule.oneCycle(steps, warmUp: 0.25)(0) == 1) }
  }

  @Test func cosineRestarts() {
    let restarts = Schedule.cosineRestarts(4, growth: 2, final: 0.1)
    for begin in [0, 4, 12, 28] { #expect(restarts(begin) == 1) }
    #expect(abs(restarts(8) - 0.55) < 1e-12 && abs(restarts(2) - 0.55) < 1e-12)
    let even = Schedule.cosineRestarts(5)
    for step in 0..<5 { #expect(even(step) == even(step + 500)) }
  }

  @Test func summaries() {
    #expect(
      Schedule.piecewiseLinear([1000: 1, 20000: 0.1]).summary
        == "piecewise linear {0: 0.0, 1000: 1.0, 20000: 0.1}")
    #expect((Schedule.warmUp(3) * .cosine(9)).summary == "warm-up 3 × cosine 9")
  }

  @Test func patternsMatchPartsOfNames() {
    #expect(NamePattern.matches("encoder.0.norm.weight", anyOf: ["bias", "norm"]))
    #expect(NamePattern.matches("encoder.0.bias", "bias$"))
    #expect(!NamePattern.matches("encoder.0.biases", "bias$"))
    #expect(NamePattern.matches("odd(name", "odd(name"))
  }
}
