import Messages

/// A weighted network as it was given: nodes with ids, perhaps names and weights, and links between
/// them. State and multilayer networks link states, of which several may belong to one node.
public struct Network: Sendable {
  /// What the file said about the meaning of the nodes.
  public enum Kind: Sendable, Equatable {
    case ordinary
    /// Ids from `firstFeature` on are features; links run between nodes and features.
    case bipartite(firstFeature: UInt32)
    /// Links run between states of nodes.
    case states
    /// States are the nodes' copies in layers; links carry transition rates from state to state.
    case multilayer
  }

  public let kind: Kind
  /// Ids of the (physical) nodes, ascending.
  public let nodeIds: [UInt32]
  /// Names of the nodes, where the file gave any.
  public let names: [String]?
  /// Weights of the nodes, where the file gave any: the targets of teleportation to nodes.
  public let nodeWeights: [Double]?
  /// For state networks: the id of each state (ascending), the place of its node in `nodeIds`, and
  /// its layer.
  public let states: States?
  /// Links between places in `nodeIds`, or between places in `states`.
  private(set) var links: NetworkLinks
  /// What reading the file left out, for whoever asked for it to know.
  public internal(set) var notes: [String] = []
  /// Multilayer networks with links inside layers are random walks between states: directed,
  /// whatever the flow model says.
  let isWalk: Bool

  public struct States: Sendable {
    public let ids: [UInt32]
    public let nodes: [UInt32]
    public let layers: [UInt32]?
    public let names: [String]?
  }

  /// How many links were given, parallel ones counted each.
  public let linkCount: Int
  /// How many units the map equation divides: states where there are any, otherwise nodes.
  public var unitCount: Int { states?.ids.count ?? nodeIds.count }
  public var nodeCount: Int { nodeIds.count }

  /// Forgets the links, once a `FlowNetwork` has been made of them, to save their memory.
  mutating func releaseLinks() { links = NetworkLinks() }

  /// The name of a node: the one given, or its id.
  public func name(ofNode place: Int) -> String {
    names.map { $0[place] } ?? String(nodeIds[place])
  }

  /// Takes weights that can be added and divided by; see `WeightScale`.
  mutating func scaleWeights() throws { links = try WeightScale.usable(links) }

  /// The name of a unit: that of its state where states have names, otherwise that of its node.
  public func name(ofUnit unit: Int) -> String {
    if let name = states?.names?[unit], !name.isEmpty { return name }
    return name(ofNode: node(ofUnit: unit))
  }

  /// The place of the node that unit `unit` stands for.
  public func node(ofUnit unit: Int) -> Int { states.map { Int($0.nodes[unit]) } ?? unit }

  init(
    kind: Kind, nodeIds: [UInt32], names: [String]? = nil, nodeWeights: [Double]? = nil,
    states: States? = nil, links: NetworkLinks, isWalk: Bool = false
  ) {
    self.kind = kind
    self.nodeIds = nodeIds
    self.names = names
    self.nodeWeights = nodeWeights
    self.states = states
    self.links = links
    linkCount = links.count
    self.isWalk = isWalk
  }

  /// A network of links from `sources[i]` to `targets[i]` with `weights[i]` (1 where there are none)
  /// between nodes `0..<nodeCount`. Throws `InputError` for ids or weights that cannot be.
  public init(
    nodeCount: Int, sources: [UInt32], targets: [UInt32], weights: [Double]? = nil,
    names: [String]? = nil
  ) throws {
    guard sources.count == targets.count, weights.map({ $0.count == sources.count }) ?? true else {
      throw InputError(
        "links need as many sources as targets and weights, received \(sources.count), "
          + "\(targets.count) and \(weights?.count ?? sources.count)")
    }
    if let names, names.count != nodeCount {
      throw InputError("\(nodeCount) nodes need as many names, received \(names.count)")
    }
    let links = NetworkLinks()
    for index in 0..<sources.count {
      let weight = weights.map { $0[index] } ?? 1
      guard weight.isFinite, weight >= 0 else {
        throw InputError("link \(index): weights are finite and ≥ 0, received \(weight)")
      }
      guard sources[index] < nodeCount, targets[index] < nodeCount else {
        throw InputError(
          "link \(index): nodes are 0..<\(nodeCount), received "
            + "\(sources[index]) → \(targets[index])")
      }
      links.append(sources[index], targets[index], weight)
    }
    self.init(
      kind: .ordinary, nodeIds: Array(0..<UInt32(nodeCount)), names: names, links: links)
  }
}
