import Memory
import Parallel

/// Perturb and repair: a few modules that touch each other are taken apart and divided anew while all
/// others stay as they are; what comes out shorter is kept.
///
/// Where links are few (grids, roads, trees, chains), single moves and merges of whole modules soon end in a
/// local optimum: a chain is cut at the wrong places, and a better cut moves several borders at once. Among the
/// parts of a parent with exit `q`, the code depends on a region only through
/// `P(q + E + Σe) − ΣP(e)` and the region's own codebooks, `E` being what enters the parts outside it: so to
/// divide a region is to divide a network whose parent has exit `q + E`.
struct RegionalRepair<Weight: LinkWeight> {
  private let network: UnitNetwork<Weight>
  private let effort: SearchEffort
  private let isTwoLevel: Bool
  private let work: Work
  private var random: RandomStream
  /// How often, on average, a unit is divided anew at each level it has.
  private let repairs: Int
  /// The sibling that each unit is in; of units elsewhere in the tree, anything.
  private let siblingOf: Block<UInt32>
  private let isSibling: Block<Bool>
  private let local: Block<UInt32>

  private static var smallNetwork: Int { 1000 }

  /// Whether `network` is one of those where it pays: hardly more than four links a unit on average.
  static func pays(_ network: UnitNetwork<Weight>) -> Bool {
    network.isPlain && network.count > 3 && network.entryCount <= 5 * network.count
  }

  init(
    _ network: UnitNetwork<Weight>, effort: SearchEffort, isTwoLevel: Bool, random: RandomStream,
    work: Work
  ) {
    self.network = network
    self.effort = effort
    self.isTwoLevel = isTwoLevel
    self.random = random
    self.work = work
    let choice = isTwoLevel ? effort.repairs : effort.multilevelRepairs
    repairs = network.count <= Self.smallNetwork ? choice.small : choice.large
    siblingOf = Block(zeros: network.count)
    isSibling = Block(zeros: network.count)
    local = Block(zeros: network.count)
  }

  /// Repairs the parts of every module below, then `modules` themselves, whose parent has exit `exit`.
  mutating func run(_ modules: inout [ModuleTree.Module], exit: Double) throws {
    for index in modules.indices where modules[index].modules.count > 1 {
      var module = modules[index]
      try run(&module.modules, exit: module.exit)
      module.length = MapEquation.length(of: module, network: network)
      modules[index] = module
    }
    if modules.count > 1 { modules = try repaired(modules, exit: exit) }
  }

  /// Siblings while some of them are replaced.
  private struct Siblings {
    var modules: [ModuleTree.Module?] = []
    var units: [[UInt32]] = []
    var entering = 0.0
  }

  private mutating func repaired(
    _ modules: [ModuleTree.Module], exit: Double
  ) throws -> [ModuleTree.Module] {
    var siblings = Siblings()
    for module in modules { add(module, to: &siblings) }
    defer { for units in siblings.units { for unit in units { isSibling[Int(unit)] = false } } }
    // Units that may still be divided anew.
    var budget = repairs * siblings.units.reduce(0) { $0 + $1.count }
    var queue: [Int] = []
    var place = 0
    while budget > 0 {
      try work.check()
      if place == queue.count {
        // Another round over all that are there now.
        queue = siblings.modules.indices.filter { siblings.modules[$0] != nil }
        guard queue.count > 1 else { break }
        queue.shuffle(using: &random)
        place = 0
      }
      let seed = queue[place]
      place += 1
      guard siblings.modules[seed] != nil else { continue }
      let region = region(around: seed, siblings)
      guard region.count > 1 else {
        budget -= 1
        continue
      }
      budget -= region.reduce(0) { $0 + siblings.units[$1].count }
      let first = siblings.modules.count
      if try repair(region, of: &siblings, exit: exit) {
        queue.append(contentsOf: first..<siblings.modules.count)
      }
    }
    return siblings.modules.compactMap { $0 }
  }

  private func add(_ module: ModuleTree.Module, to siblings: inout Siblings) {
    let units = module.leafModules().flatMap(\.units)
    for unit in units {
      siblingOf[Int(unit)] = UInt32(siblings.modules.count)
      isSibling[Int(unit)] = true
    }
    siblings.modules.append(module)
    siblings.units.append(units)
    siblings.entering += module.enter
  }

  /// Two to four siblings that hang together, `seed` among them; now and then up to eight, because chains
  /// that are cut into too many parts want all of them moved.
  private mutating func region(around seed: Int, _ siblings: Siblings) -> [Int] {
    var region = [seed]
    let size = random.below(4) > 0 ? 2 + random.below(3) : 5 + random.below(4)
    var failures = 0
    while region.count < size, failures < 8 {
      let units = siblings.units[region[random.below(region.count)]]
      let unit = Int(units[random.below(units.count)])
      // From a random unit on, the first link that leads out.
      let neighbor = neighbor(of: units, from: unit, outside: region)
      if let neighbor { region.append(neighbor) } else { failures += 1 }
    }
    return region
  }

  private mutating func neighbor(
    of units: [UInt32], from unit: Int, outside region: [Int]
  ) -> Int? {
    let start = random.below(units.count)
    for step in 0..<units.count {
      let unit = Int(units[(start + step) % units.count])
      for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1]) {
        let target = Int(network.targets[k])
        guard isSibling[target] else { continue }
        let sibling = Int(siblingOf[target])
        if !region.contains(sibling) { return sibling }
      }
    }
    return nil
  }

  /// Divides the region anew; true where that is shorter, and it stands in `siblings` then.
  private mutating func repair(
    _ region: [Int], of siblings: inout Siblings, exit: Double
  ) throws -> Bool {
    let units = region.flatMap { siblings.units[$0] }.sorted()
    let old = region.compactMap { siblings.modules[$0] }
    let outside = exit + max(0, siblings.entering - old.reduce(0) { $0 + $1.enter })
    let part = units.withUnsafeBufferPointer { network.subnetwork($0, local: local.pointer) }
    let start =
      random.uniform() < 0.5 ? RandomDivision.connected(part, random: &random) : nil
    let stream = RandomStream(seed: random.next())
    let found: [ModuleTree.Module]
    if isTwoLevel {
      var search = TwoLevelSearch(
        part, parentExit: outside, effort: effort, random: stream, work: work)
      found = search.allModules(try search.run(from: start, isRegion: true))
    } else {
      found = try MultilevelSearch(effort: effort, threads: 1, work: work).divideRegion(
        part, parentExit: outside, random: stream, initial: start)
    }
    guard length(found, outside) < length(old, outside) - 1e-10 else { return false }
    for index in region {
      siblings.modules[index] = nil
      siblings.units[index] = []
    }
    siblings.entering -= old.reduce(0) { $0 + $1.enter }
    for module in found { add(module.renamed(units), to: &siblings) }
    return true
  }

  /// What siblings add to the code where those outside them and their parent count for `outside`.
  private func length(_ modules: [ModuleTree.Module], _ outside: Double) -> Double {
    modules.reduce(MapEquation.indexLength(of: modules, exit: outside)) { $0 + $1.length }
  }
}
