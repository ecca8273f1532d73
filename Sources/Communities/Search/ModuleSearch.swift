import Memory
import Parallel

/// Flow of a module, the terms of the map equation that depend on it alone, and a place to sum in: all
/// that a visit needs of a module, in half a cache line.
struct ModuleRecord: BitwiseCopyable {
  var flow = 0.0
  var exit = 0.0
  /// `P(exit + flow) − P(exit) − P(enter)`: everything but the sum of entering flow.
  var cost = 0.0
  /// Flow between the module and the unit being visited; 0 between visits.
  var toUnit = 0.0
}

/// The unit that a visit moves, and how a module changes when it leaves or joins.
struct VisitedUnit {
  let flow: Double
  let exit: Double
  let enter: Double
  /// What enters a module is what leaves it; entering flow is not kept then.
  let isSymmetric: Bool

  /// `module`, which `entering` enters, without the unit; `inside` flows between the two.
  @inline(__always)
  func leave(_ module: ModuleRecord, _ entering: Double, inside: Double, _ table: EntropyTable)
    -> (record: ModuleRecord, enter: Double)
  {
    changed(
      flow: module.flow - flow, exit: module.exit - exit + inside,
      enter: entering - enter + inside, table)
  }

  /// `module` with the unit; `inside` flows between the two.
  @inline(__always)
  func join(_ module: ModuleRecord, _ entering: Double, inside: Double, _ table: EntropyTable)
    -> (record: ModuleRecord, enter: Double)
  {
    changed(
      flow: module.flow + flow, exit: module.exit + exit - inside,
      enter: entering + enter - inside, table)
  }

  @inline(__always)
  private func changed(flow: Double, exit: Double, enter: Double, _ table: EntropyTable)
    -> (record: ModuleRecord, enter: Double)
  {
    var record = ModuleRecord()
    record.flow = flow
    record.exit = max(0, exit)
    let enter = isSymmetric ? record.exit : max(0, enter)
    // What leaves a symmetric module is what enters it: one look-up for both.
    let exitTerm = table.p(record.exit)
    record.cost =
      table.p(record.exit + flow) - exitTerm - (isSymmetric ? exitTerm : table.p(enter))
    return (record, enter)
  }
}

/// The core loop: units move one by one to the module where the two-level codelength falls most.
///
/// Per module the records of one cache line; per unit its module, and whether something near it
/// changed since it was last looked at. A visit sums the flow to each neighboring module, then
/// prices each of them with two logarithms (three where flow in and out differ).
struct ModuleSearch<Weight: LinkWeight>: ~Copyable {
  let network: UnitNetwork<Weight>
  /// Exit flow of the module these units live in; a constant of its index codebook.
  let parentExit: Double
  let capacity: Int
  let moduleOf: Block<UInt32>
  let records: Block<ModuleRecord>
  let sizes: Block<UInt32>
  /// Entering flow of each module; empty where it equals the leaving flow.
  let enters: Block<Double>
  let touched: Block<UInt32>
  let isDirty: Block<Bool>
  /// Units to look at in this sweep and in the next; each unit stands in one of them at most once.
  var queue: UnitList
  var nextQueue: UnitList
  var emptyModules: UnitList
  var enterSum = 0.0
  var random: RandomStream
  var extras: GeneralModuleTerms?
  /// Sweeps end early where it is to stop; whoever searches asks again then.
  let work: Work
  /// Improvements smaller than rounding could feign are none.
  let smallestGain = 1e-15

  init(
    _ network: UnitNetwork<Weight>, parentExit: Double, random: RandomStream, work: Work = .silent
  ) {
    self.work = work
    self.network = network
    self.parentExit = parentExit
    self.random = random
    capacity = network.count + 1
    moduleOf = Block(zeros: network.count)
    records = Block(zeros: capacity)
    sizes = Block(zeros: capacity)
    enters = Block(zeros: network.isPlain && network.isSymmetric ? 0 : capacity)
    touched = Block(zeros: capacity + 8)
    isDirty = Block(zeros: network.count)
    queue = UnitList(capacity: network.count)
    nextQueue = UnitList(capacity: network.count)
    emptyModules = UnitList(capacity: capacity)
  }

  /// Every unit a module of its own.
  mutating func startAlone() {
    for unit in 0..<network.count { moduleOf[unit] = UInt32(unit) }
    start()
  }

  /// The modules of `assignment`; where `dirty` is given, only those units are looked at first.
  mutating func start(from assignment: Assignment, dirty: Block<Bool>? = nil) {
    moduleOf.pointer.update(from: assignment.moduleOf.pointer, count: network.count)
    start(dirty: dirty)
  }

  private mutating func start(dirty: Block<Bool>? = nil) {
    let table = EntropyTable.shared
    let modules = moduleOf.pointer
    records.pointer.update(repeating: ModuleRecord(), count: capacity)
    enters.pointer.update(repeating: 0, count: enters.count)
    let hasEnters = enters.count > 0
    sizes.pointer.update(repeating: 0, count: capacity)
    for unit in 0..<network.count {
      let module = Int(modules[unit])
      records.pointer[module].flow += network.flow[unit]
      records.pointer[module].exit += network.exit[unit]
      if hasEnters { enters.pointer[module] += network.enter[unit] }
      sizes.pointer[module] += 1
    }
    // Flow inside modules; nothing is inside where every unit stands alone.
    for unit in 0..<network.count where sizes[Int(modules[unit])] > 1 {
      let module = modules[unit]
      var inside = 0.0
      for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1])
      where modules[Int(network.targets[k])] == module {
        inside += network.weights[k].value
      }
      inside *= network.scale / 2
      records.pointer[Int(module)].exit -= inside
      if hasEnters { enters.pointer[Int(module)] -= inside }
    }
    if !network.isPlain {
      extras = GeneralModuleTerms(network: network, moduleOf: moduleOf, capacity: capacity)
      extras?.removeInnerTeleportation(records: records, enters: enters, moduleOf: moduleOf)
    }
    enterSum = 0
    emptyModules.removeAll()
    for module in stride(from: capacity - 1, through: 0, by: -1) {
      if sizes[module] == 0 {
        emptyModules.append(UInt32(module))
      } else {
        let record = records[module]
        let enter = hasEnters ? enters[module] : record.exit
        records.pointer[module].cost =
          table.p(record.exit + record.flow) - table.p(record.exit) - table.p(enter)
        enterSum += enter
      }
    }
    nextQueue.removeAll()
    for unit in 0..<network.count where dirty.map({ $0[unit] }) ?? true {
      isDirty[unit] = true
      nextQueue.append(UInt32(unit))
    }
  }

  /// Up to `limit` sweeps over the units that need a look, in fresh random order each; returns how
  /// much the codelength fell. Stops early when a sweep gains less than `threshold`.
  mutating func run(sweeps limit: Int, threshold: Double, pairingFirst: Bool = false) -> Double {
    var total = 0.0
    for sweep in 0..<limit {
      swap(&queue, &nextQueue)
      nextQueue.removeAll()
      guard queue.count > 0 else { break }
      shuffle()
      let gain =
        extras == nil
        ? sweepPlain(skipJoined: pairingFirst && sweep == 0)
        : sweepGeneral(skipJoined: pairingFirst && sweep == 0)
      total += gain
      if gain < threshold { break }
    }
    return total
  }

  /// The modules found, numbered from 0 without gaps.
  func assignment() -> Assignment {
    Assignment.compacted(moduleOf.pointer, count: network.count, bound: capacity)
  }

  /// Units of one block of the queue are shuffled, and the blocks: random enough for the search,
  /// and what is looked at together lies close together in memory.
  private mutating func shuffle() {
    let size = Self.blockSize
    let count = queue.count
    guard count > 2 * size else {
      shuffle(queue.units.pointer, 0..<count)
      return
    }
    let blocks = (0..<UInt32((count + size - 1) / size)).map { $0 }
    let order = Block(blocks)
    shuffle(order.pointer, 0..<order.count)
    for index in 0..<order.count {
      let first = nextQueue.count
      let block = Int(order[index])
      for place in block * size..<min(count, (block + 1) * size) {
        nextQueue.append(queue.units[place])
      }
      shuffle(nextQueue.units.pointer, first..<nextQueue.count)
    }
    swap(&queue, &nextQueue)
    nextQueue.removeAll()
  }

  private static var blockSize: Int { 2048 }

  private mutating func shuffle(_ values: UnsafeMutablePointer<UInt32>, _ range: Range<Int>) {
    var position = range.upperBound - 1
    while position > range.lowerBound {
      let other = range.lowerBound + Self.below(position - range.lowerBound + 1, &random)
      let value = values[position]
      values[position] = values[other]
      values[other] = value
      position -= 1
    }
  }

  /// A number below `bound < 2^32` by multiplication; the bias is below 2^-32.
  @inline(__always)
  static func below(_ bound: Int, _ random: inout RandomStream) -> Int {
    Int(truncatingIfNeeded: ((random.next() >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
  }

  /// Units with at most this many links also try modules they have no link to.
  static var degreeForRandomModules: Int { 2 }
  static var randomModules: Int { 5 }

  private mutating func sweepPlain(skipJoined: Bool) -> Double {
    let table = EntropyTable.shared
    let count = network.count
    let offsets = network.offsets.pointer
    let targets = network.targets.pointer
    let weights = network.weights.pointer
    let scale = network.scale
    let unitFlow = network.flow.pointer
    let unitExit = network.exit.pointer
    let unitEnter = network.enter.pointer
    let isSymmetric = network.isSymmetric
    let moduleOf = moduleOf.pointer
    let records = records.pointer
    let sizes = sizes.pointer
    let enters = enters.pointer
    let touched = touched.pointer
    let isDirty = isDirty.pointer
    let lookAhead = LookAhead(network, moduleOf: moduleOf, values: records)
    var gained = 0.0
    var indexFlow = parentExit + enterSum
    var indexLogarithm = indexFlow > 0 ? table.log2(indexFlow) : 0

    for position in 0..<queue.count {
      if position & 0xFFFF == 0xFFFF, work.isCancelled { break }
      let unit = Int(queue.units[position])
      lookAhead?.visit(position, of: queue.units.pointer, end: queue.count)
      isDirty[unit] = false
      let current = Int(moduleOf[unit])
      if skipJoined && sizes[current] > 1 {
        isDirty[unit] = true
        nextQueue.append(UInt32(unit))
        continue
      }
      let first = Int(offsets[unit])
      let last = Int(offsets[unit + 1])
      var touchedCount = 0
      for k in first..<last {
        let module = Int(moduleOf[Int(targets[k])])
        let before = records[module].toUnit
        touched[touchedCount] = UInt32(truncatingIfNeeded: module)
        touchedCount &+= before == 0 ? 1 : 0
        records[module].toUnit = before + weights[k].value
      }
      let visited = VisitedUnit(
        flow: unitFlow[unit], exit: unitExit[unit], enter: unitEnter[unit],
        isSymmetric: isSymmetric)
      let old = records[current]
      let inside = old.toUnit * scale
      let isAlone = sizes[current] == 1

      // An empty module and, for units with few links, random ones join the candidates.
      if !isAlone, touchedCount > 1 || inside == 0, let empty = emptyModules.last {
        touched[touchedCount] = empty
        touchedCount += 1
      }
      if last - first <= Self.degreeForRandomModules {
        for _ in 0..<Self.randomModules {
          let module = moduleOf[Self.below(count, &random)]
          if records[Int(module)].toUnit == 0 {
            touched[touchedCount] = module
            touchedCount += 1
          }
        }
      }

      var left = ModuleRecord()
      var leftEnter = 0.0
      if !isAlone {
        (left, leftEnter) = visited.leave(
          old, isSymmetric ? 0 : enters[current], inside: inside, table)
      }
      let removal = left.cost - old.cost

      var best = -smallestGain
      var bestModule = current
      var bestRecord = ModuleRecord()
      var bestEnter = 0.0
      var bestIndex = 0.0
      var bestFlow = -1.0
      for index in 0..<touchedCount {
        let module = Int(touched[index])
        let record = records[module]
        records[module].toUnit = 0
        if module == current { continue }
        let toModule = record.toUnit * scale
        let (joined, joinedEnter) = visited.join(
          record, isSymmetric ? 0 : enters[module], inside: toModule, table)
        let indexChange = inside - toModule
        let indexTerm =
          indexFlow > 0
          ? table.difference(indexFlow, indexLogarithm, indexChange) : table.p(indexChange)
        let change = removal + joined.cost - record.cost + indexTerm
        if change < best - 1e-16
          || (change < best + 1e-16 && change < -smallestGain && toModule > bestFlow)
        {
          best = change
          bestModule = module
          bestRecord = joined
          bestEnter = joinedEnter
          bestIndex = indexChange
          bestFlow = toModule
        }
      }

      guard bestModule != current else { continue }
      gained -= best
      records[current] = left
      records[bestModule] = bestRecord
      if !isSymmetric {
        enters[current] = leftEnter
        enters[bestModule] = bestEnter
      }
      indexFlow += bestIndex
      indexLogarithm = indexFlow > 0 ? table.log2(indexFlow) : 0
      move(unit, from: current, to: bestModule)
      mark(neighbors: first..<last, in: targets, besides: bestModule)
    }
    enterSum = indexFlow - parentExit
    return gained
  }

  /// Writes down that `unit` goes from one module to another.
  @inline(__always)
  mutating func move(_ unit: Int, from current: Int, to module: Int) {
    let sizes = sizes.pointer
    moduleOf.pointer[unit] = UInt32(truncatingIfNeeded: module)
    if sizes[module] == 0 { emptyModules.removeLast() }
    sizes[module] += 1
    sizes[current] -= 1
    if sizes[current] == 0 { emptyModules.append(UInt32(truncatingIfNeeded: current)) }
  }

  /// Units linked to one that moved to `module`, if they are not there too, are looked at again in the
  /// next sweep.
  @inline(__always)
  mutating func mark(
    neighbors row: Range<Int>, in targets: UnsafeMutablePointer<UInt32>, besides module: Int
  ) {
    let moduleOf = moduleOf.pointer
    let isDirty = isDirty.pointer
    for k in row {
      let neighbor = Int(targets[k])
      if !isDirty[neighbor] && moduleOf[neighbor] != UInt32(truncatingIfNeeded: module) {
        isDirty[neighbor] = true
        nextQueue.append(UInt32(truncatingIfNeeded: neighbor))
      }
    }
  }
}

/// Unit or module numbers in a block of fixed capacity.
struct UnitList {
  let units: Block<UInt32>
  private(set) var count = 0

  init(capacity: Int) { units = Block(zeros: capacity) }

  var last: UInt32? { count > 0 ? units[count - 1] : nil }

  @inline(__always)
  mutating func append(_ unit: UInt32) {
    units.pointer[count] = unit
    count &+= 1
  }

  mutating func removeLast() { count -= 1 }
  mutating func removeAll() { count = 0 }
}
