import Distributed
import Foundation
import Messages

/// What tests of several ranks start by mpirun: `RankProbe WHAT`. Rank 0 prints what came of it; an error ends the job as it
/// ends the command `danlu`.
@main
enum RankProbe {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let communicator: Communicator
    do {
      var training = RankedTrainingOptions()
      training.wire = arguments.contains("bf16") ? .brainFloat : .exact
      training.overlaps = arguments.contains("overlap")
      training.shardsOptimizer = arguments.contains("sharded")
      training.sharesBatchStatistics = arguments.contains("synchronized")
      let seconds = ProcessInfo.processInfo.environment["PROBE_TIMEOUT"].flatMap { Double($0) }
      communicator = try Communicator.start(
        timeout: seconds.map { .seconds($0) } ?? Communicator.defaultTimeout,
        training: training)
    } catch {
      if RankEnvironment.current?.rank ?? 0 == 0 { note("\(error)") }
      exit(1)
    }
    do {
      let line: String
      switch arguments.first {
      case "collectives": line = try Collectives(communicator).summary()
      case "failures": line = try failures(arguments[1], communicator)
      case "training":
        line = try arguments[1].split(separator: ",").map { training in
          let words = training.split(separator: "+").map(String.init)
          return try Trainings.summary(words[0], Array(words.dropFirst()))
        }.joined(separator: "\n")
      default: throw InputError("collectives, failures or training expected")
      }
      if communicator.isRoot { print(line) }
      communicator.finish()
    } catch {
      communicator.fail("\(error)", status: (error as? RankFailure)?.status ?? 1)
    }
  }

  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// Ways in which ranks go wrong.
  private static func failures(_ what: String, _ communicator: Communicator) throws -> String {
    let isLast = communicator.rank == communicator.size - 1
    switch what {
    case "throws":
      if isLast { throw InputError("the disk is full") }
      try communicator.barrier()
    case "root-throws":
      if communicator.isRoot { throw InputError("the disk is full") }
      try communicator.barrier()
    case "dies":
      if isLast { kill(getpid(), SIGKILL) }
      try communicator.barrier()
    case "sleeps":
      if isLast { Thread.sleep(forTimeInterval: 60) }
      try communicator.barrier()
    case "differs":
      try communicator.agree(on: ["the seed": isLast ? "1" : "0"])
    default: throw InputError("unknown failure \(what)")
    }
    return "no failure"
  }
}
