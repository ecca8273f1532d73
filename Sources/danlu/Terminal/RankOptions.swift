import ArgumentParser
import Distributed
import Formats
import Foundation
import Messages

extension RankedTrainingOptions.Wire: ExpressibleByArgument {}

/// What a command takes that can run as several ranks.
struct RankOptions: ParsableArguments {
  static let help: ArgumentHelp =
    "Under mpirun: seconds to wait for other ranks before the job ends; 300 unless given."

  @Option(help: RankOptions.help) var collectiveTimeout: Double?

  func validate() throws {
    if let collectiveTimeout, !(collectiveTimeout > 0) {
      throw ValidationError(
        "--collective-timeout must be above 0, received \(collectiveTimeout)")
    }
  }

  /// Finds the other ranks, where a launcher has started this process as one of several.
  func start(training: RankedTrainingOptions = .init()) throws -> Communicator {
    if RankEnvironment.current == nil, collectiveTimeout != nil || training != .init() {
      Console.note(
        "no launcher has started ranks here: options for ranks change nothing")
    }
    return try Communicator.start(
      timeout: collectiveTimeout.map { .seconds($0) } ?? Communicator.defaultTimeout,
      training: training)
  }
}

/// The same for a command that trains.
struct TrainingRankOptions: ParsableArguments {
  @OptionGroup var ranks: RankOptions
  @Option(help: "Under mpirun: gradients travel as fp32, or as bf16, half the bytes.")
  var wire: RankedTrainingOptions.Wire?
  @Flag(
    help:
      "Under mpirun: sum gradients on a thread of their own while others are computed; pays between hosts, costs on one."
  )
  var overlap = false
  @Flag(
    help:
      "Under mpirun: each rank keeps the optimizer's state of its share of the weights only; more travels."
  )
  var shardOptimizer = false
  @Flag(help: "Under mpirun: batch normalization by the whole batch instead of a rank's part.")
  var syncBatchNorm = false

  func start() throws -> Communicator {
    var training = RankedTrainingOptions()
    training.wire = wire ?? .exact
    training.overlaps = overlap
    training.shardsOptimizer = shardOptimizer
    training.sharesBatchStatistics = syncBatchNorm
    return try ranks.start(training: training)
  }
}

/// A command that several ranks run together.
protocol RankedCommand: ParsableCommand {}

/// What is different on ranks that are not the first.
enum Ranks {
  /// Whether this process is one of several, and not the one that prints.
  static let isSilent: Bool = {
    guard let environment = RankEnvironment.current, environment.hasOthers else { return false }
    return environment.rank > 0
  }()

  /// Refuses commands that would only do the same thing several times.
  static func check(_ command: any ParsableCommand) throws {
    guard let environment = RankEnvironment.current, environment.hasOthers else { return }
    guard command is any RankedCommand || command is DoctorCommand else {
      throw InputError(
        "this command runs as one process, not as \(environment.size.map(String.init) ?? "several") ranks; "
          + "'danlu launch --help' lists those that gain by ranks")
    }
  }

  /// Sizes of files, and checksums of their beginnings and ends.
  static func fingerprint(of paths: [String]) throws -> String {
    try paths.map { path in
      guard let file = FileHandle(forReadingAtPath: path) else {
        throw FileError(path: path, reason: "cannot be read on \(ProcessInfo.processInfo.hostName)")
      }
      defer { try? file.close() }
      let length = try file.seekToEnd()
      var checksums: [UInt32] = []
      for start in [0, length > 1 << 16 ? length - 1 << 16 : 0] {
        try file.seek(toOffset: start)
        checksums.append(CRC32C.checksum(Array(try file.read(upToCount: 1 << 16) ?? Data())))
      }
      return "\(path) (\(length) bytes, checksums \(checksums[0]), \(checksums[1]))"
    }.joined(separator: ", ")
  }

  /// Ends the job as `failure` says; does not return.
  static func end(_ failure: CommandFailure) -> Never {
    let world = Communicator.world
    if !world.isAlone {
      guard failure.status == Interruption.exitCode else {
        world.fail(failure.message, status: failure.status)
      }
      // All ranks have heard it, and rank 0 has kept what is to be kept.
      if !failure.message.isEmpty { Console.note(failure.message) }
      world.finish(within: .seconds(10), status: failure.status)
      exit(failure.status)
    }
    if isSilent {
      // Rank 0 has the same to say, most likely, and is ending the job.
      Thread.sleep(forTimeInterval: 2)
      let rank = RankEnvironment.current?.rank ?? 0
      Console.write(
        toStandardError: "rank \(rank) on \(ProcessInfo.processInfo.hostName): "
          + failure.message + "\n")
    } else if !failure.message.isEmpty {
      Console.note(failure.message)
    }
    exit(failure.status)
  }
}

/// A run's folder as each rank sees it: rank 0 has the one that was asked for, others work in one that goes when the
/// process ends.
final class RankedFolder {
  let path: String
  private let isTemporary: Bool

  /// A folder that is to be made.
  init(making path: String, _ world: Communicator) {
    isTemporary = !world.isRoot
    self.path = world.isRoot ? path : Self.temporaryPath()
  }

  /// A folder that a run is to go on in. What other ranks need of it, all but checkpoints and pictures, is given to
  /// them by rank 0.
  init(resuming path: String, _ world: Communicator) throws {
    isTemporary = !world.isRoot
    guard !world.isAlone else {
      self.path = path
      return
    }
    let files = world.isRoot ? try Self.files(of: path) : [:]
    let text = try world.broadcast(Array(JSONEncoder().encode(files)))
    self.path = world.isRoot ? path : Self.temporaryPath()
    guard !world.isRoot else { return }
    for (name, content) in try JSONDecoder().decode([String: Data].self, from: Data(text)) {
      let file = URL(fileURLWithPath: self.path + "/" + name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try content.write(to: file)
    }
  }

  deinit {
    if isTemporary { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func temporaryPath() -> String {
    NSTemporaryDirectory() + "danlu-rank-" + UUID().uuidString
  }

  private static func files(of folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = FileManager.default.enumerator(atPath: folder)
    while let name = names?.nextObject() as? String {
      let parts = name.split(separator: "/")
      if parts.contains("checkpoints") || parts.contains("samples") { continue }
      guard name.hasSuffix(".json") || name.hasSuffix(".jsonl") || parts.contains("tokenizer")
      else { continue }
      var isDirectory: ObjCBool = false
      let file = folder + "/" + name
      guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory),
        !isDirectory.boolValue
      else { continue }
      files[name] = try Data(contentsOf: URL(fileURLWithPath: file))
    }
    return files
  }
}
