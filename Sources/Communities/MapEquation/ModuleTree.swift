import Memory

/// Modules of modules down to units (nodes, or states of nodes), with the flow through each.
public struct ModuleTree: Sendable {
  /// A module: either of modules or of units.
  public struct Module: Sendable {
    public var flow: Double
    public var enter: Double
    public var exit: Double
    public var modules: [Module]
    public var units: [UInt32]

    /// Bits a step that this module and everything in it add to the description.
    var length = 0.0

    /// The deepest nesting of modules from here on; 1 for a module of units.
    public var depth: Int { 1 + (modules.map(\.depth).max() ?? 0) }

    /// Modules of units, in order.
    public func leafModules() -> [Module] {
      modules.isEmpty ? [self] : modules.flatMap { $0.leafModules() }
    }
  }

  public internal(set) var modules: [Module]
  /// Bits a step of the description with this tree.
  public internal(set) var codelength: Double

  /// Levels as the field counts them: a division of nodes into modules has two.
  public var levelCount: Int { 1 + (modules.map(\.depth).max() ?? 1) }

  /// How many modules there are at each depth, from the top.
  public var modulesPerLevel: [Int] {
    var counts: [Int] = []
    var level = modules
    while !level.isEmpty {
      counts.append(level.count)
      level = level.flatMap(\.modules)
    }
    return counts
  }

  /// Modules of units all over the tree.
  public func leafModules() -> [Module] { modules.flatMap { $0.leafModules() } }

  /// The top module of each unit.
  public func topModules(unitCount: Int) -> [Int] {
    var result = [Int](repeating: 0, count: unitCount)
    for (index, module) in modules.enumerated() {
      for leaf in module.leafModules() {
        for unit in leaf.units { result[Int(unit)] = index }
      }
    }
    return result
  }

  /// Puts each unit without links and flow into a module of its own: it is visited with nobody. This
  /// costs nothing and gains nothing, so a search leaves it anywhere.
  mutating func separateIsolated<Weight>(in network: UnitNetwork<Weight>) {
    let isolated = (0..<network.count).filter {
      network.offsets[$0] == network.offsets[$0 + 1] && network.flow[$0] == 0
        && network.enter[$0] == 0 && network.exit[$0] == 0
    }
    guard !isolated.isEmpty, isolated.count < network.count || modules.count < network.count else {
      return
    }
    let all = Set(isolated.map { UInt32($0) })
    modules = modules.compactMap { $0.without(all) }
    modules += all.sorted().map {
      Module(flow: 0, enter: 0, exit: 0, modules: [], units: [$0])
    }
  }

  /// Modules and units in the order every output shows them: by flow, largest first, then by the
  /// smallest unit.
  mutating func sort(flow: Block<Double>) {
    modules = modules.map { Self.sorted($0, flow) }
    Self.order(&modules)
  }

  private static func sorted(_ module: Module, _ flow: Block<Double>) -> Module {
    var module = module
    module.units.sort {
      flow[Int($0)] == flow[Int($1)] ? $0 < $1 : flow[Int($0)] > flow[Int($1)]
    }
    module.modules = module.modules.map { sorted($0, flow) }
    order(&module.modules)
    return module
  }

  private static func order(_ modules: inout [Module]) {
    let keys = modules.map { ($0.flow, $0.smallestUnit) }
    let order = modules.indices.sorted {
      keys[$0].0 == keys[$1].0 ? keys[$0].1 < keys[$1].1 : keys[$0].0 > keys[$1].0
    }
    modules = order.map { modules[$0] }
  }
}

extension ModuleTree.Module {
  /// The module without `units`, `nil` where nothing is left of it.
  fileprivate func without(_ removed: Set<UInt32>) -> ModuleTree.Module? {
    var result = self
    result.units = units.filter { !removed.contains($0) }
    result.modules = modules.compactMap { $0.without(removed) }
    if result.modules.count == 1, modules.count > 1 { return result.modules[0] }
    return result.units.isEmpty && result.modules.isEmpty ? nil : result
  }

  fileprivate var smallestUnit: UInt32 {
    modules.isEmpty ? units.min() ?? 0 : modules.map(\.smallestUnit).min() ?? 0
  }
}

/// Which module each unit is in at every level, as it is read from a file.
struct ModulePaths: Sendable {
  /// The parent of each module, −1 for those at the top; parents come before their children.
  var parents: [Int]
  /// The module each unit is in.
  var moduleOf: [Int]
}

extension ModuleTree {
  /// The tree that `paths` describes, its flows and codelength computed from the network alone.
  init<Weight>(_ paths: ModulePaths, of network: UnitNetwork<Weight>) {
    let count = paths.parents.count
    var flow = [Double](repeating: 0, count: count)
    var enter = flow
    var exit = flow
    var depths = [Int](repeating: 0, count: count)
    for module in 0..<count where paths.parents[module] >= 0 {
      depths[module] = depths[paths.parents[module]] + 1
    }
    func ancestors(_ module: Int, _ body: (Int) -> Void) {
      var module = module
      while module >= 0 {
        body(module)
        module = paths.parents[module]
      }
    }
    var teleportFlow = flow
    var teleportTarget = flow
    var ownTeleport = flow
    for unit in 0..<network.count {
      ancestors(paths.moduleOf[unit]) { module in
        flow[module] += network.flow[unit]
        enter[module] += network.enter[unit]
        exit[module] += network.exit[unit]
        if let units = network.teleportation {
          teleportFlow[module] += units.flow[unit]
          teleportTarget[module] += units.target[unit]
          ownTeleport[module] += units.flow[unit] * units.target[unit]
        }
      }
      for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1]) {
        let other = Int(network.targets[k])
        guard other > unit else { continue }
        var a = paths.moduleOf[unit]
        var b = paths.moduleOf[other]
        while a != b {
          if depths[a] >= depths[b] { a = paths.parents[a] } else { b = paths.parents[b] }
          if a < 0 || b < 0 { break }
        }
        guard a == b else { continue }
        let inside = network.weights[k].value * network.scale
        ancestors(a) { module in
          enter[module] -= inside
          exit[module] -= inside
        }
      }
    }
    if network.teleportation != nil {
      for module in 0..<count {
        let inside = teleportFlow[module] * teleportTarget[module] - ownTeleport[module]
        enter[module] -= inside
        exit[module] -= inside
      }
    }
    var units = [[UInt32]](repeating: [], count: count)
    for unit in 0..<network.count { units[paths.moduleOf[unit]].append(UInt32(unit)) }
    var children = [[Module]](repeating: [], count: count)
    var top: [Module] = []
    for index in stride(from: count - 1, through: 0, by: -1) {
      var module = Module(
        flow: flow[index], enter: max(0, enter[index]), exit: max(0, exit[index]),
        modules: children[index].reversed(), units: units[index])
      module.length = MapEquation.length(of: module, network: network)
      if paths.parents[index] < 0 {
        top.append(module)
      } else {
        children[paths.parents[index]].append(module)
      }
    }
    modules = top.reversed()
    codelength = MapEquation.indexLength(of: modules, exit: 0)
    for module in modules { codelength += module.length }
    sort(flow: network.flow)
  }

  /// The paths that lead to every unit.
  func paths(unitCount: Int) -> ModulePaths {
    var parents: [Int] = []
    var moduleOf = [Int](repeating: 0, count: unitCount)
    func walk(_ module: Module, parent: Int) {
      let index = parents.count
      parents.append(parent)
      for unit in module.units { moduleOf[Int(unit)] = index }
      for child in module.modules { walk(child, parent: index) }
    }
    for module in modules { walk(module, parent: -1) }
    return ModulePaths(parents: parents, moduleOf: moduleOf)
  }
}

extension MapEquation {
  /// The index codebook over `modules`: `P(q + Σe) − P(q) − ΣP(e)`.
  static func indexLength(of modules: [ModuleTree.Module], exit: Double) -> Double {
    let table = EntropyTable.shared
    // One module alone needs no codebook to enter it.
    if modules.count == 1, exit == 0 { return 0 }
    var sum = 0.0
    var terms = Sum()
    for module in modules {
      sum += module.enter
      terms.add(table.p(module.enter))
    }
    return table.p(exit + sum) - table.p(exit) - terms.value
  }

  /// A module of units: `P(q + p) − P(q) − ΣP(p_unit)`, physical nodes once each.
  static func codebookLength<Weight>(
    of units: [UInt32], flow: Double, exit: Double, network: UnitNetwork<Weight>
  ) -> Double {
    let table = EntropyTable.shared
    var terms = Sum()
    if let physical = network.physical {
      let chosen = units.withUnsafeBufferPointer { physical.selected($0) }
      var flows = [Double](repeating: 0, count: chosen.nodeCount)
      for k in 0..<chosen.nodes.count { flows[Int(chosen.nodes[k])] += chosen.flows[k] }
      for value in flows { terms.add(table.p(value)) }
    } else {
      for unit in units { terms.add(table.p(network.flow[Int(unit)])) }
    }
    return table.p(exit + flow) - table.p(exit) - terms.value
  }

  /// Everything a module adds, its parts included (whose lengths are known).
  static func length<Weight>(of module: ModuleTree.Module, network: UnitNetwork<Weight>) -> Double {
    if module.modules.isEmpty {
      return codebookLength(
        of: module.units, flow: module.flow, exit: module.exit, network: network)
    }
    return indexLength(of: module.modules, exit: module.exit)
      + module.modules.reduce(0) { $0 + $1.length }
  }
}
