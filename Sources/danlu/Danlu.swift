import ArgumentParser
import Distributed
import Foundation
import Messages
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
        danlu run infomap           words, vectors and communities; no libtorch
        danlu run gan-single-loss   train a GAN and check its claims
      """,
    version: danluVersion,
    subcommands: [
      DoctorCommand.self, RecipesCommand.self, RunCommand.self, VerifyCommand.self,
      WordsCommand.self, VectorsCommand.self, CommunitiesCommand.self, BERTCommand.self,
      AskCommand.self, SQLCommand.self, GenerateCommand.self, KnowledgeCommand.self,
      QuestionsCommand.self, ClassifyCommand.self, CubeCommand.self, SiteCommand.self,
      ServeCommand.self, LaunchCommand.self,
    ]
  )

  /// Exits with 0 on success, 1 on a failure that one line on standard error explains, 2 on wrong
  /// usage, 130 when interrupted.
  static func main() {
    var running: (any ParsableCommand.Type)?
    do {
      var command = try parseAsRoot()
      running = type(of: command)
      try Ranks.check(command)
      try command.run()
      Communicator.world.finish()
    } catch {
      if exitCode(for: error) == .success {
        // --help and --version arrive as errors.
        Console.output(fullMessage(for: error))
        return
      }
      TerminalProgress.close()
      Ranks.end(CommandFailure(error, of: running))
    }
  }
}
