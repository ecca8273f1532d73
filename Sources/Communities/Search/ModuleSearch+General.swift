import Memory

/// What modules need beyond flow, enter and exit: recorded teleportation, and the physical nodes of
/// state networks, which a module's codebook names once however many of their states it holds.
struct GeneralModuleTerms {
  /// Teleportation from and to each module; `nil` where it is not recorded.
  let teleportation: Teleportation?
  let physical: PhysicalNodes?
  /// For each physical node, the modules that hold states of it and the flow they hold.
  var holders: [[Holder]] = []
  let correction: Block<Double>
  let isListed: Block<Bool>

  struct Holder {
    var module: UInt32
    var flow: Double
  }

  init<Weight>(network: UnitNetwork<Weight>, moduleOf: Block<UInt32>, capacity: Int) {
    unitTeleportation = network.teleportation
    physical = network.physical
    correction = Block(zeros: capacity)
    isListed = Block(zeros: capacity)
    teleportation = network.teleportation.map { units in
      let sums = Teleportation(flow: Block(zeros: capacity), target: Block(zeros: capacity))
      for unit in 0..<network.count {
        sums.flow[Int(moduleOf[unit])] += units.flow[unit]
        sums.target[Int(moduleOf[unit])] += units.target[unit]
      }
      return sums
    }
    if let physical {
      holders = Array(repeating: [], count: physical.nodeCount)
      for unit in 0..<network.count { add(unit: unit, to: moduleOf[unit]) }
    }
  }

  private let unitTeleportation: Teleportation?

  /// Teleportation that stays inside a module neither leaves nor enters it.
  func removeInnerTeleportation(
    records: Block<ModuleRecord>, enters: Block<Double>, moduleOf: Block<UInt32>
  ) {
    guard let teleportation, let units = unitTeleportation else { return }
    for unit in 0..<moduleOf.count {
      let module = Int(moduleOf[unit])
      let others = units.flow[unit] * (teleportation.target[module] - units.target[unit])
      records.pointer[module].exit -= others
      enters.pointer[module] -= others
    }
  }

  mutating func add(unit: Int, to module: UInt32) {
    guard let physical else { return }
    for k in Int(physical.offsets[unit])..<Int(physical.offsets[unit + 1]) {
      let node = Int(physical.nodes[k])
      if let place = holders[node].firstIndex(where: { $0.module == module }) {
        holders[node][place].flow += physical.flows[k]
      } else {
        holders[node].append(Holder(module: module, flow: physical.flows[k]))
      }
    }
  }

  mutating func remove(unit: Int, from module: UInt32) {
    guard let physical else { return }
    for k in Int(physical.offsets[unit])..<Int(physical.offsets[unit + 1]) {
      let node = Int(physical.nodes[k])
      guard let place = holders[node].firstIndex(where: { $0.module == module }) else { continue }
      let rest = holders[node][place].flow - physical.flows[k]
      // What rounding leaves of the last state is not a state.
      if rest <= 1e-12 * holders[node][place].flow {
        holders[node].remove(at: place)
      } else {
        holders[node][place].flow = rest
      }
    }
  }
}

extension ModuleSearch {
  /// One sweep for networks with recorded teleportation or physical nodes.
  mutating func sweepGeneral(skipJoined: Bool) -> Double {
    guard var terms = extras.take() else { return 0 }
    defer { extras = terms }
    let table = EntropyTable.shared
    var gained = 0.0
    for position in 0..<queue.count {
      if position & 0x3FFF == 0x3FFF, work.isCancelled { break }
      let unit = Int(queue.units[position])
      isDirty[unit] = false
      let current = Int(moduleOf[unit])
      if skipJoined && sizes[current] > 1 {
        isDirty[unit] = true
        nextQueue.append(UInt32(unit))
        continue
      }
      gained += visit(unit: unit, current: current, terms: &terms, table: table)
    }
    return gained
  }

  /// Moves `unit` to the best module there is for it; returns how much the codelength fell.
  private mutating func visit(
    unit: Int, current: Int, terms: inout GeneralModuleTerms, table: EntropyTable
  ) -> Double {
    let row = Int(network.offsets[unit])..<Int(network.offsets[unit + 1])
    var touchedCount = 0
    func list(_ module: Int) {
      if !terms.isListed[module] {
        terms.isListed[module] = true
        touched[touchedCount] = UInt32(module)
        touchedCount += 1
      }
    }
    for k in row {
      let module = Int(moduleOf[Int(network.targets[k])])
      list(module)
      records.pointer[module].toUnit += network.weights[k].value * network.scale
    }
    let isAlone = sizes[current] == 1
    if !isAlone, let empty = emptyModules.last { list(Int(empty)) }
    if row.count <= Self.degreeForRandomModules {
      for _ in 0..<Self.randomModules { list(Int(moduleOf[Self.below(network.count, &random)])) }
    }

    // Physical nodes: their terms in the module left and in those that may be joined.
    var physicalChange = 0.0
    if let physical = terms.physical {
      for k in Int(physical.offsets[unit])..<Int(physical.offsets[unit + 1]) {
        let flow = physical.flows[k]
        let alone = table.p(flow)
        physicalChange -= alone
        for holder in terms.holders[Int(physical.nodes[k])] {
          let module = Int(holder.module)
          if module == current {
            physicalChange += table.p(holder.flow) - table.p(max(0, holder.flow - flow))
          } else {
            list(module)
            terms.correction[module] += alone - (table.p(holder.flow + flow) - table.p(holder.flow))
          }
        }
      }
    }

    let visited = VisitedUnit(
      flow: network.flow[unit], exit: network.exit[unit], enter: network.enter[unit],
      isSymmetric: false)
    let old = records[current]
    var inside = old.toUnit
    var teleportFlow = 0.0
    var teleportTarget = 0.0
    if let units = network.teleportation, let modules = terms.teleportation {
      teleportFlow = units.flow[unit]
      teleportTarget = units.target[unit]
      inside +=
        (modules.flow[current] - teleportFlow) * teleportTarget
        + teleportFlow * (modules.target[current] - teleportTarget)
    }
    var left = ModuleRecord()
    var leftEnter = 0.0
    if !isAlone {
      (left, leftEnter) = visited.leave(old, enters[current], inside: inside, table)
    }
    let removal = left.cost - old.cost + physicalChange
    let indexFlow = parentExit + enterSum
    let indexLogarithm = indexFlow > 0 ? table.log2(indexFlow) : 0

    var best = -smallestGain
    var bestModule = current
    var bestRecord = ModuleRecord()
    var bestEnter = 0.0
    var bestIndex = 0.0
    for index in 0..<touchedCount {
      let module = Int(touched[index])
      let record = records[module]
      var toModule = record.toUnit
      let correction = terms.correction[module]
      records.pointer[module].toUnit = 0
      terms.correction[module] = 0
      terms.isListed[module] = false
      if module == current { continue }
      if let modules = terms.teleportation {
        toModule +=
          teleportFlow * modules.target[module] + modules.flow[module] * teleportTarget
      }
      let (joined, joinedEnter) = visited.join(record, enters[module], inside: toModule, table)
      let indexChange = inside - toModule
      let indexTerm =
        indexFlow > 0
        ? table.difference(indexFlow, indexLogarithm, indexChange) : table.p(indexChange)
      let change = removal + joined.cost - record.cost + indexTerm + correction
      if change < best {
        best = change
        bestModule = module
        bestRecord = joined
        bestEnter = joinedEnter
        bestIndex = indexChange
      }
    }
    guard bestModule != current else { return 0 }

    records[current] = left
    records[bestModule] = bestRecord
    enters[current] = leftEnter
    enters[bestModule] = bestEnter
    enterSum += bestIndex
    move(unit, from: current, to: bestModule)
    terms.remove(unit: unit, from: UInt32(current))
    terms.add(unit: unit, to: UInt32(bestModule))
    if let modules = terms.teleportation {
      modules.flow[current] -= teleportFlow
      modules.target[current] -= teleportTarget
      modules.flow[bestModule] += teleportFlow
      modules.target[bestModule] += teleportTarget
    }
    mark(neighbors: row, in: network.targets.pointer, besides: bestModule)
    return -best
  }
}
