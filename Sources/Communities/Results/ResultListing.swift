/// A result as files list it: leaves in order with their paths, modules with theirs.
///
/// State networks are listed twice: by states, and by physical nodes, where the states of one node in
/// one module are one leaf.
struct ResultListing {
  struct Leaf {
    /// Index into `modules`.
    let module: Int
    let rank: Int
    let flow: Double
    let node: Int
    /// The state, where states are listed.
    let state: Int?
  }

  struct Module {
    let path: String
    /// Index of the parent, −1 at the top.
    let parent: Int
    let rank: Int
    let depth: Int
    let enter: Double
    let exit: Double
    let length: Double
    var childCount: Int
  }

  let result: InfomapResult
  let network: Network
  let listsStates: Bool
  private(set) var modules: [Module] = []
  private(set) var leaves: [Leaf] = []
  /// The leaf each unit is part of.
  private(set) var leafOfUnit: [Int]

  init(_ result: InfomapResult, network: Network, listsStates: Bool) {
    self.result = result
    self.network = network
    self.listsStates = listsStates
    leafOfUnit = Array(repeating: 0, count: network.unitCount)
    for (index, module) in result.tree.modules.enumerated() {
      add(module, parent: -1, rank: index + 1, path: "\(index + 1)", depth: 1)
    }
  }

  private mutating func add(
    _ module: ModuleTree.Module, parent: Int, rank: Int, path: String, depth: Int
  ) {
    let index = modules.count
    modules.append(
      Module(
        path: path, parent: parent, rank: rank, depth: depth, enter: module.enter,
        exit: module.exit, length: module.ownLength, childCount: module.modules.count))
    for (place, child) in module.modules.enumerated() {
      add(child, parent: index, rank: place + 1, path: "\(path):\(place + 1)", depth: depth + 1)
    }
    guard !module.units.isEmpty else { return }
    let flow = result.flow.flow
    if network.states == nil || listsStates {
      for unit in module.units {
        append(
          unit: Int(unit), module: index, flow: flow[Int(unit)],
          state: network.states == nil ? nil : Int(unit))
      }
    } else {
      var units: [Int: [UInt32]] = [:]
      for unit in module.units { units[network.node(ofUnit: Int(unit)), default: []].append(unit) }
      let groups = units.map { (node: $0.key, units: $0.value) }.map { group in
        (group.node, group.units, group.units.reduce(0) { $0 + flow[Int($1)] })
      }
      for (node, members, sum) in groups.sorted(by: { $0.2 == $1.2 ? $0.0 < $1.0 : $0.2 > $1.2 }) {
        for unit in members { leafOfUnit[Int(unit)] = leaves.count }
        modules[index].childCount += 1
        leaves.append(
          Leaf(
            module: index, rank: modules[index].childCount, flow: sum, node: node, state: nil))
      }
    }
  }

  private mutating func append(unit: Int, module: Int, flow: Double, state: Int?) {
    leafOfUnit[unit] = leaves.count
    modules[module].childCount += 1
    leaves.append(
      Leaf(
        module: module, rank: modules[module].childCount, flow: flow,
        node: network.node(ofUnit: unit), state: state))
  }

  /// The module at `level` (1: top) that `leaf` is in, as a rank in order of listing.
  func modules(atLevel level: Int) -> [Int] {
    var numbers: [Int: Int] = [:]
    return leaves.map { leaf in
      var module = leaf.module
      while level > 0, modules[module].depth > level { module = modules[module].parent }
      let next = numbers.count + 1
      let number = numbers[module, default: next]
      numbers[module] = number
      return number
    }
  }

  /// Flow between children of one module, by module (−1: the root), then source and target rank.
  func linkFlows() -> [Int: [(source: Int, target: Int, flow: Double)]] {
    struct Pair: Hashable {
      let module: Int
      let source: Int
      let target: Int
    }
    var sums: [Pair: Double] = [:]
    result.flow.forEachLinkFlow { source, target, flow in
      let from = leaves[leafOfUnit[source]]
      let to = leaves[leafOfUnit[target]]
      var (a, b) = (from.module, to.module)
      var (rankA, rankB) = (from.rank, to.rank)
      while a != b {
        let depthA = a < 0 ? 0 : modules[a].depth
        let depthB = b < 0 ? 0 : modules[b].depth
        if depthA >= depthB {
          rankA = modules[a].rank
          a = modules[a].parent
        } else {
          rankB = modules[b].rank
          b = modules[b].parent
        }
      }
      guard rankA != rankB else { return }
      if !result.flow.isDirected && rankA > rankB { swap(&rankA, &rankB) }
      sums[Pair(module: a, source: rankA, target: rankB), default: 0] += flow
    }
    var rows: [Int: [(source: Int, target: Int, flow: Double)]] = [:]
    for (pair, flow) in sums {
      rows[pair.module, default: []].append((pair.source, pair.target, flow))
    }
    return rows.mapValues { row in
      row.sorted { $0.source == $1.source ? $0.target < $1.target : $0.source < $1.source }
    }
  }

  /// The name of a leaf: where states are listed and have names, the state's.
  func name(_ leaf: Leaf) -> String {
    leaf.state.map { network.name(ofUnit: $0) } ?? network.name(ofNode: leaf.node)
  }

  /// The id, and for states the other ids, that stand at the end of a leaf's line.
  func ids(_ leaf: Leaf) -> (state: UInt32?, node: UInt32, layer: UInt32?) {
    let node = network.nodeIds[leaf.node]
    guard let state = leaf.state, let states = network.states else { return (nil, node, nil) }
    return (states.ids[state], node, states.layers.map { $0[state] })
  }
}

extension ModuleTree.Module {
  /// What the module's own codebook costs, without those of the modules in it.
  var ownLength: Double { modules.reduce(length) { $0 - $1.length } }
}

extension FlowNetwork {
  /// Calls `body` for the flow of every link between different units; both directions together
  /// where the flow is undirected.
  func forEachLinkFlow(_ body: @escaping (_ source: Int, _ target: Int, _ flow: Double) -> Void) {
    if isDirected {
      links?.eachLink { source, target, weight in
        guard source != target, weight > 0 else { return }
        body(Int(source), Int(target), weight * flowPerWeight[Int(source)] * markovTime)
      }
      return
    }
    units.read(by: PairFlows(body: body))
  }

  private struct PairFlows: UnitNetworkReader {
    let body: (_ source: Int, _ target: Int, _ flow: Double) -> Void

    func read<Weight>(_ network: UnitNetwork<Weight>) {
      for unit in 0..<network.count {
        for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1]) {
          let other = Int(network.targets[k])
          if other > unit { body(unit, other, network.weights[k].value * network.scale) }
        }
      }
    }
  }
}
