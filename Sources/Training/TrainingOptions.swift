import Messages
import Torch

/// How long training is, or how far apart things happen: in updates or in passes over the data.
///
/// A whole number is a number of updates.
public enum TrainingLength: Sendable, Equatable, ExpressibleByIntegerLiteral {
  case steps(Int)
  case epochs(Int)

  public init(integerLiteral value: Int) { self = .steps(value) }

  var count: Int {
    switch self {
    case .steps(let count), .epochs(let count): count
    }
  }
}

/// How a run is trained. The debugging switches (`dryRun`, `overfitsOneBatch`) write no checkpoints.
public struct TrainingOptions: Sendable {
  /// Updates in all, or epochs, those before an interruption included. With accumulated gradients an update
  /// takes several batches; one that the end of the last of so many epochs finds under way is made with
  /// the batches that came.
  public var length: TrainingLength
  public var device: Device
  public var precision: Precision
  /// Figures are logged every so many steps; losses as their mean since the last log.
  public var logInterval: Int
  /// Validation runs so often, and after the last step; `nil`: never.
  public var validationInterval: TrainingLength?
  /// A checkpoint is written so often, and after the last step; `nil`: only at the end and when
  /// interrupted.
  public var checkpointInterval: TrainingLength?
  /// How many of the latest checkpoints stay; the best one stays besides.
  public var keptCheckpoints: Int
  /// Which validation figure decides what is best, and when to stop early.
  /// Keras: `EarlyStopping`, `ModelCheckpoint`.
  public var monitor: Monitor?
  /// Stop after so many seconds of training, as if `steps` had been reached.
  public var maximumSeconds: Double?
  /// One update and one validation, nothing written: does everything fit together?
  public var dryRun: Bool
  /// The first batch again and again: a model that cannot learn it by heart has a mistake in it.
  public var overfitsOneBatch: Bool

  /// - Parameter length: `.steps(1000)`, `.epochs(3)`.
  public init(
    _ length: TrainingLength, device: Device = .cpu, precision: Precision = .auto,
    logInterval: Int = 10, validationInterval: TrainingLength? = nil,
    checkpointInterval: TrainingLength? = nil, keptCheckpoints: Int = 2,
    monitor: Monitor? = nil, maximumSeconds: Double? = nil, dryRun: Bool = false,
    overfitsOneBatch: Bool = false
  ) {
    require(length.count >= 0, "TrainingOptions expected a length ≥ 0, received \(length)")
    require(
      logInterval > 0 && (validationInterval?.count ?? 1) > 0
        && (checkpointInterval?.count ?? 1) > 0 && keptCheckpoints > 0,
      "TrainingOptions expected positive intervals")
    self.length = length
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

  /// So many updates.
  public init(
    steps: Int, device: Device = .cpu, precision: Precision = .auto, logInterval: Int = 10,
    validationInterval: TrainingLength? = nil, checkpointInterval: TrainingLength? = nil,
    keptCheckpoints: Int = 2, monitor: Monitor? = nil, maximumSeconds: Double? = nil,
    dryRun: Bool = false, overfitsOneBatch: Bool = false
  ) {
    self.init(
      .steps(steps), device: device, precision: precision, logInterval: logInterval,
      validationInterval: validationInterval, checkpointInterval: checkpointInterval,
      keptCheckpoints: keptCheckpoints, monitor: monitor, maximumSeconds: maximumSeconds,
      dryRun: dryRun, overfitsOneBatch: overfitsOneBatch)
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
