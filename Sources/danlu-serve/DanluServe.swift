import ArgumentParser
import Foundation
import Messages
import Site

@main
struct DanluServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "danlu serve",
    abstract: "The site: articles, runs, playgrounds, and Danlu as a service.",
    discussion: """
      Serves http://127.0.0.1:8080 to this machine alone. Other machines can connect with --host, and then every request \
      must know the token: Authorization: Bearer TOKEN, or http://HOST:PORT/?token=TOKEN once in a browser. TLS is a \
      reverse proxy's affair (docs/serve.md). Stops at Ctrl-C or SIGTERM.

      Examples:
        danlu serve
        danlu serve --port 9000 --runs runs --models models
        danlu serve --host 0.0.0.0 --token $(openssl rand -hex 16) --log json
        curl -s localhost:8080/api/v1/words -H 'Content-Type: application/json' -d '{"text": "…"}'
      """,
    version: danluVersion, subcommands: [CommentsCommand.self])

  enum LogForm: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: "The address to listen on; one that others reach needs a token.")
  var host = "127.0.0.1"
  @Option(help: "The port; 0 takes a free one.") var port = 8080
  @Option(help: "What every request must know; made up and printed with --host unless given.")
  var token: String?
  @Option(help: "A name under which a reverse proxy shows the site; repeatable.")
  var publicName: [String] = []
  @Option(help: "The folder of run folders.") var runs = "runs"
  @Option(help: "A folder of models and finished runs, found by what they are.") var models: String?
  @Option(help: "A file of word vectors, which /api/v1/similar asks.") var vectors: String?
  @Option(
    help:
      "A folder whose files and folders recipes may be started with, as --data and --model; without it none may."
  )
  var dataRoot: String?
  @Option(help: "The address of a TensorBoard that shows the runs, for a link on their pages.")
  var tensorboard: String?
  @Option(help: "Take comments on articles, kept in this SQLite file.") var comments: String?
  @Flag(help: "Show a comment only once it is approved.") var moderate = false
  @Option(help: "text or json: how the log is written, on standard error.") var log = LogForm.text
  @Flag(help: "Log every request.") var logRequests = false

  func run() async throws {
    var options = SiteOptions()
    options.host = host
    options.port = port
    options.token = token
    options.publicNames = publicName
    options.runs = runs
    options.models = models
    options.vectors = vectors
    options.dataRoot = dataRoot
    options.tensorBoard = tensorboard
    options.comments = comments
    options.isModerated = moderate
    options.logsRequests = logRequests
    options.danlu = Self.sibling
    if !options.isLoopback, token == nil {
      let made = SiteOptions.randomToken()
      options.token = made
      Self.note("token: \(made)")
    }
    let isJSON = log == .json
    let server = try SiteServer(options) { event in Self.note(isJSON ? event.json : event.text) }
    let address = host.contains(":") ? "[\(host)]" : host
    try await server.run { port in
      Self.output("http://\(address):\(port)/")
    }
  }

  /// The program `danlu` beside this one.
  private static var sibling: String? {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    let path = own.resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("danlu").path
    return access(path, X_OK) == 0 ? path : nil
  }

  static func output(_ text: String) { write(text, to: .standardOutput) }

  private static func note(_ text: String) { write(text, to: .standardError) }

  /// A line in one write, so that lines of several threads do not mix. Where nobody reads any more (`… | head`), it is
  /// lost, and the site goes on.
  private static func write(_ text: String, to file: FileHandle) {
    try? file.write(contentsOf: Data((text + "\n").utf8))
  }

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as OptionError {
      exit(withMessage: "danlu serve: " + error.description { "--" + $0 }, status: 2)
    } catch let error as InputError {
      exit(withMessage: "danlu serve: \(error)", status: 1)
    } catch let error as FileError {
      exit(withMessage: "danlu serve: \(error)", status: 1)
    } catch {
      exit(withError: error)
    }
  }

  private static func exit(withMessage message: String, status: Int32) -> Never {
    note(message)
    Foundation.exit(status)
  }
}
