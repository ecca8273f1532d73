import Communities
import Recipes
import Reports
import TextMining
import Tracking
import WordVectors

/// The groups of words that the search found, largest flow first.
struct WordGroups {
  struct Module {
    let flow: Double
    /// Rows of the words' vectors, by falling flow.
    let words: [Int]
  }

  /// Groups of two words and more; a word without links stands alone.
  let modules: [Module]
  /// The group of each word, alone ones included.
  let groupOfWord: [Int]

  init(_ result: InfomapResult, _ graph: WordGraph) {
    groupOfWord = result.tree.topModules(unitCount: graph.words.count)
    modules = result.tree.modules.filter { $0.units.count > 1 }.map {
      Module(flow: $0.flow, words: $0.units.map { Int($0) })
    }
  }

  /// Leaves the groups in the run's folder in the field's formats.
  func write(_ result: InfomapResult, _ graph: WordGraph, _ context: RecipeContext) throws {
    let origin = ResultWriter.Origin(
      program: "danlu", command: "danlu run \(InfomapRecipe.card.name)", seed: context.seed,
      trials: result.trialCodelengths.count, flowModel: FlowModel.directed.rawValue)
    _ = try ResultWriter(result, network: graph.network, origin: origin).write(
      base: context.run.folder.path + "/groups", formats: [.tree, .clu])
  }

  func sections(_ result: InfomapResult, _ graph: WordGraph) -> [Report.Section] {
    let map = ModuleMap(result, network: graph.network).html(title: InfomapRecipe.card.title)
    let sizes = modules.map { Double($0.words.count) }
    let alone = graph.words.count - modules.reduce(0) { $0 + $1.words.count }
    let rows: [[Report.Table.Cell]] = modules.prefix(200).enumerated().map { place, module in
      var row: [Report.Table.Cell] = [
        .number(Double(place + 1)), .number(Double(module.words.count)), .number(module.flow),
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
    return [
      Report.Section("Groups", [.table(table)]),
      Report.Section("Map", [.page(map, height: 640)]),
      Report.Section(
        "Sizes",
        [.chart(Chart.histogram("words in a group", [(name: "groups", values: sizes)]))]),
    ]
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

/// The groups found against those the text was made from, beside k-means that is told their number.
struct GroupComparison {
  let claims: [Claim]
  let metrics: [String: Double]

  init(_ groups: WordGroups, _ graph: WordGraph, _ context: RecipeContext) throws {
    let known = graph.words.words.indices.compactMap { row in
      GroupedText.group(of: graph.words.words[row]).map { (row: row, group: $0) }
    }
    let total = GroupedText.groups.reduce(0) { $0 + $1.words.count }
    let classes = known.map(\.group)
    let found = ClusterAgreement(
      clusters: known.map { groups.groupOfWord[$0.row] }, classes: classes)
    var means = SphericalKMeans(k: GroupedText.groups.count)
    means.trials = 5
    means.seed = context.seed
    let vectors = VectorTable(
      words: known.map { graph.words.words[$0.row] }, dimension: graph.words.dimension,
      matrix: known.flatMap { graph.words[$0.row] })
    let clusters = try means.cluster(
      vectors, progress: context.progress, cancellation: context.cancellation)
    let baseline = ClusterAgreement(clusters: clusters.assignments, classes: classes)
    let used = Set(known.map { groups.groupOfWord[$0.row] }).count
    claims = [
      Claim(
        id: "discovery",
        statement: "raw text alone gives the words: share of the 200 words of known groups found",
        measured: Double(known.count) / Double(total), atLeast: 0.9),
      Claim(
        id: "number",
        statement: "the number of groups need not be given: groups that hold the 200 words",
        measured: Double(used), equals: Double(GroupedText.groups.count), within: 1),
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
    metrics = [
      "nmi/infomap": found.normalizedMutualInformation,
      "nmi/k-means": baseline.normalizedMutualInformation, "ari/infomap": found.adjustedRandIndex,
      "ari/k-means": baseline.adjustedRandIndex,
    ]
  }
}
