import Reports
import Tracking

extension Run {
  /// Marks the run as finished with what training came to, and writes its report with the curves.
  ///
  ///     let run = try Run.create(at: "runs/first")
  ///     let outcome = try Trainer(options, run: run).fit(task)
  ///     try run.finish(outcome)
  @discardableResult
  public func finish(_ outcome: Trainer.Outcome, title: String = "Training") throws -> RunSummary {
    try write(try Report(training: folder, title: title))
    return try finish(
      steps: outcome.steps,
      metrics: outcome.metrics.merging(outcome.validation) { _, validation in validation })
  }
}
