import Formats
import Foundation
import Messages

/// What an article or its paper says, as a predicate over a measured number, and whether it holds.
public struct Claim: Codable, Sendable, Equatable {
  /// Short and stable, unique within its recipe: `gradient-equality`.
  public var id: String
  /// The claim in words.
  public var statement: String
  /// What must be measured for it to hold: `≤ 1e-10`.
  public var expected: String
  /// What was measured: a number where there is one, else words.
  public var measured: JSONValue
  public var holds: Bool

  public init(id: String, statement: String, expected: String, measured: JSONValue, holds: Bool) {
    self.id = id
    self.statement = statement
    self.expected = expected
    self.measured = measured
    self.holds = holds
  }

  /// Holds if `measured ≤ bound` (not for NaN).
  public init(id: String, statement: String, measured: Double, atMost bound: Double) {
    self.init(
      id: id, statement: statement, expected: "≤ \(NumberText.short(bound))",
      measured: .number(measured), holds: measured <= bound)
  }

  /// Holds if `measured ≥ bound` (not for NaN).
  public init(id: String, statement: String, measured: Double, atLeast bound: Double) {
    self.init(
      id: id, statement: statement, expected: "≥ \(NumberText.short(bound))",
      measured: .number(measured), holds: measured >= bound)
  }

  /// Holds if `|measured - expected| ≤ tolerance` (not for NaN).
  public init(
    id: String, statement: String, measured: Double, equals expected: Double,
    within tolerance: Double
  ) {
    self.init(
      id: id, statement: statement,
      expected:
        "\(NumberText.short(expected, digits: Self.digits(expected, tolerance))) ± "
        + NumberText.short(tolerance),
      measured: .number(measured), holds: abs(measured - expected) <= tolerance)
  }

  /// `measured` for people: as many digits as a tolerance asks for, few otherwise.
  public var measuredText: String {
    if let text = measured.stringValue { return text }
    guard let value = measured.doubleValue else { return measured.text() }
    let tolerance = expected.components(separatedBy: " ± ").last.flatMap(Double.init)
    return NumberText.short(value, digits: tolerance.map { Self.digits(value, $0) } ?? 4)
  }

  /// Significant digits of `value` that a difference of `tolerance` can show in, from 4 to 12.
  private static func digits(_ value: Double, _ tolerance: Double) -> Int {
    guard value.isFinite, value != 0, tolerance > 0 else { return 4 }
    return min(
      12, max(4, Int(log10(abs(value)).rounded(.down) - log10(tolerance).rounded(.down)) + 1))
  }
}
