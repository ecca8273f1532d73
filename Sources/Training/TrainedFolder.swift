import Formats
import Foundation
import Messages
import Torch
import Tracking

/// A folder that becomes a model's when training has ended. Until then there is `training/` alone: the run (metrics,
/// checkpoints, report), and in `training/tokenizer` what its model reads text by.
public struct TrainedFolder: Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  public var run: RunFolder { RunFolder(path: path + "/training") }
  public var tokenizerPath: String { run.path + "/tokenizer" }

  /// Throws `FileError` unless a training may begin here: there must be nothing yet.
  public func expectNothing() throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    throw FileError(
      path: path,
      reason: run.isRun
        ? "holds a run already; resume it, or choose another folder" : "exists already")
  }

  /// Makes the folder and its run. If `session` throws, nothing stays behind.
  ///
  /// - Parameters:
  ///   - name: What the run is called in its `config.json`.
  ///   - options: All that a resumed training must know again.
  ///   - facts: What must be the same when it is resumed.
  ///   - session: Makes what trains.
  public func begin<Options: Encodable, Session>(
    _ name: String, seed: UInt64, options: Options, facts: [JSONMember] = [],
    _ session: (Run) throws -> Session
  ) throws -> Session {
    do {
      let configuration = RunConfiguration(
        recipe: name, seed: seed,
        settings: .object([JSONMember("options", try JSONValue(encoding: options))] + facts),
        versions: ["danlu": danluVersion, "libtorch": LibTorch.version])
      return try session(Run.create(configuration, at: run.path))
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw error
    }
  }

  /// The options and facts of a training that was interrupted.
  ///
  /// Throws `InputError` if the folder holds none that `command` began, or a finished one.
  public func interrupted<Options: Decodable>(
    _ type: Options.Type, begunBy command: String, isFinished: Bool
  ) throws -> (options: Options, facts: JSONValue) {
    guard run.isRun else {
      throw InputError("\(path) is no run of '\(command)': it has no training/config.json")
    }
    guard !isFinished else {
      throw InputError("\(path) is finished: there is nothing to resume")
    }
    let settings = try run.configuration().settings
    guard let options = try? settings["options"]?.decoded(as: type) else {
      throw InputError("\(run.configurationPath) holds no options of '\(command)'")
    }
    return (options, settings)
  }
}
