import Foundation
import Messages
import Torch

/// Multipliers ρ_t of the learning rate by step (from 0).
public struct Schedule: Sendable {
  public let summary: String
  private let multiplier: @Sendable (Int) -> Double

  /// Any function of the step.
  public init(_ summary: String, _ multiplier: @escaping @Sendable (Int) -> Double) {
    self.summary = summary
    self.multiplier = multiplier
  }

  public func callAsFunction(_ step: Int) -> Double { multiplier(step) }

  /// The same number at every step.
  public static func constant(_ value: Double) -> Schedule {
    Schedule("constant \(value)") { _ in value }
  }

  /// Linear between the knots {step: multiplier}, constant after the last. If the first knot is not
  /// at 0 the schedule starts there with 0: `[1000: 1, 20000: 0.1]` rises from 0 to 1 over 1000 steps,
  /// then falls to 0.1.
  public static func piecewiseLinear(_ knots: [Int: Double]) -> Schedule {
    require(
      !knots.isEmpty && knots.keys.allSatisfy { $0 >= 0 },
      "a piecewise-linear schedule expected knots at steps from 0, received \(knots)")
    var points = knots.map { (step: $0, value: $1) }.sorted { $0.step < $1.step }
    if points[0].step != 0 { points.insert((0, 0), at: 0) }
    let sorted = points
    let text = sorted.map { "\($0.step): \($0.value)" }.joined(separator: ", ")
    return Schedule("piecewise linear {\(text)}") { step in
      guard let next = sorted.firstIndex(where: { $0.step > step }) else {
        return sorted[sorted.count - 1].value
      }
      let (from, to) = (sorted[next - 1], sorted[next])
      let fraction = Double(step - from.step) / Double(to.step - from.step)
      return from.value + (to.value - from.value) * fraction
    }
  }

  /// (t + 1)/steps, then 1: the last of the first `steps` updates has the full rate.
  public static func warmUp(_ steps: Int) -> Schedule {
    Schedule("warm-up \(steps)") { step in min(1, Double(step + 1) / Double(max(1, steps))) }
  }

  /// Half a cosine from 1 to `final` over `steps`, constant after it.
  /// PyTorch: `CosineAnnealingLR`; Keras: `CosineDecay`.
  public static func cosine(_ steps: Int, final: Double = 0) -> Schedule {
    Schedule("cosine \(steps)" + (final == 0 ? "" : " to \(final)")) { step in
      let fraction = min(1, Double(step) / Double(max(1, steps)))
      return final + (1 - final) * (1 + Foundation.cos(.pi * fraction)) / 2
    }
  }

  /// Up along half a cosine from `start` to 1 over the first `warmUp` of `steps`, then down to `final`
  /// along another: one cycle (Smith and Topin, 2017, arXiv 1708.07120), constant after it. The optimizer's
  /// learning rate is the highest. PyTorch: `OneCycleLR`.
  public static func oneCycle(
    _ steps: Int, warmUp: Double = 0.3, start: Double = 1 / 25.0, final: Double = 4e-6
  ) -> Schedule {
    require(
      steps >= 1 && 0...1 ~= warmUp,
      "a one-cycle schedule expected steps ≥ 1 and a warm-up share in 0...1, received \(steps), "
        + "\(warmUp)")
    // As PyTorch counts: the first update has `start`, the last of `steps` has `final`.
    let top = warmUp * Double(steps) - 1
    let last = Double(steps - 1)
    @Sendable func between(_ from: Double, _ to: Double, _ fraction: Double) -> Double {
      to + (from - to) / 2 * (1 + Foundation.cos(.pi * fraction))
    }
    return Schedule("one cycle \(steps)") { step in
      let time = min(Double(step), last)
      return time < top
        ? between(start, 1, time / top)
        : between(1, final, (time - max(top, 0)) / max(last - max(top, 0), 1))
    }
  }

  /// Cosines one after the other, each from 1 to `final`: the first over `period` steps, every next one
  /// `growth` times as long (Loshchilov and Hutter, 2016, arXiv 1608.03983).
  /// PyTorch: `CosineAnnealingWarmRestarts`.
  public static func cosineRestarts(
    _ period: Int, growth: Int = 1, final: Double = 0
  ) -> Schedule {
    require(
      period >= 1 && growth >= 1,
      "cosine restarts expected a period and a growth ≥ 1, received \(period), \(growth)")
    return Schedule("cosine restarts \(period) × \(growth)") { step in
      var (rest, length) = (step, period)
      if growth == 1 { rest %= period }
      while rest >= length {
        rest -= length
        length *= growth
      }
      let fraction = Double(rest) / Double(length)
      return final + (1 - final) * (1 + Foundation.cos(.pi * fraction)) / 2
    }
  }

  /// 1, then from each of the given steps on its value: `[50: 0.1, 80: 0.01]`.
  /// PyTorch: `MultiStepLR`; Keras: `PiecewiseConstantDecay`.
  public static func steps(_ values: [Int: Double]) -> Schedule {
    let sorted = values.sorted { $0.key < $1.key }
    let text = sorted.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return Schedule("steps {\(text)}") { step in sorted.last { $0.key <= step }?.value ?? 1 }
  }

  /// factor^⌊t/period⌋. PyTorch: `StepLR`.
  public static func decay(by factor: Double, every period: Int) -> Schedule {
    Schedule("× \(factor) every \(period)") { step in
      Foundation.pow(factor, Double(step / max(1, period)))
    }
  }

  /// Both multipliers, multiplied.
  public static func * (left: Schedule, right: Schedule) -> Schedule {
    Schedule("\(left.summary) × \(right.summary)") { left($0) * right($0) }
  }
}

/// A learning rate that changes with the step: γ_t = γ ρ_t, for all that was applied before it.
///
/// Steps are applied updates, so gradient accumulation does not speed the schedule up. A multiplier of
/// 0 leaves the parameters' bits alone, while the rule's history moves.
public struct ScheduledLearningRate: OptimizerExtension {
  public let schedule: Schedule

  public init(_ schedule: Schedule) { self.schedule = schedule }

  public var summary: String { "schedule(\(schedule.summary))" }

  public func makeState(for parameters: ParameterTable) -> ExtensionState { State(schedule) }

  private final class State: ExtensionState {
    let schedule: Schedule

    init(_ schedule: Schedule) { self.schedule = schedule }

    override var readsGradients: Bool { false }
    override var influence: ExtensionInfluence { .schedule }

    override func multiplier(atStep step: Int) -> Double { schedule(step) }

    override func transform(_ update: inout Update) {
      let multiplier = schedule(update.step)
      for position in update.factors.indices { update.factors[position] *= multiplier }
    }
  }
}

/// Learning rates by name: γ × the multiplier of the first pattern that matches, 1 without a match.
public struct ParameterLearningRates: OptimizerExtension {
  public let multipliers: [(pattern: String, multiplier: Double)]

  public init(_ multipliers: [(pattern: String, multiplier: Double)]) {
    self.multipliers = multipliers
  }

  public var summary: String {
    "learning rates("
      + multipliers.map { "\($0.pattern): × \($0.multiplier)" }.joined(separator: ", ") + ")"
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireMatch(multipliers.map(\.pattern), in: parameters, summary)
    return State(
      parameters.weights.map { name, _ in
        multipliers.first { NamePattern.matches(name, $0.pattern) }?.multiplier ?? 1
      })
  }

  private final class State: ExtensionState {
    let multipliers: [Double]

    init(_ multipliers: [Double]) { self.multipliers = multipliers }

    override var readsGradients: Bool { false }
    override var influence: ExtensionInfluence { .multipliers(multipliers) }

    override func transform(_ update: inout Update) {
      for (position, index) in update.indices.enumerated() {
        update.factors[position] *= multipliers[index]
      }
    }
  }
}

extension OptimizerSpecification {
  /// Multiplies the learning rate by a schedule.
  public func withSchedule(_ schedule: Schedule) -> ExtendedRule {
    extended(by: ScheduledLearningRate(schedule))
  }

  /// Multiplies the learning rate of names that match a pattern; the first match counts.
  public func withLearningRates(
    _ multipliers: [(pattern: String, multiplier: Double)]
  ) -> ExtendedRule {
    extended(by: ParameterLearningRates(multipliers))
  }
}

extension Optimizer {
  /// γ times the schedules, at the latest update.
  public var scheduledLearningRate: Double {
    let step = max(0, stepCount - 1)
    return extensions.reduce(learningRate) { rate, state in
      if case .schedule = state.influence { rate * state.multiplier(atStep: step) } else { rate }
    }
  }
}
