import ArgumentParser
import Parallel
import Training

/// The folder that a training fills, anew or further.
struct TrainedFolderOptions: ParsableArguments {
  @Option(help: "The folder to make.") var out: String?
  @Option(help: "Go on with the interrupted run in this folder.") var resume: String?

  /// Opens a training by `resume` or, into `--out`, by `begin`, and trains. Interrupted, says how `command` goes on.
  func train<Session, Outcome>(
    _ command: String, begin: (_ path: String) throws -> Session,
    resume open: (_ path: String) throws -> Session, train: (Session) throws -> Outcome
  ) throws -> (path: String, outcome: Outcome) {
    let path = resume ?? out ?? ""
    let session = try resume == nil ? begin(path) : open(path)
    do {
      return (path, try train(session))
    } catch is Cancelled {
      throw Interrupted(advice: "continue with: danlu \(command) --resume \(path)")
    }
  }
}
