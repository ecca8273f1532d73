import Messages

/// Hooks into training. Every method does nothing by default.
///
/// The order within a step: `updateWillBegin`, the update, `updateDidEnd`, then, where one is due, the
/// validation with `validationDidEnd`, then the checkpoint. Callbacks that must survive an
/// interruption are `Checkpointable` too: the trainer saves and restores those together with the task,
/// under their names. Keras and Lightning: `Callback`.
public protocol Callback: AnyObject {
  /// Tells its state in a checkpoint from those of others; the name of its type by default. Two of a kind
  /// that are `Checkpointable` need names of their own: letters, digits, `-`, `.`, `_`.
  var name: String { get }
  /// Before the first update (also after a resume, when the state is that of the checkpoint).
  func trainingWillBegin(_ state: TrainingState) throws
  /// Before an update: the place to change learning rates and loss weights.
  func updateWillBegin(_ state: TrainingState) throws
  /// After an update; `metrics` is empty except at logged steps.
  func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) throws
  /// After a validation.
  func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) throws
  /// After the last update.
  func trainingDidEnd(_ state: TrainingState) throws
}

extension Callback {
  public var name: String { String(describing: type(of: self)) }
  public func trainingWillBegin(_ state: TrainingState) throws {}
  public func updateWillBegin(_ state: TrainingState) throws {}
  public func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) throws {}
  public func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) throws {}
  public func trainingDidEnd(_ state: TrainingState) throws {}
}

/// Calls a closure before each update: for schedules of anything.
///
///     BeforeUpdate { state in
///       optimizer.learningRate = state.epoch < 50 ? 1e-2 : state.epoch < 80 ? 1e-3 : 1e-4
///     }
public final class BeforeUpdate: Callback {
  private let body: (TrainingState) throws -> Void
  public init(_ body: @escaping (TrainingState) throws -> Void) { self.body = body }
  public func updateWillBegin(_ state: TrainingState) throws { try body(state) }
}

/// Calls a closure after every `interval`-th update, and after the last.
public final class Every: Callback {
  private let interval: Int
  private let body: (TrainingState) throws -> Void

  public init(_ interval: Int, _ body: @escaping (TrainingState) throws -> Void) {
    require(interval > 0, "Every expected a positive interval, received \(interval)")
    self.interval = interval
    self.body = body
  }

  public func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) throws {
    if isDue(state) { try body(state) }
  }

  public func trainingDidEnd(_ state: TrainingState) throws {
    if !isDue(state) { try body(state) }
  }

  private func isDue(_ state: TrainingState) -> Bool { state.step % interval == 0 }
}
