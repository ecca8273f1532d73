/// What ranks that train together do with gradients, states and statistics; the same on all of them.
public struct RankedTrainingOptions: Sendable, Equatable {
  /// The form in which gradients travel between ranks.
  public enum Wire: String, Sendable, CaseIterable {
    /// In the type that they have.
    case exact = "fp32"
    /// float32 rounded to bfloat16: half the bytes; sums are taken in float32.
    case brainFloat = "bf16"
  }

  public var wire = Wire.exact
  /// Sum gradients on a thread of their own while the backward pass computes the others.
  public var overlaps = false
  /// Each rank keeps the optimizer's state of its share of the parameters only, updates these, and gives them to the
  /// others.
  public var shardsOptimizer = false
  /// Batch normalization takes means and variances over the whole batch, not over a rank's part.
  public var sharesBatchStatistics = false

  public init() {}
}
