import Communities
import Foundation
import Recipes
import Reports
import TextMining
import Tracking
import WordVectors

/// 最小熵原理（五）：“层层递进”之社区发现与聚类: from raw text to groups of related words, without a
/// dictionary, without labels and without the number of groups.
public enum InfomapRecipe: Recipe {
  public static let card = RecipeCard(
    name: "infomap", title: "最小熵原理（五）：“层层递进”之社区发现与聚类",
    summary:
      "Finds words in raw text, trains their vectors, links each word to its nearest ones, and groups "
      + "them by the map equation; checks codelengths that are known.",
    date: "2019-10-19", archive: 7006, needsTorch: false,
    data: "20,000 generated lines of ten known groups; --data: a text file, or a folder of them",
    duration: "3 s",
    settings: [
      Setting("words", .integer(10_000), help: "the most frequent words are grouped"),
      Setting("minLength", .integer(1), help: "shortest word that is grouped, in characters"),
      Setting("neighbors", .integer(50), help: "links from each word at most"),
      Setting("similarity", .number(0.6), help: "least cosine of a link"),
      Setting(
        "method", .text("skip-gram"), choices: ["skip-gram", "cbow", "jose"],
        help: "how vectors are trained"),
      Setting("dimension", .integer(100), help: "length of the vectors"),
      Setting("epochs", .integer(5), help: "passes over the text"),
      Setting("trials", .integer(5), help: "searches, of which the best is kept"),
      Setting("threads", .integer(1), help: "1 gives the same numbers for the same seed"),
    ])

  public static func run(_ context: RecipeContext) throws -> RecipeResult {
    var claims = try knownCodelengths()
    let graph = try WordGraph(context)
    let options = graph.searchOptions(context)
    let started = ContinuousClock.now
    let result = try Infomap.run(
      graph.network, options: options, progress: context.progress,
      cancellation: context.cancellation)
    // A search that was interrupted gives the best so far; a recipe's figures are those of a whole one.
    try context.cancellation.check()
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let groups = WordGroups(result, graph)
    claims += try formulaClaims(graph, context)
    claims.append(
      Claim(
        id: "shorter",
        statement: "groups shorten the description of a walk over the words: share saved",
        measured: result.relativeSavings, atLeast: 0.05))
    var metrics = [
      "words": Double(graph.words.count), "links": Double(graph.network.linkCount),
      "groups": Double(groups.modules.count), "codelength": result.codelength,
      "oneLevelCodelength": result.oneLevelCodelength, "seconds/graph": graph.seconds,
      "seconds/search": seconds,
    ]
    if graph.isGenerated {
      let comparison = try GroupComparison(groups, graph, context)
      claims += comparison.claims
      metrics.merge(comparison.metrics) { $1 }
    }
    try groups.write(result, graph, context)
    return RecipeResult(
      steps: graph.tokenCount, metrics: metrics, claims: claims,
      sections: groups.sections(result, graph))
  }

  /// What the program of the method's authors gives, in bits.
  private static func knownCodelengths() throws -> [Claim] {
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
    return [
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

  /// The article's formula, `L = q H(Q) + Σ p_m H(P_m)` from entropies, with teleportation coded and
  /// uniform, against the codelength of the search.
  private static func formulaClaims(
    _ graph: WordGraph, _ context: RecipeContext
  ) throws -> [Claim] {
    var options = graph.searchOptions(context)
    options.flow.recordsTeleportation = true
    options.flow.teleportsToNodes = true
    options.trials = 1
    let result = try Infomap.run(
      graph.network, options: options, cancellation: context.cancellation)
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
    return [
      Claim(
        id: "formula",
        statement:
          "the article's formula of two entropies gives the codelength of the word groups: difference",
        measured: abs(bits - result.codelength), atMost: 1e-9)
    ]
  }
}
