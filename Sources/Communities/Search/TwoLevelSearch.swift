import Memory
import Parallel

/// How thorough a search is.
struct SearchEffort: Sendable {
  /// Sweeps over the units of each level on the first way up. Tuning repairs what is hasty here.
  var firstSweeps = 2
  var leafSweeps = 10
  var moduleSweeps = 20
  /// A sweep that gains less than this many bits ends a core loop.
  var sweepThreshold = 1e-10
  /// Rounds of fine- and coarse-tuning go on while they gain this share of the one-level codelength.
  var tuneThreshold = 1e-5
  var tuneRounds = 100
  /// How often, on average, `RegionalRepair` divides a unit anew with its surroundings, and how often at
  /// each level where those are divided into modules of modules; small networks take no time.
  var repairs = (small: 16, large: 6)
  var multilevelRepairs = (small: 4, large: 2)
}

/// A division of a network, the network of its modules, and its codelength.
struct Division<Weight: LinkWeight> {
  var assignment: Assignment
  var modules: UnitNetwork<Weight.Total>
  var length: Double
}

/// Divides units into modules: core loops over growing units, then fine- and coarse-tuning.
///
/// Fine-tuning moves single units between the modules found; coarse-tuning splits each module by
/// itself and moves the parts. Each looks again only where something changed since its last turn.
struct TwoLevelSearch<Weight: LinkWeight> {
  let network: UnitNetwork<Weight>
  let parentExit: Double
  let effort: SearchEffort
  var random: RandomStream
  let threads: Int
  let work: Work
  private let unitTerm: Double
  /// The division after the last turn of fine-tuning, before modules were merged.
  private var fineTuned: Assignment?
  /// The division that the last turn of coarse-tuning split, and the parts.
  private var coarseTuned: (whole: Assignment, parts: Assignment)?

  init(
    _ network: UnitNetwork<Weight>, parentExit: Double = 0, effort: SearchEffort = SearchEffort(),
    random: RandomStream, threads: Int = 1, work: Work = .silent
  ) {
    self.network = network
    self.parentExit = parentExit
    self.effort = effort
    self.random = random
    self.threads = threads
    self.work = work
    unitTerm = network.physical == nil ? MapEquation.unitTerm(of: network) : 0
  }

  private mutating func stream() -> RandomStream { RandomStream(seed: random.next()) }

  /// The best division found; one module where no division is shorter.
  ///
  /// - Parameter isRegion: the units are some of their parent's, so to leave them undivided is not to have
  ///   them in the parent's codebook.
  mutating func run(from initial: Assignment? = nil, isRegion: Bool = false) throws
    -> Division<Weight>
  {
    let oneLevel = MapEquation.oneCodebook(of: network, exit: parentExit)
    func whole() -> Division<Weight> {
      let single = Assignment.single(network.count)
      return Division(
        assignment: single, modules: network.aggregated(by: single), length: oneLevel)
    }
    guard network.count > 1 else { return whole() }
    var best =
      try initial.map { division($0, network.aggregated(by: $0)) } ?? bottomUp()
    let enough = max(1e-10, effort.tuneThreshold * oneLevel)
    var isCoarse = initial != nil
    var triedCoarse = false
    for _ in 0..<effort.tuneRounds {
      try work.check()
      let candidate = isCoarse ? try coarseTune(best) : try fineTune(best)
      let gain = best.length - candidate.length
      if gain > 0 { best = candidate }
      if isCoarse { triedCoarse = true }
      if triedCoarse && gain < enough { break }
      isCoarse.toggle()
    }
    return isRegion || best.length < oneLevel ? best : whole()
  }

  private func division(_ assignment: Assignment, _ modules: UnitNetwork<Weight.Total>)
    -> Division<Weight>
  {
    let term = modules.physical == nil ? unitTerm : MapEquation.unitTerm(of: modules)
    return Division(
      assignment: assignment, modules: modules,
      length: MapEquation.index(of: modules, parentExit: parentExit)
        + MapEquation.codebooks(of: modules, unitTerm: term))
  }

  /// Core loop on the units alone, then on the modules found, and so on.
  mutating func bottomUp() throws -> Division<Weight> {
    let sweeps = network.count > Self.smallNetwork ? effort.firstSweeps : effort.leafSweeps
    let assignment = try Self.moved(
      network, from: nil, parentExit: parentExit, random: stream(), sweeps: sweeps,
      threshold: effort.sweepThreshold, work: work)
    return try merged(
      assignment, sweeps: network.count > Self.smallNetwork ? effort.firstSweeps : nil)
  }

  /// Below this size sweeps cost nothing and are all done at once.
  private static var smallNetwork: Int { 1000 }

  /// One core loop. The search is gone, and its memory with it, when the assignment is returned.
  private static func moved<Other>(
    _ network: UnitNetwork<Other>, from start: Assignment?, dirty: Block<Bool>? = nil,
    parentExit: Double, random: RandomStream, sweeps: Int, threshold: Double, work: Work
  ) throws -> Assignment {
    var search = ModuleSearch(network, parentExit: parentExit, random: random, work: work)
    if let start { search.start(from: start, dirty: dirty) } else { search.startAlone() }
    _ = search.run(sweeps: sweeps, threshold: threshold, pairingFirst: start == nil)
    try work.check()
    return search.assignment()
  }

  /// Merges the modules of `assignment` while that shortens the code.
  private mutating func merged(_ assignment: Assignment, sweeps: Int? = nil) throws
    -> Division<Weight>
  {
    var assignment = assignment
    var modules = network.aggregated(by: assignment)
    while modules.count > 1 {
      try work.check()
      let upper = try Self.moved(
        modules, from: nil, parentExit: parentExit, random: stream(),
        sweeps: sweeps ?? effort.moduleSweeps, threshold: effort.sweepThreshold, work: work)
      guard upper.moduleCount < modules.count else { break }
      assignment = assignment.composed(with: upper)
      modules = modules.aggregated(by: upper)
    }
    return division(assignment, modules)
  }

  /// Moves single units, then merges modules.
  private mutating func fineTune(_ division: Division<Weight>) throws -> Division<Weight> {
    let dirty = fineTuned.map { unitsNearChanges(from: $0, to: division.assignment) }
    let assignment = try Self.moved(
      network, from: division.assignment, dirty: dirty, parentExit: parentExit, random: stream(),
      sweeps: effort.leafSweeps, threshold: effort.sweepThreshold, work: work)
    fineTuned = assignment
    return try merged(assignment)
  }

  /// Splits every module by itself, then moves the parts between the modules.
  private mutating func coarseTune(_ division: Division<Weight>) throws -> Division<Weight> {
    let parts = try split(division)
    coarseTuned = (division.assignment, parts)
    guard parts.moduleCount > division.assignment.moduleCount else { return division }
    let partNetwork = network.aggregated(by: parts)
    // Each part starts in the module it was cut from.
    let home = Block<UInt32>(zeros: parts.moduleCount)
    for unit in 0..<network.count {
      home[Int(parts.moduleOf[unit])] = division.assignment.moduleOf[unit]
    }
    let moved = try Self.moved(
      partNetwork,
      from: Assignment(moduleOf: home, moduleCount: division.assignment.moduleCount),
      parentExit: parentExit, random: stream(), sweeps: effort.moduleSweeps,
      threshold: effort.sweepThreshold, work: work)
    return try merged(parts.composed(with: moved))
  }

  /// Divides each module as if it were a network of its own, its exit flow given.
  private mutating func split(_ division: Division<Weight>) throws -> Assignment {
    let assignment = division.assignment
    let (starts, order) = assignment.members()
    let exits = division.modules.exit
    let seeds = (0..<assignment.moduleCount).map { _ in random.next() }
    let parts = Block<UInt32>(zeros: network.count)
    let known = coarseTuned
    let isChanged = known.map { assignment.modulesChanged(since: $0.whole) }
    // A few modules per task, so that each task needs the scratch for cutting out only once.
    let taskCount = min(assignment.moduleCount, threads > 1 ? threads * 16 : 1)
    let (network, effort, work) = (network, effort, work)
    let counts = try parallelMap(count: taskCount, threads: threads) { task -> [UInt32] in
      let local = Block<UInt32>(zeros: network.count)
      let range =
        assignment.moduleCount * task / taskCount..<assignment.moduleCount * (task + 1) / taskCount
      return try range.map { module in
        if module & 255 == 0 { try work.check() }
        let first = Int(starts[module])
        let members = UnsafeBufferPointer(
          start: order.pointer + first, count: Int(starts[module + 1]) - first)
        guard members.count > 2 else { return 1 }
        if let known, let isChanged, !isChanged[module] {
          return known.parts.renumbered(members, into: parts)
        }
        var search = TwoLevelSearch(
          network.subnetwork(members, local: local.pointer), parentExit: exits[module],
          effort: effort, random: RandomStream(seed: seeds[module]))
        let divided = try search.bottomUp().assignment
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

  /// Units in modules that are not what they were, and those linked to them.
  private func unitsNearChanges(from old: Assignment, to new: Assignment) -> Block<Bool> {
    let isChanged = new.modulesChanged(since: old)
    let dirty = Block<Bool>(zeros: network.count)
    for unit in 0..<network.count where isChanged[Int(new.moduleOf[unit])] {
      dirty[unit] = true
      for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1]) {
        dirty[Int(network.targets[k])] = true
      }
    }
    return dirty
  }

  /// The modules of a division with their flows and lengths; `nil` where there is only one.
  func modules(_ division: Division<Weight>) -> [ModuleTree.Module]? {
    division.modules.count > 1 ? allModules(division) : nil
  }

  func allModules(_ division: Division<Weight>) -> [ModuleTree.Module] {
    let flows = division.modules
    let (starts, order) = division.assignment.members()
    return (0..<flows.count).map { index in
      let range = Int(starts[index])..<Int(starts[index + 1])
      var module = ModuleTree.Module(
        flow: flows.flow[index], enter: flows.enter[index], exit: flows.exit[index], modules: [],
        units: range.map { order[$0] })
      module.length = MapEquation.length(of: module, network: network)
      return module
    }
  }
}
