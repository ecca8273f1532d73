import Messages

/// What a file says, before it is checked and numbered.
struct NetworkDraft {
  let links = NetworkLinks()
  var declaredVertices: Int?
  var firstFeature: UInt32?
  private var hasVertices = false
  private var vertexIds: [UInt32] = []
  private var vertexNames: [String] = []
  private var vertexWeights: [Double]?
  private var stateIds: [UInt32] = []
  private var stateNodes: [UInt32] = []
  private var stateNames: [String]?
  private var layers = MultilayerLinks()
  private var kind: NetworkReader.Section?
  /// There was a heading: the first line cannot be a count of nodes and links.
  var hasHeadings = false
  /// Lines of links with columns behind the weight.
  var widerLines = 0

  /// A heading was met; throws if it cannot stand beside those before it.
  mutating func enter(_ section: NetworkReader.Section) throws {
    switch section {
    case .ignored, .unknown, .links: return
    case .vertices:
      if hasVertices { throw InputError("*Vertices stands twice in the file") }
      hasVertices = true
    case .intra, .inter, .multilayer, .states, .bipartite:
      let family: NetworkReader.Section = section == .inter ? .intra : section
      if let kind, kind != family {
        throw InputError(
          "one file holds either *Bipartite, *States, *Multilayer or *Intra/*Inter, not two of them"
        )
      }
      kind = family
    }
  }

  /// Lists the nodes of a file that calls them by names: the first is node 1.
  mutating func name(_ names: [String]) {
    vertexIds = names.indices.map { UInt32($0 + 1) }
    vertexNames = names
    // Names cannot be a count of nodes and links.
    hasHeadings = true
  }

  mutating func parseLine(_ scanner: inout ByteScanner, in section: NetworkReader.Section) throws {
    switch section {
    case .vertices: try parseVertex(&scanner)
    case .states: try parseState(&scanner)
    case .multilayer:
      let (numbers, weight) = try numbers(4, "layer node layer node [weight]", &scanner)
      layers.addExplicit(numbers, weight)
    case .intra:
      let (numbers, weight) = try numbers(3, "layer node node [weight]", &scanner)
      layers.addIntra(numbers, weight)
    case .inter:
      let (numbers, weight) = try numbers(3, "layer node layer [weight]", &scanner)
      layers.addInter(numbers, weight)
    case .links, .bipartite, .ignored, .unknown: return
    }
  }

  private func numbers(_ count: Int, _ form: String, _ scanner: inout ByteScanner) throws -> (
    [UInt32], Double
  ) {
    let expected = InputError("expected “\(form)”")
    var result: [UInt32] = []
    var commas = ColumnCommas()
    for _ in 0..<count {
      if !result.isEmpty { try commas.check(&scanner) }
      guard let number = scanner.unsigned() else { throw expected }
      result.append(number)
    }
    try commas.check(&scanner)
    if scanner.isAtLineEnd { return (result, 1) }
    guard let weight = scanner.decimal() else { throw expected }
    try commas.check(&scanner)
    guard scanner.isAtLineEnd else { throw expected }
    guard weight >= 0, weight.isFinite else {
      throw InputError("weights are finite and ≥ 0")
    }
    return (result, weight)
  }

  private mutating func parseVertex(_ scanner: inout ByteScanner) throws {
    let form = InputError("expected “id \"name\" [weight]”")
    guard let id = scanner.unsigned() else { throw form }
    scanner.skipBlanks()
    var name = String(id)
    var isQuoted = true
    if NodeName.isAt(scanner) { (name, isQuoted) = try NodeName.read(&scanner) }
    let isCommaColumn = scanner.skipSeparator() == .bareComma
    vertexIds.append(id)
    vertexNames.append(name)
    guard !scanner.isAtLineEnd else {
      vertexWeights?.append(1)
      return
    }
    // Pajek puts coordinates and shapes here as well; only a lone number is a weight.
    if let weight = scanner.decimal() {
      if scanner.skipSeparator() == .bareComma, scanner.isAtNumber, !isCommaColumn {
        throw ColumnCommas.decimalComma
      }
      if scanner.isAtLineEnd {
        guard weight >= 0, weight.isFinite else {
          throw InputError("node weights are finite and ≥ 0")
        }
        if vertexWeights == nil {
          vertexWeights = Array(repeating: 1, count: vertexIds.count - 1)
        }
        vertexWeights?.append(weight)
        return
      }
    } else if scanner.isAtNumber {
      throw form
    } else if !isQuoted {
      var rest = scanner
      guard NodeName.isAttribute(&rest) else {
        throw InputError("a name with blanks stands between double quotes")
      }
    }
    vertexWeights?.append(1)
  }

  private mutating func parseState(_ scanner: inout ByteScanner) throws {
    let form = InputError("expected “state_id node_id [\"name\"]”")
    guard let state = scanner.unsigned() else { throw form }
    scanner.skipBlanks()
    guard let node = scanner.unsigned() else { throw form }
    scanner.skipBlanks()
    stateIds.append(state)
    stateNodes.append(node)
    var name = ""
    if NodeName.isAt(scanner) {
      name = try NodeName.read(&scanner).name
      if stateNames == nil {
        stateNames = Array(repeating: "", count: stateIds.count - 1)
      }
      scanner.skipBlanks()
      guard scanner.isAtLineEnd else { throw form }
    }
    stateNames?.append(name)
  }

  /// Checks everything that only the whole file shows, and numbers nodes and states.
  func network(_ options: NetworkReadingOptions) throws -> Network {
    if let declared = declaredVertices, !vertexIds.isEmpty, declared != vertexIds.count {
      throw InputError(
        "*Vertices announces \(declared) nodes, \(vertexIds.count) follow; is the file cut, or the "
          + "number wrong?")
    }
    switch kind {
    case .states: return try stateNetwork()
    case .multilayer, .intra: return try layers.network(vertices: vertices(), options: options)
    default: return try plainNetwork()
    }
  }

  /// Listed vertices by ascending id, `nil` if none were listed.
  private func vertices() throws -> Vertices? {
    guard !vertexIds.isEmpty else { return nil }
    let order = try Self.sorted(vertexIds, what: "node")
    return Vertices(
      ids: order.map { vertexIds[$0] }, names: order.map { vertexNames[$0] },
      weights: vertexWeights.map { weights in order.map { weights[$0] } })
  }

  private static func sorted(_ ids: [UInt32], what: String) throws -> [Int] {
    let order = ids.indices.sorted { ids[$0] < ids[$1] }
    for index in order.indices.dropFirst() where ids[order[index]] == ids[order[index - 1]] {
      throw InputError("\(what) \(ids[order[index]]) is listed twice")
    }
    return order
  }

  /// Lists come with a first line of “nodes links”, which reads like a link itself.
  private func refuseSizeLine() throws {
    guard !hasHeadings, links.count > 3 else { return }
    var first: (source: UInt32, target: UInt32, weight: Double)?
    var largest: UInt32 = 0
    links.eachLink { source, target, weight in
      if first == nil {
        first = (source, target, weight)
      } else {
        largest = max(largest, source, target)
      }
    }
    guard let first, largest <= first.source, largest + 1 >= first.source else { return }
    let rest = links.count - 1
    let announced =
      first.source == first.target && first.weight != 1 ? first.weight : Double(first.target)
    guard announced == Double(rest) || announced * 2 == Double(rest) else { return }
    throw InputError(
      "line 1 seems to say that \(first.source) nodes and \(NumberText.short(announced)) links follow, as "
        + "they do: delete it, or, if it is a link, write a line *Links before it")
  }

  private func plainNetwork() throws -> Network {
    try refuseSizeLine()
    let vertices = try vertices()
    let numbers: IdNumbers
    if let vertices {
      numbers = IdNumbers(total: vertices.ids.count) { visit in for id in vertices.ids { visit(id) }
      }
    } else {
      numbers = IdNumbers(total: 2 * links.count) { visit in
        links.eachLink { source, target, _ in
          visit(source)
          visit(target)
        }
      }
    }
    if let firstFeature {
      try links.eachLink { source, target, _ in
        guard (source < firstFeature) != (target < firstFeature) else {
          throw InputError(
            "*Bipartite \(firstFeature): links run between a node below \(firstFeature) and a "
              + "feature from \(firstFeature) on, found \(source) – \(target)")
        }
      }
    }
    try number(numbers, what: "node", where: "*Vertices")
    let ids = vertices?.ids ?? numbers.ids
    if vertices == nil, let declared = declaredVertices, let last = ids.last, Int(last) > declared {
      throw InputError(
        "*Vertices announces nodes 1…\(declared), a link names node \(last); the number is wrong")
    }
    return Network(
      kind: firstFeature.map { .bipartite(firstFeature: $0) } ?? .ordinary, nodeIds: ids,
      names: vertices?.names, nodeWeights: vertices?.weights, links: links)
  }

  /// Replaces ids in the links by numbers; throws for an id that has none.
  private func number(_ numbers: IdNumbers, what: String, where place: String) throws {
    var missing: UInt32?
    links.renumber { id in
      guard let number = numbers.number(of: id) else {
        missing = missing ?? id
        return 0
      }
      return number
    }
    if let missing {
      throw InputError("a link names \(what) \(missing), which is not listed under \(place)")
    }
  }

  private func stateNetwork() throws -> Network {
    let order = try Self.sorted(stateIds, what: "state")
    let ids = order.map { stateIds[$0] }
    let vertices = try vertices()
    let nodes = IdNumbers(total: stateNodes.count) { visit in
      for id in vertices?.ids ?? stateNodes { visit(id) }
    }
    let places = try order.map { place -> UInt32 in
      guard let node = nodes.number(of: stateNodes[place]) else {
        throw InputError(
          "state \(stateIds[place]) belongs to node \(stateNodes[place]), which is not listed "
            + "under *Vertices")
      }
      return node
    }
    try number(
      IdNumbers(total: ids.count) { visit in for id in ids { visit(id) } }, what: "state",
      where: "*States")
    return Network(
      kind: .states, nodeIds: nodes.ids, names: vertices?.names, nodeWeights: nil,
      states: Network.States(
        ids: ids, nodes: places, layers: nil,
        names: stateNames.map { names in order.map { names[$0] } }),
      links: links)
  }
}

/// Tells commas that separate columns from commas inside numbers, within one line.
struct ColumnCommas {
  private var first: ByteScanner.Separator?

  static let decimalComma = InputError(
    "a number holds a comma; numbers have a decimal point and no signs between thousands")

  /// Skips what is before the next field. Throws `InputError` if that is a comma without blanks though
  /// the first two fields are not separated so.
  @inline(__always)
  mutating func check(_ scanner: inout ByteScanner) throws {
    let separator = scanner.skipSeparator()
    if let first {
      if separator == .bareComma, first != .bareComma { throw Self.decimalComma }
    } else {
      first = separator
    }
  }
}

/// Listed vertices, ascending by id.
struct Vertices {
  let ids: [UInt32]
  let names: [String]
  let weights: [Double]?
}
