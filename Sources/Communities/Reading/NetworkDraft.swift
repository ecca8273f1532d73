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

  /// A heading was met; throws if it cannot stand beside those before it.
  mutating func enter(_ section: NetworkReader.Section) throws {
    switch section {
    case .ignored, .links: return
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
    case .links, .bipartite, .ignored: return
    }
  }

  private func numbers(_ count: Int, _ form: String, _ scanner: inout ByteScanner) throws -> (
    [UInt32], Double
  ) {
    var result: [UInt32] = []
    for _ in 0..<count {
      scanner.skipBlanks()
      guard let number = scanner.unsigned() else { throw InputError("expected “\(form)”") }
      result.append(number)
    }
    scanner.skipBlanks()
    if scanner.isAtLineEnd { return (result, 1) }
    guard let weight = scanner.decimal() else { throw InputError("expected “\(form)”") }
    guard weight >= 0, weight.isFinite else {
      throw InputError("weights are finite and ≥ 0")
    }
    return (result, weight)
  }

  private mutating func parseVertex(_ scanner: inout ByteScanner) throws {
    guard let id = scanner.unsigned() else { throw InputError("expected “id \"name\" [weight]”") }
    scanner.skipBlanks()
    var name = String(id)
    if !scanner.isAtLineEnd {
      guard let found = scanner.name() else {
        throw InputError("expected “id \"name\" [weight]”")
      }
      name = found
      scanner.skipBlanks()
    }
    vertexIds.append(id)
    vertexNames.append(name)
    guard !scanner.isAtLineEnd else {
      vertexWeights?.append(1)
      return
    }
    // Pajek puts coordinates and shapes here as well; only a lone number is a weight.
    if let weight = scanner.decimal() {
      scanner.skipBlanks()
      guard weight >= 0, weight.isFinite else {
        throw InputError("node weights are finite and ≥ 0")
      }
      if scanner.isAtLineEnd {
        if vertexWeights == nil {
          vertexWeights = Array(repeating: 1, count: vertexIds.count - 1)
        }
        vertexWeights?.append(weight)
        return
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
    if !scanner.isAtLineEnd {
      guard let name = scanner.name() else { throw form }
      if stateNames == nil {
        stateNames = Array(repeating: "", count: stateIds.count - 1)
      }
      stateNames?.append(name)
    } else {
      stateNames?.append("")
    }
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

  private func plainNetwork() throws -> Network {
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

/// Listed vertices, ascending by id.
struct Vertices {
  let ids: [UInt32]
  let names: [String]
  let weights: [Double]?
}
