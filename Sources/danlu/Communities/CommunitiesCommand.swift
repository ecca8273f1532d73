import ArgumentParser
import Communities
import Foundation
import Parallel
import Reports

struct CommunitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "communities",
    abstract: "Finds the modules of a network by the map equation (InfoMap).",
    discussion: """
      NETWORK is a link list (“source target [weight]”), a Pajek file, or a file in the state,
      bipartite or multilayer format, plain or gzip; “-” reads standard input. The best of --trials
      searches is kept; the same seed gives the same result at any thread count. Ctrl-C ends the
      search; what the trials until then found is written (exit status 130).

      EXAMPLES
        danlu communities karate.net
        danlu communities links.txt.gz --directed --two-level --trials 20 --threads 8
        danlu communities karate.net --out karate --formats tree,clu,ftree --map karate.html
        danlu communities karate.net --initial karate.clu --no-infomap --json
      """)

  @Argument(help: "The network's file.")
  var network: String

  @Flag(help: "Links run one way: short for --flow-model directed.")
  var directed = false

  @Option(
    help: """
      How flow is derived from links: undirected, directed, rawdir (link weights are flows; undirdir and \
      outdirdir give the same), precomputed (node weights are flows too).
      """)
  var flowModel: String?

  @Flag(help: "Modules only, no modules of modules.")
  var twoLevel = false

  @Option(help: "Independent searches; the best is kept.")
  var trials = 1

  @Option(help: "Seed of the random order of moves.")
  var seed: UInt64 = 123

  @Option(help: "Threads (default: all processors).")
  var threads: Int?

  @Flag(help: "Teleportation steps are coded too (directed flow).")
  var recordedTeleportation = false

  @Flag(help: "Teleport to nodes, by their weights, instead of to links (directed flow).")
  var toNodes = false

  @Option(help: "Probability of teleportation (directed flow).")
  var teleportationProbability = 0.15

  @Option(help: "Scales link flow; above 1 modules get larger, below 1 smaller.")
  var markovTime = 1.0

  @Flag(help: "Adds a prior of weak links against clusters that missing links feign.")
  var regularized = false

  @Option(help: "Strength of that prior.")
  var regularizationStrength = 1.0

  @Option(help: "Multilayer files without *Inter: the share of steps that leave the layer.")
  var multilayerRelaxRate = 0.15

  @Flag(help: "Leaves links from a node to itself out.")
  var noSelfLinks = false

  @Flag(help: "No search: only the codelength of --initial.")
  var noInfomap = false

  @Option(help: "A .clu, .tree or .ftree file to start from (or, with --no-infomap, to evaluate).")
  var initial: String?

  @Option(help: "Writes BASE.tree and so on.")
  var out: String?

  @Option(help: "Formats for --out, separated by commas: tree, ftree, clu, json, csv.")
  var formats = "tree,clu"

  @Option(help: "The depth of the modules in .clu; 1: top modules, -1: modules of nodes.")
  var cluLevel = 1

  @Option(help: "Writes a map of the modules: one HTML file that needs nothing else.")
  var map: String?

  @OptionGroup var outputOptions: OutputOptions

  /// What `--json` prints.
  private struct Report: Encodable {
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
    _ = try options()
    _ = try chosenFormats()
    if noInfomap && initial == nil {
      throw ValidationError("--no-infomap evaluates a partition; give it by --initial FILE")
    }
    if noInfomap && trials != 1 {
      throw ValidationError("--no-infomap searches nothing; it goes without --trials")
    }
    if out == nil && cluLevel != 1 {
      throw ValidationError("--clu-level is about the files of --out; give --out BASE")
    }
    guard cluLevel == -1 || cluLevel >= 1 else {
      throw ValidationError("--clu-level is 1 or more, or -1 for modules of nodes")
    }
  }

  private func options() throws -> InfomapOptions {
    var options = InfomapOptions()
    options.isTwoLevel = twoLevel
    options.trials = trials
    options.seed = seed
    options.threads = threads ?? defaultThreadCount
    guard trials > 0 else { throw ValidationError("--trials is 1 or more, received \(trials)") }
    guard options.threads > 0 else {
      throw ValidationError("--threads is 1 or more, received \(options.threads)")
    }
    guard (0...1).contains(multilayerRelaxRate) else {
      throw ValidationError("--multilayer-relax-rate lies between 0 and 1")
    }
    if let flowModel {
      guard let model = FlowModel(rawValue: flowModel) else {
        let known = FlowModel.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--flow-model is one of \(known), received “\(flowModel)”")
      }
      guard !directed || model == .directed else {
        throw ValidationError("--directed contradicts --flow-model \(flowModel)")
      }
      options.flow.model = model
    } else if directed {
      options.flow.model = .directed
    }
    options.flow.recordsTeleportation = recordedTeleportation
    options.flow.teleportsToNodes = toNodes
    options.flow.teleportationProbability = teleportationProbability
    options.flow.markovTime = markovTime
    options.flow.isRegularized = regularized
    options.flow.regularizationStrength = regularizationStrength
    options.flow.dropsSelfLinks = noSelfLinks
    do {
      try options.flow.check()
    } catch let error as NetworkError {
      throw ValidationError(error.description)
    }
    return options
  }

  private func chosenFormats() throws -> [ResultWriter.Format] {
    try formats.split(separator: ",").map { name in
      guard let format = ResultWriter.Format(rawValue: String(name)) else {
        let known = ResultWriter.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--formats knows \(known); received “\(name)”")
      }
      return format
    }
  }

  func run() throws {
    Interruption.install()
    do {
      try search()
    } catch let error as NetworkError {
      throw Failure("\(network): \(error.description)")
    } catch is Cancelled {
      Console.note("interrupted; nothing was written")
      throw ExitCode(Interruption.exitCode)
    }
  }

  private func search() throws {
    let start = ContinuousClock.now
    let options = try options()
    let progress = TerminalProgress()
    let cancellation = Interruption.cancellation
    var reading = NetworkReadingOptions()
    reading.isDirected = options.flow.model != .undirected
    reading.multilayerRelaxRate = multilayerRelaxRate
    var given = try NetworkReader.read(
      path: network, options: reading, threads: options.threads, progress: progress,
      cancellation: cancellation)
    let partition = try initial.map { try PartitionReader.read(path: $0, network: given) }
    let flow = try FlowNetwork(given, options: options.flow)
    given.releaseLinks()
    let result: InfomapResult
    if noInfomap, let partition {
      result = try Infomap.evaluate(flow, partition: partition)
    } else {
      result = try Infomap.run(
        flow, options: options, initial: partition, progress: progress, cancellation: cancellation)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let model = options.flow.model.rawValue
    let files = try write(result, network: given, flowModel: model)
    let report = Report(
      network: network, codelength: result.codelength,
      oneLevelCodelength: result.oneLevelCodelength, relativeSavings: result.relativeSavings,
      levels: result.tree.levelCount, topModules: result.tree.modules.count,
      modulesPerLevel: result.tree.modulesPerLevel, nodes: given.nodeCount, units: given.unitCount,
      links: given.linkCount, directed: result.isDirected, flowModel: model,
      trials: max(1, result.trialCodelengths.count), interrupted: result.isInterrupted,
      trialCodelengths: result.trialCodelengths, seed: seed, seconds: seconds, files: files)
    if outputOptions.json {
      try Console.json(report)
    } else {
      Console.output(summary(report, result: result, network: given))
    }
    if result.isInterrupted {
      Console.note("interrupted; this is the best of the \(report.trials) trials that had ended")
      throw ExitCode(Interruption.exitCode)
    }
  }

  private func write(_ result: InfomapResult, network given: Network, flowModel: String) throws
    -> [String]
  {
    let origin = ResultWriter.Origin(
      program: "danlu \(Danlu.configuration.version)",
      command: "danlu communities \(network)" + (directed ? " --directed" : "")
        + (twoLevel ? " --two-level" : ""),
      seed: seed, trials: max(1, result.trialCodelengths.count), flowModel: flowModel)
    var files: [String] = []
    if let out {
      files += try ResultWriter(result, network: given, origin: origin, cluLevel: cluLevel)
        .write(base: out, formats: chosenFormats())
    }
    if let map {
      try ModuleMap(result, network: given).write(
        to: map, title: URL(fileURLWithPath: network).lastPathComponent)
      files.append(map)
    }
    return files
  }

  private func summary(_ report: Report, result: InfomapResult, network given: Network) -> String {
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
      .prefix(6).map { given.name(ofNode: given.node(ofUnit: Int($0))) }
      lines.append(
        "  \(index + 1)  \(text(100 * module.flow, 2)) % of the flow, \(units.count) nodes: "
          + top.joined(separator: ", ") + (units.count > 6 ? " …" : ""))
    }
    if report.topModules > 10 { lines.append("  … \(report.topModules - 10) more") }
    if !report.files.isEmpty { lines.append("wrote " + report.files.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }
}
