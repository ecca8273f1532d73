/// How flow is derived from links.
public enum FlowModel: String, Sendable, CaseIterable {
  /// Links run both ways; flow is proportional to strength.
  case undirected
  /// A random walk along directed links with teleportation.
  case directed
  /// Link weights are flows; the flow of a node is what enters it.
  case rawdir
  /// Undirected flow, coded along the links' direction: the same flow as `rawdir`.
  case undirdir
  /// Incoming links alone count: the same flow as `rawdir`.
  case outdirdir
  /// Node weights are the flow of nodes, scaled to sum to 1, link weights the flow of links as they are.
  case precomputed

  /// The network gives the flow; no walk is derived from it.
  var isGiven: Bool { self != .undirected && self != .directed }
}

/// The random walk whose description is shortened.
public struct FlowOptions: Sendable {
  public var model = FlowModel.undirected
  /// How often the walk of a directed network jumps instead of following a link.
  public var teleportationProbability = 0.15
  /// Teleportation steps are part of what is coded.
  public var recordsTeleportation = false
  /// Teleportation lands on nodes (by their weights, uniformly without) instead of links.
  public var teleportsToNodes = false
  /// Scales the flow of links: above 1 modules get larger, below 1 smaller.
  public var markovTime = 1.0
  /// A Bayesian prior of weak links between all nodes (Smiljanić et al., 2021) against clusters that
  /// missing links feign.
  public var isRegularized = false
  public var regularizationStrength = 1.0
  /// Links from a node to itself are left out.
  public var dropsSelfLinks = false

  public init() {}

  /// Throws `NetworkError` for values that cannot be, and for options that contradict each other.
  public func check() throws {
    guard (0...1).contains(teleportationProbability) else {
      throw NetworkError(
        "the teleportation probability lies between 0 and 1, received \(teleportationProbability)")
    }
    guard markovTime > 0, markovTime.isFinite else {
      throw NetworkError("the Markov time is a number above 0, received \(markovTime)")
    }
    guard regularizationStrength >= 0, regularizationStrength.isFinite else {
      throw NetworkError(
        "the strength of regularization is ≥ 0, received \(regularizationStrength)")
    }
    if model != .directed && !isRegularized {
      if recordsTeleportation {
        throw NetworkError(
          "recorded teleportation needs the directed flow model; \(model.rawValue) flow does not "
            + "teleport")
      }
      if teleportsToNodes {
        throw NetworkError(
          "teleportation to nodes needs the directed flow model; \(model.rawValue) flow does not "
            + "teleport")
      }
    }
    if isRegularized {
      if model.isGiven {
        throw NetworkError(
          "a regularized network derives its own flow; \(model.rawValue) flow is given")
      }
      if teleportsToNodes {
        throw NetworkError("a regularized network teleports by its prior, not to nodes")
      }
    }
  }
}
