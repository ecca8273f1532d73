import ArgumentParser
import Communities

struct CommunitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "communities", abstract: "x")
  @Argument var network: String
  @Flag var directed = false
  @Flag var e = false
  @Flag var toNodes = false
  @Option var trials = 1
  @Option var seed: UInt64 = 123
  @Option var threads = 1
  func run() throws {
    var o = InfomapOptions()
    o.trials = trials; o.seed = seed; o.threads = threads
    if directed { o.flow.model = .directed }
    o.flow.recordsTeleportation = e
    o.flow.teleportsToNodes = toNodes
    print(try benchTwoLevel(network, o))
  }
}
