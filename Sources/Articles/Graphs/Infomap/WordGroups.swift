import Communities
import Recipes
import Reports
import TextMining
import WordVectors

/// The groups of words that the search found, largest flow first.
struct WordGroups: Finding {
  struct Module {
    let flow: Double
    /// Rows of the words' vectors, by falling flow.
    let words: [Int]
  }

  let graph: WordGraph
  let result: InfomapResult
  /// Groups of two words and more; a word without links stands alone.
  let modules: [Module]
  /// The group of each word, alone ones included.
  let groupOfWord: [Int]
  private let seconds: Double

  init(_ graph: WordGraph, _ run: Running<InfomapArticle.Settings>) throws {
    let started = ContinuousClock.now
    result = try Infomap.run(
      graph.network, options: run.settings.search(seed: run.seed), work: run.work)
    // A search that was interrupted gives the best so far; an article's figures are those of a whole one.
    try run.work.check()
    seconds = (ContinuousClock.now - started) / .seconds(1)
    self.graph = graph
    groupOfWord = result.tree.topModules(unitCount: graph.words.count)
    modules = result.tree.modules.filter { $0.units.count > 1 }.map {
      Module(flow: $0.flow, words: $0.units.map { Int($0) })
    }
  }

  /// Leaves the groups in the run's folder in the field's formats.
  func write(_ run: Running<InfomapArticle.Settings>) throws {
    let origin = ResultWriter.Origin(
      program: "danlu", command: "danlu run \(InfomapArticle.card.name)", seed: run.seed,
      trials: result.trialCodelengths.count, flowModel: FlowModel.directed.rawValue)
    _ = try ResultWriter(result, network: graph.network, origin: origin).write(
      base: run.run.folder.path + "/groups", formats: [.tree, .clu])
  }

  var claims: [Claim] {
    [
      Claim(
        id: "shorter",
        statement: "groups shorten the description of a walk over the words: share saved",
        measured: result.relativeSavings, atLeast: 0.05)
    ]
  }

  var metrics: [String: Double] {
    [
      "words": Double(graph.words.count), "links": Double(graph.network.linkCount),
      "groups": Double(modules.count), "codelength": result.codelength,
      "oneLevelCodelength": result.oneLevelCodelength, "seconds/graph": graph.seconds,
      "seconds/search": seconds,
    ]
  }

  var section: Report.Section? {
    let alone = graph.words.count - modules.reduce(0) { $0 + $1.words.count }
    let rows: [[Report.Table.Cell]] = modules.prefix(200).enumerated().map { index, module in
      var row: [Report.Table.Cell] = [
        .number(Double(index + 1)), .number(Double(module.words.count)), .number(module.flow),
        .text(module.words.prefix(24).map { graph.words.words[$0] }.joined(separator: " ")),
      ]
      if graph.isGenerated { row.append(.text(Self.trueGroup(of: module, graph))) }
      return row
    }
    let table = Report.Table(
      columns: ["group", "words", "flow", "words of most flow"]
        + (graph.isGenerated ? ["true group"] : []),
      rows: rows,
      caption: "\(modules.count) groups"
        + (modules.count > 200 ? ", the 200 of most flow" : "")
        + "; \(alone) of \(graph.words.count) words have no near word and stand alone")
    return Report.Section("Groups", [.table(table)])
  }

  /// The known groups that a module's words come from, with how many of them do.
  private static func trueGroup(of module: Module, _ graph: WordGraph) -> String {
    let counts = Dictionary(
      module.words.compactMap { GroupedText.group(of: graph.words.words[$0]) }.map { ($0, 1) },
      uniquingKeysWith: +)
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
      "\(GroupedText.groups[$0.key].name) \($0.value)"
    }.joined(separator: ", ")
  }
}

/// The groups as a map of circles.
struct GroupMap: Finding {
  let groups: WordGroups

  var section: Report.Section? {
    let map = ModuleMap(groups.result, network: groups.graph.network)
    return Report.Section("Map", [.page(map.html(title: InfomapArticle.card.title), height: 640)])
  }
}

/// How large the groups are.
struct GroupSizes: Finding {
  let groups: WordGroups

  var section: Report.Section? {
    let sizes = groups.modules.map { Double($0.words.count) }
    return Report.Section(
      "Sizes", [.chart(Chart.histogram("words in a group", [(name: "groups", values: sizes)]))])
  }
}

/// The groups found against those the text was made from, beside k-means that is told their number.
struct GroupComparison: Finding {
  /// The share of the known groups' words that were found.
  private let discovered: Double
  /// How many groups hold them.
  private let groupCount: Int
  private let found: ClusterAgreement
  private let baseline: ClusterAgreement

  init(_ groups: WordGroups, _ run: Running<InfomapArticle.Settings>) throws {
    let words = groups.graph.words
    let known = words.words.indices.compactMap { row in
      GroupedText.group(of: words.words[row]).map { (row: row, group: $0) }
    }
    let total = GroupedText.groups.reduce(0) { $0 + $1.words.count }
    let classes = known.map(\.group)
    let clusters = known.map { groups.groupOfWord[$0.row] }
    var means = SphericalKMeans(k: GroupedText.groups.count)
    means.trials = 5
    means.seed = run.seed
    let vectors = VectorTable(
      words: known.map { words.words[$0.row] }, dimension: words.dimension,
      matrix: known.flatMap { words[$0.row] })
    let told = try means.cluster(vectors, work: run.work)
    discovered = Double(known.count) / Double(total)
    groupCount = Set(clusters).count
    found = ClusterAgreement(clusters: clusters, classes: classes)
    baseline = ClusterAgreement(clusters: told.assignments, classes: classes)
  }

  var metrics: [String: Double] {
    [
      "nmi/infomap": found.normalizedMutualInformation,
      "nmi/k-means": baseline.normalizedMutualInformation, "ari/infomap": found.adjustedRandIndex,
      "ari/k-means": baseline.adjustedRandIndex,
    ]
  }

  var claims: [Claim] {
    [
      Claim(
        id: "discovery",
        statement: "raw text alone gives the words: share of the 200 words of known groups found",
        measured: discovered, atLeast: 0.9),
      Claim(
        id: "number",
        statement: "the number of groups need not be given: groups that hold the 200 words",
        measured: Double(groupCount), equals: Double(GroupedText.groups.count), within: 1),
      Claim(
        id: "semantic",
        statement: "the groups are semantic: NMI with the groups the text was made from",
        measured: found.normalizedMutualInformation, atLeast: 0.95),
      Claim(
        id: "purity", statement: "and pure: share of words in the group of most of their kind",
        measured: found.purity, atLeast: 0.95),
      Claim(
        id: "k-means",
        statement:
          "no worse than spherical k-means that is told the number of groups: difference in NMI",
        measured: found.normalizedMutualInformation - baseline.normalizedMutualInformation,
        atLeast: 0),
    ]
  }
}
