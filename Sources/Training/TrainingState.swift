import Formats
import Torch

/// How far training is: the one state of `Trainer.fit`, which callbacks see and checkpoints hold.
public final class TrainingState {
  /// The number of updates done; before an update, also that update's number, from 0.
  public var step: Int { record.step }
  public let steps: Int
  /// Set by a callback that wants training to end after this step.
  public var shouldStop: Bool {
    get { record.isStopped }
    set { record.isStopped = newValue }
  }
  /// The figures of the last logged step.
  public var metrics: [String: Double] { record.metrics.compactMapValues(\.doubleValue) }
  /// The figures of the last validation.
  public var validation: [String: Double] { record.validation.compactMapValues(\.doubleValue) }
  /// The monitored figure's best value and its step.
  public var best: (value: Double, step: Int)? { record.best.map { ($0.value, $0.step) } }
  /// Seconds of training in this call.
  public var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }

  /// What a checkpoint's manifest keeps.
  struct Record: Codable {
    struct Best: Codable {
      var value: Double
      var step: Int
    }

    /// Counts changes of what the numbers below mean: from 2 on, steps are updates, not batches.
    var format: Int? = Record.currentFormat
    static let currentFormat = 2

    var step = 0
    /// Batches taken in all.
    var batches = 0
    /// What a resumed training must have in common, by name.
    var identity: [String: String] = [:]
    /// Sums of averaged figures since the last logged step, and how many steps they are of.
    var sums: [String: Double] = [:]
    var summed = 0
    var best: Best?
    var validationsWithoutImprovement = 0
    var validatedStep: Int?
    /// Whether training is over before its last step.
    var isStopped = false
    // As JSON values, since validation may give NaN.
    var metrics: [String: JSONValue] = [:]
    var validation: [String: JSONValue] = [:]
  }

  var record: Record
  /// The step that this call began at.
  let firstStep: Int
  /// The step of the checkpoint that is on disk.
  var savedStep: Int?
  /// The latest figures, where they have not been looked at, and sums of averaged ones on the device.
  var unread: [String: Tensor] = [:]
  var unreadSums: [String: Tensor] = [:]
  private let batchesPerEpoch: Int?
  private let started = ContinuousClock.now
  private var noted = ContinuousClock.now

  init(_ record: Record = Record(), steps: Int, batchesPerEpoch: Int? = nil) {
    self.record = record
    self.steps = steps
    self.batchesPerEpoch = batchesPerEpoch
    firstStep = record.step
    savedStep = record.step > 0 ? record.step : nil
  }

  /// The number of passes over the data that are complete; 0 throughout for a task without epochs.
  public var epoch: Int { batchesPerEpoch.map { record.batches / $0 } ?? 0 }

  /// Whether it is time to word the figures for people again: doing it at every step would cost
  /// more than small updates.
  func isNoteDue() -> Bool {
    let now = ContinuousClock.now
    guard now - noted >= .milliseconds(100) else { return false }
    noted = now
    return true
  }
}
