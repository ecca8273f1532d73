import Memory
import Parallel

/// Builds modules of modules: upward by grouping modules while that shortens the code, downward by
/// dividing each module as a network of its own, and at last by dissolving what does not pay.
struct MultilevelSearch<Weight: LinkWeight> {
  /// The whole network; sub-networks are cut from it as the search descends.
  let effort: SearchEffort
  let threads: Int
  let work: Work

  /// The modules a network is best divided into, `nil` if one codebook is shorter; units are named
  /// by their places in `network`.
  func divide(
    _ network: UnitNetwork<Weight>, parentExit: Double, random: RandomStream,
    initial: Assignment? = nil
  ) throws -> [ModuleTree.Module]? {
    var random = random
    var search = TwoLevelSearch(
      network, parentExit: parentExit, effort: effort, random: RandomStream(seed: random.next()),
      threads: threads, work: work)
    let bottom = try search.run(from: initial)
    guard bottom.modules.count > 1 else { return nil }
    return try tree(on: bottom, of: network, parentExit: parentExit, random: &random)
  }

  /// The same for units that are some of their parent's: they are in a module at least.
  func divideRegion(
    _ network: UnitNetwork<Weight>, parentExit: Double, random: RandomStream, initial: Assignment?
  ) throws -> [ModuleTree.Module] {
    var random = random
    var search = TwoLevelSearch(
      network, parentExit: parentExit, effort: effort, random: RandomStream(seed: random.next()),
      threads: threads, work: work)
    let bottom = try search.run(from: initial, isRegion: true)
    return try tree(on: bottom, of: network, parentExit: parentExit, random: &random)
  }

  /// Modules of modules above the bottom's, and those dividing it.
  private func tree(
    on bottom: Division<Weight>, of network: UnitNetwork<Weight>, parentExit: Double,
    random: inout RandomStream
  ) throws -> [ModuleTree.Module] {
    // Upward: the index codebook over the modules is itself divided, again and again.
    var levels = [bottom.assignment]
    var networks = [bottom.modules]
    while let top = networks.last, top.count > 2 {
      var upward = TwoLevelSearch(
        top.withEnterAsFlow(), parentExit: parentExit, effort: effort,
        random: RandomStream(seed: random.next()), threads: threads, work: work)
      let upper = try upward.run()
      guard upper.modules.count > 1, upper.modules.count < top.count,
        upper.length < MapEquation.index(of: top, parentExit: parentExit) - 1e-10
      else { break }
      levels.append(upper.assignment)
      networks.append(upper.modules)
    }

    // Downward: each top module is divided anew; what the way up found is the measure.
    var modules = built(network: network, levels: levels, networks: networks)
    try refine(&modules, network: network, random: &random)
    Dissolution.run(&modules, exit: parentExit)
    return modules
  }

  /// The tree of `levels`, bottom first.
  private func built(
    network: UnitNetwork<Weight>, levels: [Assignment], networks: [UnitNetwork<Weight.Total>]
  ) -> [ModuleTree.Module] {
    var modules: [ModuleTree.Module] = []
    for (level, (assignment, flows)) in zip(levels, networks).enumerated() {
      let (starts, order) = assignment.members()
      var next: [ModuleTree.Module] = []
      next.reserveCapacity(flows.count)
      for index in 0..<flows.count {
        var module = ModuleTree.Module(
          flow: flows.flow[index], enter: flows.enter[index], exit: flows.exit[index], modules: [],
          units: [])
        for position in Int(starts[index])..<Int(starts[index + 1]) {
          if level == 0 {
            module.units.append(order[position])
          } else {
            module.modules.append(modules[Int(order[position])])
          }
        }
        if level > 0 { module.flow = module.modules.reduce(0) { $0 + $1.flow } }
        module.length = MapEquation.length(of: module, network: network)
        next.append(module)
      }
      modules = next
    }
    return modules
  }

  /// Divides every module as a network of its own, where that is shorter.
  private func refine(
    _ modules: inout [ModuleTree.Module], network: UnitNetwork<Weight>, random: inout RandomStream
  ) throws {
    let seeds = modules.map { _ in random.next() }
    let given = modules
    // A few modules per task, so that each task needs the scratch for cutting out only once.
    let taskCount = min(modules.count, max(1, threads) * 16)
    let results = try parallelMap(count: taskCount, threads: threads) {
      task -> [ModuleTree.Module] in
      let local = Block<UInt32>(zeros: network.count)
      let range =
        given.count * task / taskCount..<given.count * (task + 1) / taskCount
      return try range.map { index in
        try work.check()
        return try refined(given[index], network: network, local: local, seed: seeds[index])
      }
    }
    modules = results.flatMap { $0 }
  }

  private func refined(
    _ module: ModuleTree.Module, network: UnitNetwork<Weight>, local: Block<UInt32>, seed: UInt64
  ) throws -> ModuleTree.Module {
    let units = module.leafModules().flatMap(\.units).sorted()
    guard units.count > 2 else { return module }
    let part = units.withUnsafeBufferPointer { network.subnetwork($0, local: local.pointer) }
    let search = MultilevelSearch(effort: effort, threads: 1, work: work)
    var result = module
    if let modules = try search.divide(
      part, parentExit: module.exit, random: RandomStream(seed: seed))
    {
      var divided = module
      divided.units = []
      divided.modules = modules.map { $0.renamed(units) }
      divided.length =
        MapEquation.indexLength(of: divided.modules, exit: module.exit)
        + divided.modules.reduce(0) { $0 + $1.length }
      if divided.length < result.length - 1e-10 { result = divided }
    }
    // One codebook after all, where the way up built modules that do not pay.
    if !module.modules.isEmpty {
      let length = MapEquation.codebookLength(
        of: units, flow: module.flow, exit: module.exit, network: network)
      if length < result.length {
        result.modules = []
        result.units = units
        result.length = length
      }
    }
    return result
  }
}

extension ModuleTree.Module {
  /// The same module whose unit `u` is called `names[u]`.
  func renamed(_ names: [UInt32]) -> ModuleTree.Module {
    var result = self
    result.units = units.map { names[Int($0)] }
    result.modules = modules.map { $0.renamed(names) }
    return result
  }
}
