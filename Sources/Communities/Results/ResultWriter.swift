import Formats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes a result in the field's formats.
///
/// Files hold nothing that differs between runs of the same search (no times), so equal seeds give
/// equal files.
public struct ResultWriter {
  public enum Format: String, CaseIterable, Sendable {
    case tree, ftree, clu, json, csv
  }

  /// What stands in the head of every file.
  public struct Origin: Sendable {
    public var program: String
    public var command: String
    public var seed: UInt64
    public var trials: Int
    public var flowModel: String

    public init(program: String, command: String, seed: UInt64, trials: Int, flowModel: String) {
      self.program = program
      self.command = command
      self.seed = seed
      self.trials = trials
      self.flowModel = flowModel
    }
  }

  private let result: InfomapResult
  private let network: Network
  private let origin: Origin
  private let cluLevel: Int

  /// - Parameter cluLevel: the depth whose modules `.clu` lists; 1: top modules, −1: modules of units.
  public init(_ result: InfomapResult, network: Network, origin: Origin, cluLevel: Int = 1) {
    self.result = result
    self.network = network
    self.origin = origin
    self.cluLevel = cluLevel
  }

  /// Writes `base.tree`, `base.clu` and so on; for state networks also `base_states.tree` … with
  /// one line a state. Returns the paths. Throws `FileError`; no file is left half-written.
  public func write(base: String, formats: [Format]) throws -> [String] {
    var paths: [String] = []
    for listsStates in network.states == nil ? [false] : [false, true] {
      let listing = ResultListing(result, network: network, listsStates: listsStates)
      for format in formats {
        let path = base + (listsStates ? "_states." : ".") + format.rawValue
        try AtomicFile.write(to: path) { file in
          switch format {
          case .tree: try writeTree(listing, to: file)
          case .ftree:
            try writeTree(listing, to: file)
            try writeLinks(listing, to: file)
          case .clu: try writeClusters(listing, to: file)
          case .csv: try writeTable(listing, to: file)
          case .json: try writeJSON(listing, to: file)
          }
        }
        paths.append(path)
      }
    }
    return paths
  }

  private func writeHead(_ listing: ResultListing, to file: AtomicFile) throws {
    let tree = result.tree
    try file.write("# \(origin.program)\n# \(origin.command)\n")
    try file.write("# seed \(origin.seed)\n# trials \(origin.trials)\n")
    try file.write(
      "# partitioned into \(tree.levelCount) levels with \(tree.modules.count) top modules\n"
        + "# codelength \(result.codelength) bits\n"
        + "# relative codelength savings \((100 * result.relativeSavings).shortText)%\n"
        + "# flow model \(origin.flowModel)\n")
    if network.states != nil {
      try file.write(
        "# higher order\n# \(listing.listsStates ? "state" : "physical") level\n")
    }
    if case .bipartite(let first) = network.kind {
      try file.write("# bipartite start id \(first)\n")
    }
  }

  private func columns(_ listing: ResultListing) -> String {
    guard listing.listsStates else { return "node_id" }
    return network.states?.layers == nil ? "state_id node_id" : "state_id node_id layer_id"
  }

  private func writeTree(_ listing: ResultListing, to file: AtomicFile) throws {
    try writeHead(listing, to: file)
    try file.write("# path flow name \(columns(listing))\n")
    for leaf in listing.leaves {
      let ids = listing.ids(leaf)
      var line = "\(listing.modules[leaf.module].path):\(leaf.rank) \(leaf.flow.shortText) "
      line += "\"\(listing.name(leaf))\""
      if let state = ids.state { line += " \(state)" }
      line += " \(ids.node)"
      if let layer = ids.layer { line += " \(layer)" }
      try file.write(line + "\n")
    }
  }

  private func writeLinks(_ listing: ResultListing, to file: AtomicFile) throws {
    let isDirected = result.flow.isDirected
    try file.write("*Links \(isDirected ? "directed" : "undirected")\n")
    if !isDirected {
      try file.write("# link flow is both directions combined, one row per module pair\n")
    }
    try file.write("#*Links path enterFlow exitFlow numEdges numChildren\n")
    let flows = listing.linkFlows()
    for module in -1..<listing.modules.count {
      let rows = flows[module] ?? []
      if module < 0 {
        try file.write("*Links root 0 0 \(rows.count) \(result.tree.modules.count)\n")
      } else {
        let listed = listing.modules[module]
        try file.write(
          "*Links \(listed.path) \(listed.enter.shortText) \(listed.exit.shortText) "
            + "\(rows.count) \(listed.childCount)\n")
      }
      for row in rows { try file.write("\(row.source) \(row.target) \(row.flow.shortText)\n") }
    }
  }

  private func writeClusters(_ listing: ResultListing, to file: AtomicFile) throws {
    try writeHead(listing, to: file)
    try file.write("# module level \(cluLevel)\n")
    let modules = listing.modules(atLevel: cluLevel)
    if listing.listsStates {
      let layer = network.states?.layers == nil ? "" : " layer_id"
      try file.write("# state_id module flow node_id\(layer)\n")
    } else {
      try file.write("# node_id module flow\n")
    }
    for (leaf, module) in zip(listing.leaves, modules) {
      let ids = listing.ids(leaf)
      var line = "\(ids.state ?? ids.node) \(module) \(leaf.flow.shortText)"
      if ids.state != nil { line += " \(ids.node)" }
      if let layer = ids.layer { line += " \(layer)" }
      try file.write(line + "\n")
    }
  }

  private func writeTable(_ listing: ResultListing, to file: AtomicFile) throws {
    let columns =
      !listing.listsStates
      ? "node_id" : network.states?.layers == nil ? "state_id,node_id" : "state_id,layer_id,node_id"
    try file.write("path,flow,name,\(columns)\n")
    for leaf in listing.leaves {
      let ids = listing.ids(leaf)
      let name = listing.name(leaf).split(
        separator: "\"", omittingEmptySubsequences: false
      ).joined(separator: "\"\"")
      var line = "\(listing.modules[leaf.module].path):\(leaf.rank),\(leaf.flow.shortText),"
      line += "\"\(name)\""
      if let state = ids.state { line += ",\(state)" }
      if let layer = ids.layer { line += ",\(layer)" }
      try file.write(line + ",\(ids.node)\n")
    }
  }

  private func writeJSON(_ listing: ResultListing, to file: AtomicFile) throws {
    let tree = result.tree
    let states = network.states != nil
    try file.write(
      "{\"version\":\(JSONText.quoted(origin.program, insideHTML: true)),"
        + "\"args\":\(JSONText.quoted(origin.command, insideHTML: true)),"
        + "\"codelength\":\(result.codelength),\"oneLevelCodelength\":\(result.oneLevelCodelength),"
        + "\"seed\":\(origin.seed),\"trials\":\(origin.trials),"
        + "\"numLevels\":\(tree.levelCount),\"numTopModules\":\(tree.modules.count),"
        + "\"numModules\":\(tree.modulesPerLevel),"
        + "\"relativeCodelengthSavings\":\(result.relativeSavings),"
        + "\"directed\":\(result.flow.isDirected),\"flowModel\":\"\(origin.flowModel)\","
        + "\"higherOrder\":\(states)")
    if states { try file.write(",\"stateLevel\":\(listing.listsStates)") }
    try file.write(",\"nodes\":[")
    for (index, leaf) in listing.leaves.enumerated() {
      let ids = listing.ids(leaf)
      let path = listing.modules[leaf.module].path
      let numbers = path.split(separator: ":").joined(separator: ",")
      var line = index == 0 ? "" : ","
      line += "\n{\"path\":[\(numbers),\(leaf.rank)],\"modules\":[\(numbers)],\"name\":"
      line +=
        "\(JSONText.quoted(listing.name(leaf), insideHTML: true)),\"flow\":\(leaf.flow.shortText)"
      if let state = ids.state { line += ",\"stateId\":\(state)" }
      if let layer = ids.layer { line += ",\"layerId\":\(layer)" }
      try file.write(line + ",\"id\":\(ids.node)}")
    }
    try file.write("],\n\"modules\":[")
    let flows = listing.linkFlows()
    let root = MapEquation.indexLength(of: tree.modules, exit: 0)
    try file.write(
      "\n{\"path\":[0],\"enterFlow\":0,\"exitFlow\":0,\"numEdges\":\(flows[-1]?.count ?? 0),"
        + "\"numChildren\":\(tree.modules.count),\"codelength\":\(root.shortText)}")
    for (index, module) in listing.modules.enumerated() {
      let numbers = module.path.split(separator: ":").joined(separator: ",")
      try file.write(
        ",\n{\"path\":[\(numbers)],\"enterFlow\":\(module.enter.shortText),"
          + "\"exitFlow\":\(module.exit.shortText),\"numEdges\":\(flows[index]?.count ?? 0),"
          + "\"numChildren\":\(module.childCount),\"codelength\":\(module.length.shortText)}")
    }
    try file.write("]}\n")
  }
}

extension Double {
  /// Six significant digits, as the field's files have them.
  var shortText: String {
    var buffer = [CChar](repeating: 0, count: 32)
    let length = withVaList([self]) { vsnprintf(&buffer, 32, "%.6g", $0) }
    return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
