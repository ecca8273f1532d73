import Memory
import Messages
import Parallel

/// A network with the flow of its random walk, ready for the search.
public struct FlowNetwork: Sendable {
  /// The units and their flow, with rows as small as the weights allow.
  enum Units: Sendable {
    case plain(UnitNetwork<UnitWeight>)
    case whole(UnitNetwork<UInt32>)
    case real(UnitNetwork<Double>)
  }

  let units: Units
  /// Flow through each unit.
  let flow: Block<Double>
  /// Links between different units, parallel and (undirected) reversed ones counted once.
  let pairCount: Int
  /// Flow of links per weight, before Markov time.
  let flowPerWeight: FlowPerWeight
  let isDirected: Bool
  let markovTime: Double
  /// The links themselves, kept where their direction matters.
  let links: NetworkLinks?

  /// Derives the flow of `network`, which gives up its links: from here on only the flow needs them.
  /// Throws as `init(_:options:)`, and `network` is what it was then.
  public init(
    consuming network: inout Network, options: FlowOptions = FlowOptions(), work: Work = .silent
  ) throws {
    try self.init(network, options: options, work: work)
    network.releaseLinks()
  }

  /// Derives the flow of `network`. Throws `InputError` where there is none to derive,
  /// `OptionError` for options that cannot be honored, `Cancelled` when interrupted.
  public init(
    _ network: Network, options: FlowOptions = FlowOptions(), work: Work = .silent
  ) throws {
    try options.check()
    let isDirected = options.model != .undirected || network.isWalk
    self.isDirected = isDirected
    markovTime = options.markovTime
    var network = network
    if options.model != .precomputed { try network.scaleWeights() }
    links = isDirected ? network.links : nil
    if case .bipartite = network.kind, isDirected || options.isRegularized {
      throw InputError(
        "a bipartite network is read as undirected flow between nodes and features; it goes with "
          + "neither directed flow nor regularization")
    }
    if network.kind == .multilayer, options.isRegularized {
      throw InputError("regularization is defined for networks of one layer")
    }
    guard network.unitCount > 0 else { throw InputError("the network has no nodes") }
    var builder = FlowBuilder(network, options: options, work: work)
    if options.isRegularized {
      try builder.regularize(isDirected: isDirected)
    } else if options.model == .precomputed {
      try builder.takeNodeWeights()
    } else if options.model.isGiven {
      builder.takeRawFlow()
    } else if isDirected {
      try builder.walk()
    } else {
      builder.takeStrengths()
    }
    flowPerWeight = builder.flowPerWeight
    try work.check()
    units = try builder.units(isDirected: isDirected)
    flow = builder.flow
    pairCount = builder.pairCount
    guard units.read(by: FiniteFlow()) else {
      throw InputError(
        "the flow is not finite: weights, Markov time or the prior's strength are too large or too small"
      )
    }
  }

  private struct FiniteFlow: UnitNetworkReader {
    func read<Weight>(_ network: UnitNetwork<Weight>) -> Bool {
      // A sum is finite only if all of its terms are.
      var total = 0.0
      for unit in 0..<network.count {
        total += network.flow[unit] + network.enter[unit] + network.exit[unit]
      }
      for entry in 0..<network.weights.count { total += network.weights[entry].value }
      return (total * max(1, network.scale)).isFinite
    }
  }
}

/// What is done alike with units of every weight. The compiler makes one fast version for each kind:
/// `any` network would be read through tables of functions.
protocol UnitNetworkReader {
  associatedtype Result
  associatedtype Failure: Error
  func read<Weight>(_ network: UnitNetwork<Weight>) throws(Failure) -> Result
}

extension FlowNetwork.Units {
  @inline(__always)
  func read<Reader: UnitNetworkReader>(by reader: Reader) throws(Reader.Failure) -> Reader.Result {
    switch self {
    case .plain(let network): try reader.read(network)
    case .whole(let network): try reader.read(network)
    case .real(let network): try reader.read(network)
    }
  }
}

/// The flow of the link `a → b` of weight `w` is `w × flowPerWeight[a]`.
enum FlowPerWeight: Sendable {
  /// The same for every link.
  case uniform(Double)
  /// By the link's source.
  case bySource(Block<Double>)

  subscript(source: Int) -> Double {
    @inline(__always) get {
      switch self {
      case .uniform(let value): value
      case .bySource(let values): values[source]
      }
    }
  }
}

/// Visit rates of nodes and flow of links, one method per flow model.
struct FlowBuilder {
  let network: Network
  let options: FlowOptions
  let work: Work
  let count: Int
  let flow: Block<Double>
  var flowPerWeight = FlowPerWeight.uniform(0)
  var teleportation: Teleportation?
  private(set) var pairCount = 0

  init(_ network: Network, options: FlowOptions, work: Work) {
    self.network = network
    self.options = options
    self.work = work
    count = network.unitCount
    flow = Block(zeros: count)
  }

  /// Calls `body` for every link that counts.
  @inline(__always)
  func forEachLink(_ body: (_ source: Int, _ target: Int, _ weight: Double) -> Void) {
    let dropsSelfLinks = options.dropsSelfLinks
    network.links.eachLink { source, target, weight in
      guard weight > 0, !(dropsSelfLinks && source == target) else { return }
      body(Int(source), Int(target), weight)
    }
  }

  /// Undirected: the share of a node in all strength; a self-link counts once.
  mutating func takeStrengths() {
    var total = 0.0
    forEachLink { source, target, weight in
      flow[source] += weight
      total += weight
      if source != target {
        flow[target] += weight
        total += weight
      }
    }
    divideFlow(by: total)
  }

  /// Link weights are flows; they are scaled to sum to 1.
  mutating func takeRawFlow() {
    var total = 0.0
    forEachLink { _, target, weight in
      flow[target] += weight
      total += weight
    }
    divideFlow(by: total)
  }

  /// Node weights are flows, scaled to sum to 1; link weights are flows as they are.
  mutating func takeNodeWeights() throws {
    guard network.states == nil, let weights = network.nodeWeights else {
      throw InputError(
        "precomputed flow is the nodes' weights under *Vertices (id \"name\" flow); "
          + (network.states == nil ? "this network has none" : "states have none"))
    }
    guard let shares = WeightScale.shares(weights) else {
      throw InputError("precomputed flow needs a node weight above 0")
    }
    for node in 0..<count { flow[node] = shares[node] }
    flowPerWeight = .uniform(1)
  }

  private mutating func divideFlow(by total: Double) {
    guard total > 0 else {
      // Without links the walk stands anywhere alike.
      for node in 0..<count { flow[node] = 1 / Double(count) }
      return
    }
    for node in 0..<count { flow[node] /= total }
    flowPerWeight = .uniform(1 / total)
  }

  /// The rows of links with flow into, out of and between units.
  mutating func units(isDirected: Bool) throws -> FlowNetwork.Units {
    var time = options.markovTime
    if case .bipartite(let firstFeature) = network.kind {
      moveFlowToNodes(from: firstFeature)
      time *= 2
    }
    // Undirected flow without self-links leaves a node exactly as it visits it.
    let leavesAll =
      !isDirected && time == 1 && teleportation == nil && linksOnlyDifferentNodes
    let boundary =
      leavesAll ? .symmetric(flow) : BoundaryFlow(zeros: count, isSymmetric: !isDirected)
    let (enter, exit) = (boundary.enter, boundary.exit)
    if !leavesAll {
      forEachLink { source, target, weight in
        guard source != target else { return }
        exit[source] += weight * flowPerWeight[source] * time
        enter[target] += weight * flowPerWeight[source] * time
      }
    }
    if let teleportation {
      // Markov time stretches the steps along links only, as the reference program has it.
      var total = 0.0
      for node in 0..<count { total += teleportation.flow[node] }
      for node in 0..<count {
        let stays = teleportation.flow[node] * teleportation.target[node]
        exit[node] += teleportation.flow[node] - stays
        if !boundary.isSymmetric {
          enter[node] += total * teleportation.target[node] - stays
        }
      }
    }
    let physical = physicalNodes()
    func assembled<Weight>(_ rows: LinkRows<Weight>, scale: Double) -> UnitNetwork<Weight> {
      pairCount = rows.targets.count / 2
      return UnitNetwork(
        count: count, offsets: rows.offsets, targets: rows.targets, weights: rows.weights,
        scale: scale, flow: flow, boundary: boundary, teleportation: teleportation,
        physical: physical)
    }
    let links = network.links
    if !isDirected, !options.isRegularized {
      let scale = 2 * time * flowPerWeight[0]
      if !links.isWeighted {
        let rows = try LinkRows<UnitWeight>(count: count, links: links) { _, _, _ in 1 }
        if !rows.hasParallel { return .plain(assembled(rows, scale: scale)) }
      }
      if links.areWeightsWhole {
        let rows = try LinkRows<UInt32>(count: count, links: links) { _, _, weight in weight }
        return .whole(assembled(rows, scale: scale))
      }
    }
    let factor = (isDirected ? 1 : 2) * time
    let rows = try LinkRows<Double>(count: count, links: links) { source, _, weight in
      weight * flowPerWeight[Int(source)] * factor
    }
    return .real(assembled(rows, scale: 1))
  }

  /// There are links, and none from a node to itself.
  private var linksOnlyDifferentNodes: Bool {
    var found = false
    var hasSelfLinks = false
    forEachLink { source, target, _ in
      found = true
      hasSelfLinks = hasSelfLinks || source == target
    }
    return found && !hasSelfLinks
  }

  /// Two steps of the walk at a time: features are passed through, all flow stands on nodes.
  private func moveFlowToNodes(from firstFeature: UInt32) {
    for unit in 0..<count {
      flow[unit] = network.nodeIds[unit] < firstFeature ? flow[unit] * 2 : 0
    }
  }

  private func physicalNodes() -> PhysicalNodes? {
    guard let states = network.states else { return nil }
    let offsets = Block<UInt32>(zeros: count + 1)
    let nodes = Block<UInt32>(zeros: count)
    for state in 0..<count {
      offsets[state + 1] = UInt32(state + 1)
      nodes[state] = states.nodes[state]
    }
    return PhysicalNodes(
      nodeCount: network.nodeCount, offsets: offsets, nodes: nodes, flows: flow)
  }
}
