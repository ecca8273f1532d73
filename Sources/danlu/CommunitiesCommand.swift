import ArgumentParser
import Communities

struct CommunitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "communities", abstract: "x")
  @Argument var network: String
  @Flag var directed = false
  @Flag var e = false
  @Flag var toNodes = false
  @Flag var twoLevel = false
  @Flag var regularized = false
  @Option var markov = 1.0
  @Option var trials = 1
  @Option var seed: UInt64 = 123
  @Option var threads = 1
  func run() throws {
    var o = InfomapOptions()
    o.trials = trials; o.seed = seed; o.threads = threads
    if directed { o.flow.model = .directed }
    o.flow.recordsTeleportation = e
    o.flow.teleportsToNodes = toNodes
    o.flow.isRegularized = regularized
    o.flow.markovTime = markov
    o.isTwoLevel = twoLevel
    let n = try NetworkReader.read(path: network, threads: threads)
    let r = try Infomap.run(n, options: o)
    print(r.codelength, r.oneLevelCodelength, r.tree.modulesPerLevel, r.tree.leafModules().count)
    let ev = try Infomap.evaluate(n, options: o, partition: Partition(r.tree, unitCount: n.unitCount))
    print(ev.codelength - r.codelength)
  }
}
