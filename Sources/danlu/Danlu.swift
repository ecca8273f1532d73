import ArgumentParser
import Foundation
import Parallel

@main
struct Danlu: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "danlu",
    abstract: "丹炉: every method of the articles of 科学空间, as a program that checks its claims.",
    discussion: """
      Begin with:
        danlu doctor                what is installed, what is missing
        danlu recipes               the articles that run
        danlu run gan-single-loss   train one and check its claims
      """,
    version: "0.1.0",
    subcommands: [
      DoctorCommand.self, RecipesCommand.self, RunCommand.self, VerifyCommand.self,
      WordsCommand.self, VectorsCommand.self, CommunitiesCommand.self,
    ]
  )

  /// Exits with 0 on success, 1 on a failure that one line on standard error explains, 2 on wrong
  /// usage, 130 when interrupted.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch is Cancelled {
      Foundation.exit(Interruption.exitCode)
    } catch {
      finish(error)
    }
  }

  private static func finish(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    switch code {
    case .success:
      Console.output(fullMessage(for: error))
      Foundation.exit(0)
    case .validationFailure:
      Console.note(fullMessage(for: error))
      Foundation.exit(2)
    default:
      if let status = error as? ExitCode { Foundation.exit(status.rawValue) }
      Console.note("danlu: \(error)")
      Foundation.exit(1)
    }
  }
}
