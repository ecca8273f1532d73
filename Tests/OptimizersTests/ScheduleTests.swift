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
