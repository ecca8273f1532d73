import Layers
import Messages
import Optimizers

/// Lowers the learning rate when a validation figure has stopped improving.
///
/// After `patience` validations in a row without an improvement the optimizer's rate is multiplied by
/// `factor`, never below `minimumRate`, and the next `cooldown` validations do not count.
/// PyTorch: `ReduceLROnPlateau`.
public final class ReduceOnPlateau: Callback, Checkpointable {
  public let name: String
  private let optimizer: Optimizer
  private let monitor: Monitor
  private let factor: Double
  private let cooldown: Int
  private let minimumRate: Double
  private var best: Double?
  private var waited = 0
  private var cooling = 0

  /// - Parameter patience: How many validations without an improvement may pass.
  public init(
    _ optimizer: Optimizer, monitor metric: String = "validation/loss",
    better: Monitor.Direction = .lower, factor: Double = 0.1, patience: Int = 10,
    minimumChange: Double = 1e-4, cooldown: Int = 0, minimumRate: Double = 0,
    name: String = "ReduceOnPlateau"
  ) {
    require(
      factor > 0 && factor < 1 && cooldown >= 0 && minimumRate >= 0,
      "ReduceOnPlateau expected a factor between 0 and 1, received \(factor)")
    self.optimizer = optimizer
    self.factor = factor
    self.cooldown = cooldown
    self.minimumRate = minimumRate
    self.name = name
    monitor = Monitor(
      metric, better: better, patience: patience, minimumChange: minimumChange)
  }

  public func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) throws {
    guard let value = metrics[monitor.metric] else {
      throw InputError(
        "\(name): the figure '\(monitor.metric)' is not among those of validation: "
          + metrics.keys.sorted().joined(separator: ", "))
    }
    if monitor.isBetter(value, than: best) {
      best = value
      waited = 0
    } else {
      waited += 1
    }
    if cooling > 0 {
      cooling -= 1
      waited = 0
    }
    guard waited >= monitor.patience ?? 1 else { return }
    optimizer.learningRate = max(minimumRate, optimizer.learningRate * factor)
    cooling = cooldown
    waited = 0
  }

  public func checkpoint() -> NamedState {
    var state = NamedState(values: ["waited": .integer(waited), "cooling": .integer(cooling)])
    if let best { state.values["best"] = .number(best) }
    return state
  }

  public func restore(_ state: NamedState) throws {
    let reader = state.reader(for: name)
    let (waited, cooling) = (reader.count("waited"), reader.count("cooling"))
    let best = state.values["best"] == nil ? nil : reader.number("best")
    try reader.finish()
    self.waited = waited
    self.cooling = cooling
    self.best = best
  }
}
