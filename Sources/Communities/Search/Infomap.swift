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

  public init() {}
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
  /// - Parameter initial: a partition to start from; later trials start from single units.
  /// - Returns: the best trial; when interrupted, the best of those that ended.
  /// - Throws: `NetworkError` for options or flows that cannot be, `Cancelled` when interrupted before
  ///   any trial ended.
  public static func run(
    _ network: Network, options: InfomapOptions = InfomapOptions(), initial: Partition? = nil,
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation? = nil
  ) throws -> InfomapResult {
    try run(
      FlowNetwork(network, options: options.flow), options: options, initial: initial,
      progress: progress, cancellation: cancellation)
  }

  /// Searches a network whose flow is known already.
  public static func run(
    _ flow: FlowNetwork, options: InfomapOptions = InfomapOptions(), initial: Partition? = nil,
    progress: any ProgressReporter = SilentProgress(), cancellation: Cancellation? = nil
  ) throws -> InfomapResult {
    guard options.trials > 0 else {
      throw NetworkError("the number of trials is at least 1, received \(options.trials)")
    }
    progress.begin("searching", total: options.trials, unit: "trials")
    defer { progress.end() }
    func found<Weight>(_ units: UnitNetwork<Weight>) throws -> InfomapResult {
      try search(
        units, flow: flow, options: options, initial: initial, progress: progress,
        cancellation: cancellation)
    }
    switch flow.units {
    case .plain(let units): return try found(units)
    case .whole(let units): return try found(units)
    case .real(let units): return try found(units)
    }
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
      throw NetworkError(
        "the partition divides \(partition.paths.moduleOf.count) units, the network has "
          + "\(flow.flow.count)")
    }
    func tree<Weight>(_ units: UnitNetwork<Weight>) -> (ModuleTree, Double) {
      (ModuleTree(partition.paths, of: units), oneLevel(units))
    }
    let (result, oneLevelLength): (ModuleTree, Double)
    switch flow.units {
    case .plain(let units): (result, oneLevelLength) = tree(units)
    case .whole(let units): (result, oneLevelLength) = tree(units)
    case .real(let units): (result, oneLevelLength) = tree(units)
    }
    return InfomapResult(
      tree: result, oneLevelCodelength: oneLevelLength, trialCodelengths: [], isInterrupted: false,
      flow: flow)
  }

  private static func oneLevel<Weight>(_ units: UnitNetwork<Weight>) -> Double {
    MapEquation.oneCodebook(of: units, exit: 0)
  }

  private static func search<Weight>(
    _ units: UnitNetwork<Weight>, flow: FlowNetwork, options: InfomapOptions, initial: Partition?,
    progress: any ProgressReporter, cancellation: Cancellation?
  ) throws -> InfomapResult {
    let trialThreads = min(options.threads, options.trials)
    let innerThreads = max(1, options.threads / trialThreads)
    let best = BestTrial()
    var isInterrupted = false
    do {
      try parallelFor(count: options.trials, threads: trialThreads) { trial in
        try cancellation?.check()
        let random = RandomStream(seed: options.seed, stream: UInt64(trial))
        var start: Assignment?
        if trial == 0, let initial { start = initial.leafAssignment() }
        let modules: [ModuleTree.Module]?
        if options.isTwoLevel {
          var search = TwoLevelSearch(
            units, random: random, threads: innerThreads, cancellation: cancellation)
          modules = search.modules(try search.run(from: start))
        } else {
          let search = MultilevelSearch<Weight>(
            effort: SearchEffort(), threads: innerThreads, cancellation: cancellation)
          modules = try search.divide(units, parentExit: 0, random: random, initial: start)
        }
        let found = modules ?? [one(units)]
        var length = MapEquation.indexLength(of: found, exit: 0)
        for module in found { length += module.length }
        best.offer(found, length: length, trial: trial)
        progress.advance(by: 1, note: "\(length) bits")
      }
    } catch is Cancelled where !best.lengths.isEmpty {
      isInterrupted = true
    }
    var tree = ModuleTree(modules: best.modules, codelength: best.length)
    tree.sort(flow: units.flow)
    return InfomapResult(
      tree: tree, oneLevelCodelength: oneLevel(units), trialCodelengths: best.lengths,
      isInterrupted: isInterrupted, flow: flow)
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
