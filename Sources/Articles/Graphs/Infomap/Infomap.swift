import Communities
import Foundation
import Recipes
import Reports
import WordVectors

/// 最小熵原理（五）：“层层递进”之社区发现与聚类: from raw text to groups of related words, without a
/// dictionary, without labels and without the number of groups.
public enum InfomapArticle: Article {
  public static let card = RecipeCard(
    name: "infomap", title: "最小熵原理（五）：“层层递进”之社区发现与聚类",
    summary:
      "Finds words in raw text, trains their vectors, links each word to its nearest ones, and groups "
      + "them by the map equation; checks codelengths that are known.",
    date: "2019-10-19", archive: 7006, needsTorch: false,
    data: "20,000 generated lines of ten known groups",
    ownData: "a text file, or a folder of .txt or .txt.gz", duration: "3 s")

  public struct Settings: RecipeSettings {
    @Knob("the most frequent words are grouped", in: 1...) var words = 10_000
    @Knob("shortest word that is grouped, in characters", in: 1...) var minLength = 1
    @Knob("links from each word at most", in: 1...) var neighbors = 50
    @Knob("least cosine of a link", in: -1...1) var similarity = 0.6
    @Knob("how vectors are trained") var method = VectorMethod.skipGram
    @Knob("length of the vectors", in: 1...) var dimension = 100
    @Knob("passes over the text", in: 1...) var epochs = 5
    @Knob("searches, of which the best is kept", in: 1...) var trials = 5
    @Knob("1 gives the same numbers for the same seed", in: 1...) var threads = 1

    public init() {}

    /// The article's search: two levels, directed.
    func search(seed: UInt64) -> InfomapOptions {
      var options = InfomapOptions()
      options.isTwoLevel = true
      options.flow.model = .directed
      options.trials = trials
      options.seed = seed
      options.threads = threads
      return options
    }
  }

  enum VectorMethod: String, CaseIterable, KnobValue {
    case skipGram = "skip-gram"
    case bagOfWords = "cbow"
    case spherical = "jose"

    var options: VectorOptions {
      switch self {
      case .skipGram: VectorOptions(.skipGram)
      case .bagOfWords: VectorOptions(.bagOfWords)
      case .spherical: VectorOptions(.spherical)
      }
    }
  }

  public static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let known = try KnownCodelengths()
    let graph = try WordGraph(run)
    let groups = try WordGroups(graph, run)
    try groups.write(run)
    var findings: [any Finding] = [known, try EntropyFormula(graph, run), groups]
    if graph.isGenerated { findings.append(try GroupComparison(groups, run)) }
    return findings + [GroupMap(groups: groups), GroupSizes(groups: groups)]
  }
}

/// Networks whose shortest descriptions the program of the method's authors gives, in bits.
struct KnownCodelengths: Finding {
  let claims: [Claim]

  init() throws {
    func claim(
      _ id: String, _ name: String, _ network: String, directed: Bool = false,
      recorded: Bool = false, twoLevel: Bool = true, equals bits: Double
    ) throws -> Claim {
      var options = InfomapOptions()
      options.isTwoLevel = twoLevel
      options.trials = 20
      options.flow.model = directed ? .directed : .undirected
      options.flow.recordsTeleportation = recorded
      var reading = NetworkReadingOptions()
      reading.isDirected = directed
      let result = try Infomap.run(
        NetworkReader.read(bytes: Array(network.utf8), name: id, options: reading),
        options: options)
      return Claim(
        id: id, statement: "\(name): shortest description found, bits a step",
        measured: result.codelength, equals: bits, within: 1e-8)
    }
    claims = [
      try claim(
        "two-triangles", "two triangles joined by a link", ExampleNetworks.twoTriangles,
        equals: 2.320730357),
      try claim(
        "karate", "Zachary's karate club, weighted", ExampleNetworks.karate, equals: 4.087423159),
      try claim(
        "directed", "a directed network of 25 nodes", ExampleNetworks.modular, directed: true,
        equals: 2.875354046),
      try claim(
        "recorded", "the same with teleportation coded", ExampleNetworks.modular, directed: true,
        recorded: true, equals: 3.495934885),
      try claim(
        "levels", "triangles of triangles, by levels (the reference program stays at 3.3858)",
        ExampleNetworks.nineTriangles, twoLevel: false, equals: 3.371875026),
    ]
  }

}

/// The article's formula, `L = q H(Q) + Σ p_m H(P_m)` from entropies, with teleportation coded and
/// uniform, against the codelength of the search.
struct EntropyFormula: Finding {
  private let difference: Double

  init(_ graph: WordGraph, _ run: Running<InfomapArticle.Settings>) throws {
    var options = run.settings.search(seed: run.seed)
    options.flow.recordsTeleportation = true
    options.flow.teleportsToNodes = true
    options.trials = 1
    let result = try Infomap.run(graph.network, options: options, work: run.work)
    try run.work.check()
    let modules = result.tree.modules
    let flow = result.unitFlow
    func entropy(_ rates: [Double]) -> Double {
      let total = rates.reduce(0, +)
      return rates.filter { $0 > 0 }.reduce(0) { $0 - $1 / total * log2($1 / total) }
    }
    let switching = modules.reduce(0) { $0 + $1.enter }
    var bits = switching > 0 ? switching * entropy(modules.map(\.enter)) : 0
    for module in modules {
      let rates = [module.exit] + module.units.map { flow[Int($0)] }
      let use = rates.reduce(0, +)
      if use > 0 { bits += use * entropy(rates) }
    }
    difference = abs(bits - result.codelength)
  }

  var claims: [Claim] {
    [
      Claim(
        id: "formula",
        statement:
          "the article's formula of two entropies gives the codelength of the word groups: difference",
        measured: difference, atMost: 1e-9)
    ]
  }
}
