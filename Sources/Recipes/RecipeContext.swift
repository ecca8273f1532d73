import Parallel
import Torch
import Tracking
import Training

/// What a recipe is given: where to write, what to draw from, what the user asked for.
public struct RecipeContext {
  /// The folder that the run writes.
  public let run: Run
  public let options: RecipeOptions
  public let settings: Settings
  public let progress: any ProgressReporter
  public let cancellation: Cancellation

  public init(
    run: Run, options: RecipeOptions, settings: Settings, progress: any ProgressReporter,
    cancellation: Cancellation
  ) {
    self.run = run
    self.options = options
    self.settings = settings
    self.progress = progress
    self.cancellation = cancellation
  }

  public var seed: UInt64 { options.seed }

  /// The device asked for. Throws `TorchError` if it is not there.
  public func device() throws -> Device { try Device(parsing: options.device) }

  /// The steps asked for, or the recipe's default.
  public func steps(_ standard: Int) -> Int { options.steps ?? standard }

  /// The batch size asked for, or the recipe's default.
  public func batch(_ standard: Int) -> Int { options.batch ?? standard }

  /// A trainer that writes this run, resumes it, reports and stops as the context says.
  public func trainer(
    _ options: TrainingOptions, callbacks: [any Callback] = []
  ) -> Trainer {
    Trainer(
      options, run: run, callbacks: callbacks, progress: progress, cancellation: cancellation)
  }
}

/// The options every recipe understands.
public struct RecipeOptions: Sendable, Codable, Equatable {
  /// A folder with the user's data, in place of what ships with Danlu.
  public var data: String?
  public var steps: Int?
  public var batch: Int?
  public var seed: UInt64
  public var device: String
  public var precision: String

  public init(
    data: String? = nil, steps: Int? = nil, batch: Int? = nil, seed: UInt64 = 0,
    device: String = "auto", precision: String = "auto"
  ) {
    self.data = data
    self.steps = steps
    self.batch = batch
    self.seed = seed
    self.device = device
    self.precision = precision
  }
}
