import Foundation
import Parallel
import Training

/// Says at each validation how far training is.
public final class PretrainingNotes: Callback {
  private let task: PretrainingTask
  private let work: Work
  /// Tokens a second after the last update; 0 before the first.
  public private(set) var lastRate = 0.0

  public init(_ task: PretrainingTask, _ work: Work) {
    self.task = task
    self.work = work
  }

  public func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
    lastRate = task.tokensPerSecond
  }

  public func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) {
    func text(_ name: String) -> String {
      metrics[name].map { String(format: "%.4f", $0) } ?? "—"
    }
    work.note(
      "step \(state.step): held-out loss \(text("heldOut/loss")), accuracy \(text("heldOut/accuracy")), "
        + "\(Int(lastRate)) tokens/s")
  }
}
