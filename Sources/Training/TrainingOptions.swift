import Messages
import Torch

/// How a run is trained. The debugging switches (`dryRun`, `overfitsOneBatch`) write no checkpoints.
public struct TrainingOptions: Sendable {
  /// Updates in all, those before an interruption included.
  public var steps: Int
  public var device: Device
  public var precision: Precision
  /// Figures are logged every so many steps.
  public var logInterval: Int
  /// Validation runs every so many steps, and after the last; `nil`: never.
  public var validationInterval: Int?
  /// A checkpoint is written every so many steps, and after the last; `nil`: only at the end and when
  /// interrupted.
  public var checkpointInterval: Int?
  /// How many of the latest checkpoints stay; the best one stays besides.
  public var keptCheckpoints: Int
  /// Which validation figure decides what is best, and when to stop early.
  public var monitor: Monitor?
  /// Stop after so many seconds of training, as if `steps` had been reached.
  public var maximumSeconds: Double?
  /// One update and one validation, nothing written: does everything fit together?
  public var dryRun: Bool
  /// The first batch again and again: a model that cannot learn it by heart has a mistake in it.
  public var overfitsOneBatch: Bool

  public init(
    steps: Int, device: Device = .cpu, precision: Precision = .auto, logInterval: Int = 10,
    validationInterval: Int? = nil, checkpointInterval: Int? = nil, keptCheckpoints: Int = 2,
    monitor: Monitor? = nil, maximumSeconds: Double? = nil, dryRun: Bool = false,
    overfitsOneBatch: Bool = false
  ) {
    require(steps >= 0, "TrainingOptions expected steps ≥ 0, received \(steps)")
    require(
      logInterval > 0 && (validationInterval ?? 1) > 0 && (checkpointInterval ?? 1) > 0
        && keptCheckpoints > 0, "TrainingOptions expected positive intervals")
    self.steps = steps
    self.device = device
    self.precision = precision
    self.logInterval = logInterval
    self.validationInterval = validationInterval
    self.checkpointInterval = checkpointInterval
    self.keptCheckpoints = keptCheckpoints
    self.monitor = monitor
    self.maximumSeconds = maximumSeconds
    self.dryRun = dryRun
    self.overfitsOneBatch = overfitsOneBatch
  }
}

/// The validation figure that judges a run.
public struct Monitor: Sendable {
  public enum Direction: Sendable { case lower, higher }

  public var metric: String
  public var better: Direction
  /// After so many validations in a row without improvement training stops; `nil`: never early.
  public var patience: Int?
  /// An improvement must exceed this.
  public var minimumChange: Double

  public init(
    _ metric: String, better: Direction, patience: Int? = nil, minimumChange: Double = 0
  ) {
    require(
      patience ?? 1 > 0 && minimumChange >= 0,
      "Monitor expected a positive patience and a change ≥ 0, received \(patience ?? 1) and "
        + "\(minimumChange)")
    self.metric = metric
    self.better = better
    self.patience = patience
    self.minimumChange = minimumChange
  }

  func isBetter(_ value: Double, than best: Double?) -> Bool {
    guard value.isFinite else { return false }
    guard let best else { return true }
    switch better {
    case .lower: return value < best - minimumChange
    case .higher: return value > best + minimumChange
    }
  }
}
