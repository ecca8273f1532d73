import Parallel

/// How thorough a search is.
struct SearchEffort: Sendable {
  var leafSweeps = 10
  var moduleSweeps = 20
  /// A sweep that gains less than this many bits ends a core loop.
  var sweepThreshold = 1e-10
  /// Rounds of fine- and coarse-tuning go on while they gain this share of the one-level codelength.
  var tuneThreshold = 1e-5
  var tuneRounds = 100
}

/// Divides units into modules: core loops over growing units, then fine- and coarse-tuning.
struct TwoLevelSearch<Weight: LinkWeight> {
  let network: UnitNetwork<Weight>
  let parentExit: Double
  let effort: SearchEffort
  var random: RandomStream
  let threads: Int
  let cancellation: Cancellation?

  init(
    _ network: UnitNetwork<Weight>, parentExit: Double = 0, effort: SearchEffort = SearchEffort(),
    random: RandomStream, threads: Int = 1, cancellation: Cancellation? = nil
  ) {
    self.network = network
    self.parentExit = parentExit
    self.effort = effort
    self.random = random
    self.threads = threads
    self.cancellation = cancellation
  }

  private mutating func stream() -> RandomStream { RandomStream(seed: random.next()) }

  /// The best division found; one module where no division is shorter.
  mutating func run(from initial: Assignment? = nil) throws -> (assignment: Assignment, length: Double) {
    let oneLevel = MapEquation.length(of: network, .single(network.count), parentExit: parentExit)
    guard network.count > 1 else { return (.single(network.count), oneLevel) }
    var best = try initial ?? bottomUp(from: nil)
    var length = MapEquation.length(of: network, best, parentExit: parentExit)
    let enough = max(1e-10, effort.tuneThreshold * oneLevel)
    var isCoarse = initial != nil
    var triedCoarse = false
    for _ in 0..<effort.tuneRounds {
      try cancellation?.check()
      let candidate = isCoarse ? try coarseTuned(best) : try bottomUp(from: best)
      let candidateLength = MapEquation.length(of: network, candidate, parentExit: parentExit)
      let gain = length - candidateLength
      if gain > 0 {
        best = candidate
        length = candidateLength
      }
      if isCoarse { triedCoarse = true }
      if triedCoarse && gain < enough { break }
      isCoarse.toggle()
    }
    return length < oneLevel ? (best, length) : (.single(network.count), oneLevel)
  }

  /// Core loop on the units (alone, or where `start` puts them), then on the modules found, and so on.
  mutating func bottomUp(from start: Assignment?) throws -> Assignment {
    var search = ModuleSearch(network, parentExit: parentExit, random: stream())
    if let start { search.start(from: start) } else { search.startAlone() }
    _ = search.run(
      sweeps: effort.leafSweeps, threshold: effort.sweepThreshold, pairingFirst: start == nil)
    let assignment = search.assignment()
    return try merged(assignment)
  }

  /// Merges the modules of `assignment` while that shortens the code.
  private mutating func merged(_ assignment: Assignment) throws -> Assignment {
    var assignment = assignment
    guard assignment.moduleCount > 1 else { return assignment }
    var modules = network.aggregated(by: assignment)
    while modules.count > 1 {
      try cancellation?.check()
      var search = ModuleSearch(modules, parentExit: parentExit, random: stream())
      search.startAlone()
      let gain = search.run(sweeps: effort.moduleSweeps, threshold: effort.sweepThreshold)
      guard gain > 1e-10 else { break }
      let upper = search.assignment()
      guard upper.moduleCount < modules.count else { break }
      assignment = assignment.composed(with: upper)
      modules = modules.aggregated(by: upper)
    }
    return assignment
  }

  /// Splits every module by itself, then moves the parts between the modules.
  private mutating func coarseTuned(_ assignment: Assignment) throws -> Assignment {
    let parts = try split(assignment)
    guard parts.moduleCount > assignment.moduleCount else { return assignment }
    let partNetwork = network.aggregated(by: parts)
    // Each part starts in the module it was cut from.
    let home = Buffer<UInt32>(zeros: parts.moduleCount)
    for unit in 0..<network.count {
      home[Int(parts.moduleOf[unit])] = assignment.moduleOf[unit]
    }
    var search = ModuleSearch(partNetwork, parentExit: parentExit, random: stream())
    search.start(from: Assignment(moduleOf: home, moduleCount: assignment.moduleCount))
    _ = search.run(sweeps: effort.moduleSweeps, threshold: effort.sweepThreshold)
    return try merged(parts.composed(with: search.assignment()))
  }

  /// Divides each module as if it were a network of its own, its exit flow given.
  private mutating func split(_ assignment: Assignment) throws -> Assignment {
    let (starts, order) = assignment.members()
    let modules = network.aggregated(by: assignment)
    let seeds = (0..<assignment.moduleCount).map { _ in random.next() }
    let parts = Buffer<UInt32>(zeros: network.count)
    // A few modules per task, so that each task needs the scratch for cutting out only once.
    let taskCount = min(assignment.moduleCount, threads > 1 ? threads * 16 : 1)
    let (network, effort, cancellation) = (network, effort, cancellation)
    let counts = try parallelMap(count: taskCount, threads: threads) { task -> [UInt32] in
      let local = Buffer<UInt32>(zeros: network.count)
      let range =
        assignment.moduleCount * task / taskCount..<assignment.moduleCount * (task + 1) / taskCount
      return try range.map { module in
        if module & 255 == 0 { try cancellation?.check() }
        let first = Int(starts[module])
        let members = UnsafeBufferPointer(
          start: order.pointer + first, count: Int(starts[module + 1]) - first)
        var divided = Assignment.single(members.count)
        if members.count > 2 {
          var search = TwoLevelSearch(
            network.subnetwork(members, local: local.pointer), parentExit: modules.exit[module],
            effort: effort, random: RandomStream(seed: seeds[module]))
          divided = try search.bottomUp(from: nil)
        }
        for index in 0..<members.count { parts[Int(members[index])] = divided.moduleOf[index] }
        return UInt32(divided.moduleCount)
      }
    }.flatMap { $0 }
    // Parts are numbered within their module so far.
    var before: UInt32 = 0
    for module in 0..<assignment.moduleCount {
      for position in Int(starts[module])..<Int(starts[module + 1]) {
        parts[Int(order[position])] += before
      }
      before += counts[module]
    }
    return Assignment(moduleOf: parts, moduleCount: Int(before))
  }

  /// The modules of `assignment` with their flows and lengths; `nil` where there is only one.
  func modules(_ assignment: Assignment) -> [ModuleTree.Module]? {
    guard assignment.moduleCount > 1 else { return nil }
    let (starts, order) = assignment.members()
    let flows = network.aggregated(by: assignment)
    return (0..<assignment.moduleCount).map { index in
      let range = Int(starts[index])..<Int(starts[index + 1])
      var module = ModuleTree.Module(
        flow: flows.flow[index], enter: flows.enter[index], exit: flows.exit[index], modules: [],
        units: range.map { order[$0] })
      module.length = MapEquation.length(of: module, network: network)
      return module
    }
  }
}
