import ArgumentParser
import Communities
import Foundation
import Messages
import Parallel

struct CommunitiesCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "communities",
    abstract: "Finds the modules of a network by the map equation (InfoMap).",
    discussion: """
      NETWORK is a link list (“source target [weight]” by ids or names, tables with a heading too), a
      Pajek file, or a file in the state, bipartite or multilayer format, plain or gzip; “-” reads
      standard input. The best of --trials
      searches is kept; the same seed gives the same result at any thread count. Ctrl-C ends the
      search; what the trials until then found is written (exit status 130).

      Examples:
        danlu communities karate.net
        danlu communities links.txt.gz --directed --two-level --trials 20 --threads 8
        danlu communities karate.net --out karate --formats tree,clu,ftree --map karate.html
        danlu communities karate.net --initial karate.clu --no-infomap --json
      """)

  @Argument(help: "The network's file.")
  var network: String

  @OptionGroup var flow: FlowArguments
  @OptionGroup var search: SearchArguments

  @Flag(help: "No search: only the codelength of --initial.")
  var noInfomap = false

  @Option(help: "A .clu, .tree or .ftree file to start from (or, with --no-infomap, to evaluate).")
  var initial: String?

  @OptionGroup var files: CommunityOutputs
  @OptionGroup var ranks: RankOptions
  @OptionGroup var output: OutputOptions

  /// What `--json` prints.
  private struct Output: Encodable {
    let network: String
    let codelength: Double
    let oneLevelCodelength: Double
    let relativeSavings: Double
    let levels: Int
    let topModules: Int
    let modulesPerLevel: [Int]
    let nodes: Int
    let units: Int
    let links: Int
    let directed: Bool
    let flowModel: String
    let trials: Int
    let interrupted: Bool
    let trialCodelengths: [Double]
    let seed: UInt64
    let seconds: Double
    let files: [String]
  }

  func validate() throws {
    try options().check()
    try files.check()
    if noInfomap && initial == nil {
      throw ValidationError("--no-infomap evaluates a partition; give it by --initial FILE")
    }
    if noInfomap && search.trials != 1 {
      throw ValidationError("--no-infomap searches nothing; it goes without --trials")
    }
  }

  private func options() throws -> InfomapOptions {
    var options = InfomapOptions()
    options.isTwoLevel = search.twoLevel
    options.trials = search.trials
    options.seed = search.seed
    options.threads = search.threads.count
    options.flow = try flow.options()
    return options
  }

  func run() throws {
    do {
      try find()
    } catch let error as InputError {
      throw InputError("\(network): \(error.problem)")
    } catch is Cancelled {
      throw Interrupted(advice: "nothing was written")
    }
  }

  private func checkFiles() throws {
    var roles = FileRoles()
    roles.reads("the network", network)
    roles.reads("--initial", initial)
    if let out = files.out, !Ranks.isSilent {
      // A network with states gets both.
      for suffix in [".", "_states."] {
        roles.writes("--out", try files.chosenFormats().map { out + suffix + $0.rawValue })
      }
    }
    if !Ranks.isSilent { roles.writes("--map", files.map) }
    try roles.check()
  }

  private func find() throws {
    let start = ContinuousClock.now
    var options = try options()
    try checkFiles()
    options.ranks = try ranks.start()
    if !options.ranks.isAlone {
      try options.ranks.agree(on: [
        "the network": try Ranks.fingerprint(of: [network]),
        "the options": CommandLine.arguments.dropFirst().joined(separator: " "),
      ])
    }
    var reading = NetworkReadingOptions()
    reading.isDirected = options.flow.model != .undirected
    reading.multilayerRelaxRate = flow.multilayerRelaxRate
    var given = try NetworkReader.read(
      path: network, options: reading, threads: options.threads, work: Terminal.work)
    for note in given.notes { Console.note("note: \(network): \(note)") }
    let partition = try initial.map { try PartitionReader.read(path: $0, network: given) }
    let flow = try FlowNetwork(
      consuming: &given, options: options.flow, work: Terminal.work)
    let result: InfomapResult
    if noInfomap, let partition {
      result = try Infomap.evaluate(flow, partition: partition)
    } else {
      result = try Infomap.run(flow, options: options, initial: partition, work: Terminal.work)
    }
    guard options.ranks.isRoot else { return }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let model = options.flow.model.rawValue
    let written = try write(result, network: given, flowModel: model)
    let found = Output(
      network: network, codelength: result.codelength,
      oneLevelCodelength: result.oneLevelCodelength, relativeSavings: result.relativeSavings,
      levels: result.tree.levelCount, topModules: result.tree.modules.count,
      modulesPerLevel: result.tree.modulesPerLevel, nodes: given.nodeCount, units: given.unitCount,
      links: given.linkCount, directed: result.isDirected, flowModel: model,
      trials: max(1, result.trialCodelengths.count), interrupted: result.isInterrupted,
      trialCodelengths: result.trialCodelengths, seed: search.seed, seconds: seconds,
      files: written)
    if output.json {
      try Console.json(found)
    } else {
      Console.output(summary(found, result: result, network: given))
    }
    if result.isInterrupted {
      throw Interrupted(advice: "this is the best of the \(found.trials) trials that had ended")
    }
  }

  private func write(
    _ result: InfomapResult, network given: Network, flowModel: String
  ) throws -> [String] {
    let origin = ResultWriter.Origin(
      program: "danlu \(danluVersion)",
      command: "danlu communities \(network)" + (flow.directed ? " --directed" : "")
        + (search.twoLevel ? " --two-level" : ""),
      seed: search.seed, trials: max(1, result.trialCodelengths.count), flowModel: flowModel)
    var written: [String] = []
    if let out = files.out {
      written += try ResultWriter(result, network: given, origin: origin, cluLevel: files.cluLevel)
        .write(base: out, formats: files.chosenFormats())
    }
    if let map = files.map {
      try ModuleMap(result, network: given).write(
        to: map, title: URL(fileURLWithPath: network).lastPathComponent)
      written.append(map)
    }
    return written
  }

  private func summary(_ report: Output, result: InfomapResult, network given: Network) -> String {
    func text(_ value: Double, _ digits: Int) -> String {
      String(format: "%.\(digits)f", value)
    }
    var lines = [
      "\(report.nodes) nodes, \(report.links) links, \(report.flowModel) flow",
      "codelength \(text(report.codelength, 9)) bits; one level "
        + "\(text(report.oneLevelCodelength, 9)), saved \(text(100 * report.relativeSavings, 2)) %",
      "\(report.topModules) top modules, \(report.levels) levels "
        + "(modules per level: \(report.modulesPerLevel.map(String.init).joined(separator: ", ")))",
    ]
    for (index, module) in result.tree.modules.prefix(10).enumerated() {
      let units = module.leafModules().flatMap(\.units)
      let flows = result.unitFlow
      let top = units.sorted {
        flows[Int($0)] == flows[Int($1)] ? $0 < $1 : flows[Int($0)] > flows[Int($1)]
      }
      .prefix(6).map { given.name(ofUnit: Int($0)) }
      lines.append(
        "  \(index + 1)  \(text(100 * module.flow, 2)) % of the flow, \(units.count) nodes: "
          + top.joined(separator: ", ") + (units.count > 6 ? " …" : ""))
    }
    if report.topModules > 10 { lines.append("  … \(report.topModules - 10) more") }
    if !report.files.isEmpty { lines.append("wrote " + report.files.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }
}
