import Formats
import Reports

/// What `danlu run` prints on standard output, and what `claims.json` holds.
public struct RunSummary: Codable, Sendable, Equatable {
  public var recipe: String
  /// The run's folder.
  public var run: String
  /// Seconds of work, those before an interruption included.
  public var seconds: Double
  public var steps: Int
  /// Final figures by name; non-finite ones are written as strings.
  public var metrics: [String: JSONValue]
  public var claims: [Claim]

  public init(
    recipe: String, run: String, seconds: Double, steps: Int, metrics: [String: Double],
    claims: [Claim]
  ) {
    self.recipe = recipe
    self.run = run
    self.seconds = seconds
    self.steps = steps
    self.metrics = metrics.mapValues { .number($0) }
    self.claims = claims
  }

  /// Whether every claim holds.
  public var holds: Bool { claims.allSatisfy(\.holds) }
}
