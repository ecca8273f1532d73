import ArgumentParser
import Communities

/// How links become flow.
struct FlowArguments: ParsableArguments {
  @Flag(help: "Links run one way: short for --flow-model directed.")
  var directed = false

  @Option(
    help: """
      How flow is derived from links: undirected, directed, rawdir (link weights are flows; undirdir and \
      outdirdir give the same), precomputed (node weights are flows too).
      """)
  var flowModel: String?

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

  func options() throws -> FlowOptions {
    guard (0...1).contains(multilayerRelaxRate) else {
      throw ValidationError("--multilayer-relax-rate lies between 0 and 1")
    }
    var options = FlowOptions()
    if let flowModel {
      guard let model = FlowModel(rawValue: flowModel) else {
        let known = FlowModel.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--flow-model is one of \(known), received “\(flowModel)”")
      }
      guard !directed || model == .directed else {
        throw ValidationError("--directed contradicts --flow-model \(flowModel)")
      }
      options.model = model
    } else if directed {
      options.model = .directed
    }
    options.recordsTeleportation = recordedTeleportation
    options.teleportsToNodes = toNodes
    options.teleportationProbability = teleportationProbability
    options.markovTime = markovTime
    options.isRegularized = regularized
    options.regularizationStrength = regularizationStrength
    options.dropsSelfLinks = noSelfLinks
    return options
  }
}

/// How modules are searched for.
struct SearchArguments: ParsableArguments {
  @Flag(help: "Modules only, no modules of modules.")
  var twoLevel = false

  @Option(help: "Independent searches; the best is kept.")
  var trials = 1

  @Option(help: "Seed of the random order of moves.")
  var seed: UInt64 = 123

  @OptionGroup var threads: ThreadOptions
}

/// What is written.
struct CommunityOutputs: ParsableArguments {
  @Option(help: "Writes BASE.tree and so on.")
  var out: String?

  @Option(help: "Formats for --out, separated by commas: tree, ftree, clu, json, csv.")
  var formats = "tree,clu"

  @Option(help: "The depth of the modules in .clu; 1: top modules, -1: modules of nodes.")
  var cluLevel = 1

  @Option(help: "Writes a map of the modules: one HTML file that needs nothing else.")
  var map: String?

  func check() throws {
    _ = try chosenFormats()
    if out == nil && cluLevel != 1 {
      throw ValidationError("--clu-level is about the files of --out; give --out BASE")
    }
    guard cluLevel == -1 || cluLevel >= 1 else {
      throw ValidationError("--clu-level is 1 or more, or -1 for modules of nodes")
    }
  }

  func chosenFormats() throws -> [ResultWriter.Format] {
    try formats.split(separator: ",").map { name in
      guard let format = ResultWriter.Format(rawValue: String(name)) else {
        let known = ResultWriter.Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--formats knows \(known); received “\(name)”")
      }
      return format
    }
  }
}
