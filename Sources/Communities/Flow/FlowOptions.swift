import Messages

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

  /// Throws `OptionError` for values that cannot be, and for options that contradict each other.
  public func check() throws(OptionError) {
    guard (0...1).contains(teleportationProbability) else {
      throw OptionError(
        "teleportationProbability", expected: "a number from 0 to 1",
        received: teleportationProbability)
    }
    guard markovTime > 0, markovTime.isFinite else {
      throw OptionError("markovTime", expected: "a number above 0", received: markovTime)
    }
    guard regularizationStrength >= 0, regularizationStrength.isFinite else {
      throw OptionError(
        "regularizationStrength", expected: "a number ≥ 0", received: regularizationStrength)
    }
    if model != .directed && !isRegularized && (recordsTeleportation || teleportsToNodes) {
      throw OptionError(
        recordsTeleportation ? "recordsTeleportation" : "teleportsToNodes",
        "needs the directed flow model; \(model.rawValue) flow does not teleport")
    }
    if isRegularized && model.isGiven {
      throw OptionError(
        "isRegularized", "derives the flow of the network; \(model.rawValue) flow is given")
    }
    if isRegularized && teleportsToNodes {
      throw OptionError(
        "teleportsToNodes", "contradicts `isRegularized`, which teleports by its prior")
    }
  }
}
