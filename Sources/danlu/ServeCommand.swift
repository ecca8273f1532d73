import ArgumentParser
import Foundation

/// Becomes `danlu-serve`, the program beside this one: a server is not built, nor its packages, where nobody serves.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "The site: articles, runs, playgrounds, and Danlu as a service.",
    discussion: """
      Examples:
        danlu serve                     http://127.0.0.1:8080
        danlu serve --help              its options
      """)

  @Argument(parsing: .captureForPassthrough, help: "What danlu-serve is given.")
  var arguments: [String] = []

  func run() throws {
    let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
    let program = URL(fileURLWithPath: own).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("danlu-serve").path
    guard access(program, X_OK) == 0 else {
      throw Failure("\(program) is missing, which serves the site; 'make build' makes it")
    }
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    execv(program, &words)
    throw Failure("\(program) cannot be started: \(String(cString: strerror(errno)))")
  }
}
