import ArgumentParser
import Parallel

/// The option that every subcommand shares.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON on standard output instead of text.")
  var json = false
}

struct ThreadOptions: ParsableArguments {
  @Option(help: "Threads; one per processor unless given.")
  var threads: Int?

  var count: Int { threads ?? defaultThreadCount }

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be at least 1, received \(threads)")
    }
  }
}
