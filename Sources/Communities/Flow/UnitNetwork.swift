import Memory

/// How the weight of a link is stored. Flow = weight × the network's scale.
///
/// Counts stay exact however they are summed and take little room; `Double` is for everything else.
protocol LinkWeight: BitwiseCopyable, Sendable {
  /// What sums of such weights are stored as.
  associatedtype Total: LinkWeight where Total.Total == Total
  init(_ value: Double)
  var value: Double { get }
}

/// The weight of links that all weigh 1: takes no room at all.
struct UnitWeight: LinkWeight {
  typealias Total = UInt32
  init(_ value: Double) {}
  var value: Double { @inline(__always) get { 1 } }
}

/// Whole weights.
extension UInt32: LinkWeight {
  typealias Total = UInt32
  var value: Double { @inline(__always) get { Double(Int64(self)) } }
}

extension Double: LinkWeight {
  typealias Total = Double
  var value: Double { @inline(__always) get { self } }
}

/// Recorded teleportation of each unit: the flow that teleports from it, and the share of all
/// teleportation that lands on it.
struct Teleportation: Sendable {
  let flow: Block<Double>
  let target: Block<Double>
}

/// Which physical nodes a unit of a state network stands for, and with what flow.
struct PhysicalNodes: Sendable {
  let nodeCount: Int
  let offsets: Block<UInt32>
  let nodes: Block<UInt32>
  let flows: Block<Double>
}

/// Flow into and out of each unit.
enum BoundaryFlow: Sendable {
  /// Undirected flow enters and leaves alike: one array serves for both.
  case symmetric(Block<Double>)
  case directed(enter: Block<Double>, exit: Block<Double>)

  init(zeros count: Int, isSymmetric: Bool) {
    self =
      isSymmetric
      ? .symmetric(Block(zeros: count))
      : .directed(enter: Block(zeros: count), exit: Block(zeros: count))
  }

  var isSymmetric: Bool { if case .symmetric = self { true } else { false } }

  var enter: Block<Double> {
    switch self {
    case .symmetric(let flow), .directed(let flow, _): flow
    }
  }

  var exit: Block<Double> {
    switch self {
    case .symmetric(let flow), .directed(_, let flow): flow
    }
  }

  func map(_ transform: (Block<Double>) -> Block<Double>) -> BoundaryFlow {
    switch self {
    case .symmetric(let flow): .symmetric(transform(flow))
    case .directed(let enter, let exit): .directed(enter: transform(enter), exit: transform(exit))
    }
  }
}

/// What the search clusters: units (nodes, or modules of the level below) with flow through them,
/// into them and out of them, and the flow between pairs of them.
///
/// The change of codelength when a unit moves depends on the flow between it and a module in both
/// directions together, so directed networks are held as symmetric rows too: the entry of `a → b` and
/// of `b → a` is `F_ab + F_ba`. Self-links are left out, they never leave a module.
final class UnitNetwork<Weight: LinkWeight>: Sendable {
  let count: Int
  /// Row `u` is `offsets[u]..<offsets[u + 1]` of `targets` and `weights`.
  let offsets: Block<UInt32>
  let targets: Block<UInt32>
  let weights: Block<Weight>
  /// Flow of an entry = its weight × `scale`.
  let scale: Double
  let flow: Block<Double>
  let boundary: BoundaryFlow
  /// The two sides of `boundary`.
  let enter: Block<Double>
  let exit: Block<Double>
  let isSymmetric: Bool
  let teleportation: Teleportation?
  let physical: PhysicalNodes?

  init(
    count: Int, offsets: Block<UInt32>, targets: Block<UInt32>, weights: Block<Weight>,
    scale: Double, flow: Block<Double>, boundary: BoundaryFlow,
    teleportation: Teleportation? = nil, physical: PhysicalNodes? = nil
  ) {
    self.count = count
    self.offsets = offsets
    self.targets = targets
    self.weights = weights
    self.scale = scale
    self.flow = flow
    self.boundary = boundary
    enter = boundary.enter
    exit = boundary.exit
    isSymmetric = boundary.isSymmetric
    self.teleportation = teleportation
    self.physical = physical
  }

  var entryCount: Int { Int(offsets[count]) }
  var totalFlow: Double {
    var sum = Sum()
    for unit in 0..<count { sum.add(flow[unit]) }
    return sum.value
  }
  var isPlain: Bool { teleportation == nil && physical == nil }

  /// The same units whose flow is the flow that enters them: what a level above the modules codes.
  func withEnterAsFlow() -> UnitNetwork<Weight> {
    UnitNetwork(
      count: count, offsets: offsets, targets: targets, weights: weights, scale: scale,
      flow: enter, boundary: boundary, teleportation: teleportation)
  }
}
