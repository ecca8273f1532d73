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
  let enter: Block<Double>
  let exit: Block<Double>
  let teleportation: Teleportation?
  let physical: PhysicalNodes?

  init(
    count: Int, offsets: Block<UInt32>, targets: Block<UInt32>, weights: Block<Weight>,
    scale: Double, flow: Block<Double>, enter: Block<Double>, exit: Block<Double>,
    teleportation: Teleportation? = nil, physical: PhysicalNodes? = nil
  ) {
    self.count = count
    self.offsets = offsets
    self.targets = targets
    self.weights = weights
    self.scale = scale
    self.flow = flow
    self.enter = enter
    self.exit = exit
    self.teleportation = teleportation
    self.physical = physical
  }

  /// Undirected flow enters and leaves alike; then one array serves for both.
  var isSymmetric: Bool { enter === exit }
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
      flow: enter, enter: enter, exit: exit, teleportation: teleportation)
  }
}

/// A division of units into modules `0..<moduleCount`, none of them empty.
struct Assignment: Sendable {
  var moduleOf: Block<UInt32>
  var moduleCount: Int

  static func single(_ count: Int) -> Assignment {
    Assignment(moduleOf: Block(zeros: count), moduleCount: min(1, count))
  }

  /// Units sorted by module: `order[starts[m]..<starts[m + 1]]` are the members of `m`, ascending.
  func members() -> (starts: Block<UInt32>, order: Block<UInt32>) {
    let count = moduleOf.count
    let starts = Block<UInt32>(zeros: moduleCount + 1)
    let order = Block<UInt32>(zeros: count)
    for unit in 0..<count { starts[Int(moduleOf[unit]) + 1] += 1 }
    for module in 0..<moduleCount { starts[module + 1] += starts[module] }
    let next = Block<UInt32>(zeros: moduleCount)
    for unit in 0..<count {
      let module = Int(moduleOf[unit])
      order[Int(starts[module] + next[module])] = UInt32(unit)
      next[module] += 1
    }
    return (starts, order)
  }

  /// The division of the finer units when this one's modules are divided by `upper`.
  func composed(with upper: Assignment) -> Assignment {
    let result = Block<UInt32>(zeros: moduleOf.count)
    for unit in 0..<moduleOf.count { result[unit] = upper.moduleOf[Int(moduleOf[unit])] }
    return Assignment(moduleOf: result, moduleCount: upper.moduleCount)
  }

  /// Renumbers arbitrary module numbers below `bound` to `0..<moduleCount` by first appearance.
  static func compacted(_ modules: UnsafeMutablePointer<UInt32>, count: Int, bound: Int)
    -> Assignment
  {
    let numbers = Block<UInt32>(zeros: bound)
    let result = Block<UInt32>(zeros: count)
    var next: UInt32 = 0
    for unit in 0..<count {
      let module = Int(modules[unit])
      if numbers[module] == 0 {
        next += 1
        numbers[module] = next
      }
      result[unit] = numbers[module] - 1
    }
    return Assignment(moduleOf: result, moduleCount: Int(next))
  }
}
