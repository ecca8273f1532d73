import ArgumentParser
import Parallel
import Training

/// The folder that a training fills, anew or further.
struct TrainedFolderOptions: ParsableArguments {
  @Option(help: "The folder to make.") var out: String?
  @Option(help: "Go on with the interrupted run in this folder.") var resume: String?

  /// Opens a training by `resume` or, into `--out`, by `begin`, and trains, as one of several ranks where a launcher has
  /// started them. Interrupted, says how `command` goes on.
  func train<Session, Outcome>(
    _ command: String, as ranks: TrainingRankOptions, begin: (_ path: String) throws -> Session,
    resume open: (_ path: String) throws -> Session, train: (Session) throws -> Outcome
  ) throws -> (path: String, outcome: Outcome) {
    let world = try ranks.start()
    let folder =
      try resume.map { try RankedFolder(resuming: $0, world) }
      ?? RankedFolder(making: out ?? "", world)
    let path = folder.path
    return try withExtendedLifetime(folder) {
      let session = try resume == nil ? begin(path) : open(path)
      do {
        return (path, try train(session))
      } catch is Cancelled {
        throw Interrupted(advice: "continue with: danlu \(command) --resume \(path)")
      }
    }
  }
}
