import Distributed
import Messages
import Parallel

/// How to search for modules.
public struct InfomapOptions: Sendable {
  public var flow = FlowOptions()
  /// Modules only, no modules of modules.
  public var isTwoLevel = false
  /// Independent searches; the best is kept.
  public var trials = 1
  public var seed: UInt64 = 123
  /// Trials, then parts of the network, run on this many threads; the result does not depend on it.
  public var threads = 1
  /// Ranks that share the trials; the result does not depend on how many there are.
  public var ranks = Communicator.alone

  public init() {}

  /// Throws `OptionError` for values that cannot be, and for options that contradict each other.
  public func check() throws(OptionError) {
    guard trials > 0 else { throw OptionError("trials", expected: "at least 1", received: trials) }
    guard threads > 0 else {
      throw OptionError("threads", expected: "at least 1", received: threads)
    }
    try flow.check()
  }
}

/// What a search found.
public struct InfomapResult: Sendable {
  /// Modules with their flow; units are states where the network has states, nodes otherwise.
  public let tree: ModuleTree
  /// Bits a step with one codebook for the whole network.
  public let oneLevelCodelength: Double
  /// The codelength of each trial, in order.
  public let trialCodelengths: [Double]
  /// The search was interrupted; this is the best of the trials that had ended.
  public let isInterrupted: Bool
  /// The flow the tree describes.
  let flow: FlowNetwork

  public var codelength: Double { tree.codelength }
  /// The share of the one-level codelength that the modules save.
  public var relativeSavings: Double {
    oneLevelCodelength > 0 ? 1 - codelength / oneLevelCodelength : 0
  }
  /// The flow is directed: what enters a module differs from what leaves it.
  public var isDirected: Bool { flow.isDirected }
  /// Flow of each unit.
  public var unitFlow: [Double] { flow.flow.array }
  /// Pairs of different units with flow between them.
  public var pairCount: Int { flow.pairCount }
}

/// Community detection by minimizing the map equation (Rosvall and Bergstrom, PNAS 2008; PLoS ONE
/// 2011): the modules that allow the shortest description of a random walk on the network.
public enum Infomap {
  /// Searches for modules. The same seed gives the same result at any thread count.
  ///
  /// Networks so small that all divisions can be priced get the shortest two-level one (`ExactDivision`)
  /// or something shorter.
  ///
  /// - Parameter initial: a partition to start from, which is a candidate itself; later trials start from
  ///   single units or random divisions.
  /// - Returns: the best trial; when interrupted, the best of those that ended.
  /// - Throws: `OptionError` for options that cannot be honored, `InputError` for a network without
  ///   flow, `Cancelled` when interrupted before any trial ended.
  public static func run(
    _ network: Network, options: InfomapOptions = InfomapOptions(), initial: Partition? = nil,
    work: Work = .silent
  ) throws -> InfomapResult {
    try run(
      FlowNetwork(network, options: options.flow, work: work), options: options, initial: initial,
      work: work)
  }

  /// Searches a network whose flow is known already.
  public static func run(
    _ flow: FlowNetwork, options: InfomapOptions = InfomapOptions(), initial: Partition? = nil,
    work: Work = .silent
  ) throws -> InfomapResult {
    try options.check()
    return try flow.units.read(
      by: Search(flow: flow, options: options, initial: initial, work: work))
  }

  /// The codelength of a given partition, without any search.
  public static func evaluate(
    _ network: Network, options: InfomapOptions = InfomapOptions(), partition: Partition
  ) throws -> InfomapResult {
    try evaluate(FlowNetwork(network, options: options.flow), partition: partition)
  }

  /// The codelength of a given partition of a network whose flow is known already.
  public static func evaluate(_ flow: FlowNetwork, partition: Partition) throws -> InfomapResult {
    guard partition.paths.moduleOf.count == flow.flow.count else {
      throw InputError(
        "the partition divides \(partition.paths.moduleOf.count) units, the network has "
          + "\(flow.flow.count)")
    }
    return flow.units.read(by: Evaluation(flow: flow, partition: partition))
  }

  private struct Evaluation: UnitNetworkReader {
    let flow: FlowNetwork
    let partition: Partition

    func read<Weight>(_ units: UnitNetwork<Weight>) -> InfomapResult {
      InfomapResult(
        tree: ModuleTree(partition.paths, of: units), oneLevelCodelength: oneLevel(units),
        trialCodelengths: [], isInterrupted: false, flow: flow)
    }
  }

  private struct Search: UnitNetworkReader {
    let flow: FlowNetwork
    let options: InfomapOptions
    let initial: Partition?
    let work: Work

    func read<Weight>(_ units: UnitNetwork<Weight>) throws -> InfomapResult {
      let shared = SharedTrials(ranks: options.ranks, count: options.trials)
      let own = shared.own
      let trialThreads = max(1, min(options.threads, own.count))
      let innerThreads = max(1, options.threads / trialThreads)
      let best = BestTrial()
      var isInterrupted = false
      if let given = initial.map({ candidate($0, of: units) }) {
        best.offer(given.modules, length: given.codelength)
      }
      do {
        try work.phase("searching", of: own.count, unit: "trials") { phase in
          try parallelFor(count: own.count, threads: trialThreads) { index in
            let trial = own[index]
            let modules = try modules(of: units, trial: trial, threads: innerThreads)
            let length = length(of: modules)
            best.offer(modules, length: length, trial: trial)
            phase.report(note: "\(length) bits")
          }
        }
      } catch is Cancelled where !best.lengths.isEmpty && options.ranks.isAlone {
        isInterrupted = true
      }
      try shared.settle(best)
      var tree = ModuleTree(modules: best.modules, codelength: best.length)
      tree.separateIsolated(in: units)
      tree.sort(flow: units.flow)
      return InfomapResult(
        tree: tree, oneLevelCodelength: oneLevel(units), trialCodelengths: best.lengths,
        isInterrupted: isInterrupted, flow: flow)
    }

    /// What one trial finds.
    private func modules<Weight>(
      of units: UnitNetwork<Weight>, trial: Int, threads: Int
    ) throws -> [ModuleTree.Module] {
      try work.check()
      var random = RandomStream(seed: options.seed, stream: UInt64(trial))
      var starts = [RandomDivision.start(of: units, trial: trial, random: &random)]
      if trial == 0 {
        let known = [initial?.leafAssignment(), ExactDivision.find(units)].compactMap { $0 }
        if !known.isEmpty { starts = known }
      }
      let found = try starts.map { start -> [ModuleTree.Module] in
        let found: [ModuleTree.Module]?
        if options.isTwoLevel {
          var search = TwoLevelSearch(units, random: random, threads: threads, work: work)
          found = search.modules(try search.run(from: start))
        } else {
          let search = MultilevelSearch<Weight>(
            effort: SearchEffort(), threads: threads, work: work)
          found = try search.divide(units, parentExit: 0, random: random, initial: start)
        }
        guard var modules = found else { return [one(units)] }
        if RegionalRepair.pays(units) {
          var repair = RegionalRepair(
            units, effort: SearchEffort(), isTwoLevel: options.isTwoLevel,
            random: RandomStream(seed: random.next()), work: work)
          try repair.run(&modules, exit: 0)
        }
        return modules
      }
      return found.min { length(of: $0) < length(of: $1) } ?? [one(units)]
    }

    private func length(of modules: [ModuleTree.Module]) -> Double {
      modules.reduce(MapEquation.indexLength(of: modules, exit: 0)) { $0 + $1.length }
    }

    /// The given partition as it is, or, where modules of modules are not asked for, its modules of units.
    private func candidate<Weight>(
      _ partition: Partition, of units: UnitNetwork<Weight>
    ) -> ModuleTree {
      guard options.isTwoLevel, partition.paths.parents.contains(where: { $0 >= 0 }) else {
        return ModuleTree(partition.paths, of: units)
      }
      let leaves = Partition(modules: partition.paths.moduleOf)
      return ModuleTree(leaves.paths, of: units)
    }
  }

  private static func oneLevel<Weight>(_ units: UnitNetwork<Weight>) -> Double {
    MapEquation.oneCodebook(of: units, exit: 0)
  }

  /// All units in one module.
  private static func one<Weight>(_ units: UnitNetwork<Weight>) -> ModuleTree.Module {
    var flow = 0.0
    for unit in 0..<units.count { flow += units.flow[unit] }
    var module = ModuleTree.Module(
      flow: flow, enter: 0, exit: 0, modules: [], units: (0..<units.count).map { UInt32($0) })
    module.length = oneLevel(units)
    return module
  }
}
