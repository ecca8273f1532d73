import Parallel
import Torch
import Tracking
import Training

/// What an article is given when it runs: its settings, the run that it writes, what the user asked for.
public struct Running<Settings: RecipeSettings> {
  public let settings: Settings
  public let options: RecipeOptions
  /// The folder that the run writes.
  public let run: Run
  public let work: Work
  /// The device asked for; the CPU for an article without libtorch.
  public let device: Device
  let steps = StepCount()

  public var seed: UInt64 { options.seed }

  /// Trains `task`, or loads it where the run holds it trained already; interrupted, it goes on where it
  /// stopped. Its metrics are logged as `name/…`, its checkpoints stand in `checkpoints/name/`.
  ///
  /// What training draws at random (noise, dropout) begins at `seed`, by default the run's, so that it
  /// does not depend on what was trained before.
  ///
  /// - Parameters:
  ///   - name: Distinct from those of the run's other trainings: letters, digits, `-`, `.`, `_`.
  ///   - adjust: Changes the options, whose device and precision are the user's.
  @discardableResult
  public func train(
    _ task: some TrainingTask, named name: String, steps: Int, seed: UInt64? = nil,
    callbacks: [any Callback] = [], adjust: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> Trainer.Outcome {
    var training = TrainingOptions(
      steps: steps, device: device, precision: try Precision(parsing: options.precision),
      checkpointInterval: .steps(max(100, steps / 5)))
    adjust(&training)
    RandomGenerator.seedAll(seed ?? self.seed)
    let trainer = Trainer(training, run: run, named: name, callbacks: callbacks, work: work)
    let outcome = try trainer.fit(task)
    self.steps.done += outcome.steps
    return outcome
  }
}

/// How many updates the trainings of a run came to.
final class StepCount {
  var done = 0
}

/// The options every recipe understands.
public struct RecipeOptions: Sendable, Codable, Equatable {
  /// A file or folder with the user's data, in place of what ships with Danlu.
  public var data: String?
  /// A folder with a pretrained model to start from.
  public var model: String?
  public var seed: UInt64
  public var device: String
  public var precision: String

  public init(
    data: String? = nil, model: String? = nil, seed: UInt64 = 0, device: String = "auto",
    precision: String = "auto"
  ) {
    self.data = data
    self.model = model
    self.seed = seed
    self.device = device
    self.precision = precision
  }
}
