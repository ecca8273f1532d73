import Memory

extension UnitNetwork {
  /// The network whose units are the modules of `assignment`.
  ///
  /// Members are visited by counting sort; the flow to each other module is summed in an array
  /// indexed by module. Entering and leaving flow fall by the flow inside the module.
  func aggregated(by assignment: Assignment) -> UnitNetwork<Weight.Total> {
    let moduleCount = assignment.moduleCount
    let (starts, order) = assignment.members()
    let newOffsets = Block<UInt32>(zeros: moduleCount + 1)
    // Virtual memory for the worst case; only what is written becomes real.
    let newTargets = Block<UInt32>(zeros: entryCount)
    let newWeights = Block<Weight.Total>(zeros: entryCount)
    let newFlow = Block<Double>(zeros: moduleCount)
    let newBoundary = BoundaryFlow(zeros: moduleCount, isSymmetric: isSymmetric)
    let (newEnter, newExit) = (newBoundary.enter, newBoundary.exit)
    let flowTo = Block<Double>(zeros: moduleCount)
    let touched = Block<UInt32>(zeros: moduleCount + 1)

    let moduleOf = assignment.moduleOf.pointer
    let sums = flowTo.pointer
    let list = touched.pointer
    let offsets = offsets.pointer
    let targets = targets.pointer
    let weights = weights.pointer
    let lookAhead = LookAhead(self, moduleOf: moduleOf, values: sums)
    var entry = 0
    for module in 0..<moduleCount {
      var flowSum = 0.0
      var enterSum = 0.0
      var exitSum = 0.0
      var internalSum = 0.0
      var touchedCount = 0
      for position in Int(starts[module])..<Int(starts[module + 1]) {
        lookAhead?.visit(position, of: order.pointer, end: count)
        let unit = Int(order[position])
        flowSum += flow[unit]
        enterSum += enter[unit]
        exitSum += exit[unit]
        for k in Int(offsets[unit])..<Int(offsets[unit + 1]) {
          let other = Int(moduleOf[Int(targets[k])])
          let weight = weights[k].value
          if other == module {
            internalSum += weight
          } else {
            list[touchedCount] = UInt32(truncatingIfNeeded: other)
            touchedCount += sums[other] == 0 ? 1 : 0
            sums[other] += weight
          }
        }
      }
      for index in 0..<touchedCount {
        let other = Int(list[index])
        newTargets[entry] = list[index]
        newWeights[entry] = Weight.Total(sums[other])
        sums[other] = 0
        entry += 1
      }
      newOffsets[module + 1] = UInt32(entry)
      // Every pair inside was met from both its ends.
      let inside = internalSum * scale / 2
      newFlow[module] = flowSum
      newExit[module] = max(0, exitSum - inside)
      if !isSymmetric { newEnter[module] = max(0, enterSum - inside) }
    }
    withExtendedLifetime((flowTo, touched)) {}
    newTargets.shrink(to: entry)
    newWeights.shrink(to: entry)
    return UnitNetwork<Weight.Total>(
      count: moduleCount, offsets: newOffsets, targets: newTargets, weights: newWeights,
      scale: scale, flow: newFlow, boundary: newBoundary,
      teleportation: teleportation?.aggregated(
        moduleCount: moduleCount, starts: starts, order: order, boundary: newBoundary),
      physical: physical?.merged(moduleCount: moduleCount, starts: starts, order: order))
  }

  /// The units of one module alone, with the links between them; flows stay as they are, so what
  /// leaves the module still counts as leaving its units. `local` is scratch for `count` numbers.
  func subnetwork(_ members: UnsafeBufferPointer<UInt32>, local: UnsafeMutablePointer<UInt32>)
    -> UnitNetwork<Weight>
  {
    let size = members.count
    // Stored as number + 1, so that scratch with all bits zero means "outside".
    for index in 0..<size { local[Int(members[index])] = UInt32(index + 1) }
    defer { for index in 0..<size { local[Int(members[index])] = 0 } }
    var entries = 0
    for member in members {
      for k in Int(offsets[Int(member)])..<Int(offsets[Int(member) + 1])
      where local[Int(targets[k])] != 0 { entries += 1 }
    }
    let newOffsets = Block<UInt32>(zeros: size + 1)
    let newTargets = Block<UInt32>(zeros: entries)
    let newWeights = Block<Weight>(zeros: entries)
    var entry = 0
    for index in 0..<size {
      let unit = Int(members[index])
      for k in Int(offsets[unit])..<Int(offsets[unit + 1]) {
        let target = local[Int(targets[k])]
        guard target != 0 else { continue }
        newTargets[entry] = target - 1
        newWeights[entry] = weights[k]
        entry += 1
      }
      newOffsets[index + 1] = UInt32(entry)
    }
    func gather(_ values: Block<Double>) -> Block<Double> {
      let result = Block<Double>(zeros: size)
      for index in 0..<size { result[index] = values[Int(members[index])] }
      return result
    }
    return UnitNetwork(
      count: size, offsets: newOffsets, targets: newTargets, weights: newWeights, scale: scale,
      flow: gather(flow), boundary: boundary.map(gather),
      teleportation: teleportation.map {
        Teleportation(flow: gather($0.flow), target: gather($0.target))
      },
      physical: physical?.selected(members))
  }
}

extension Teleportation {
  /// Sums flow and share over the members; what teleports inside a module does not leave it.
  func aggregated(
    moduleCount: Int, starts: Block<UInt32>, order: Block<UInt32>, boundary: BoundaryFlow
  ) -> Teleportation {
    let newFlow = Block<Double>(zeros: moduleCount)
    let newTarget = Block<Double>(zeros: moduleCount)
    let (enter, exit) = (boundary.enter, boundary.exit)
    for module in 0..<moduleCount {
      var inside = 0.0
      for position in Int(starts[module])..<Int(starts[module + 1]) {
        let unit = Int(order[position])
        newFlow[module] += flow[unit]
        newTarget[module] += target[unit]
        inside -= flow[unit] * target[unit]
      }
      inside += newFlow[module] * newTarget[module]
      exit[module] = max(0, exit[module] - inside)
      if !boundary.isSymmetric { enter[module] = max(0, enter[module] - inside) }
    }
    return Teleportation(flow: newFlow, target: newTarget)
  }
}

extension PhysicalNodes {
  /// The physical nodes of each module: those of its members, equal ones summed.
  func merged(moduleCount: Int, starts: Block<UInt32>, order: Block<UInt32>) -> PhysicalNodes {
    let newOffsets = Block<UInt32>(zeros: moduleCount + 1)
    let newNodes = Block<UInt32>(zeros: nodes.count)
    let newFlows = Block<Double>(zeros: nodes.count)
    let positions = Block<UInt32>(zeros: nodeCount)
    var entry = 0
    for module in 0..<moduleCount {
      let first = entry
      for position in Int(starts[module])..<Int(starts[module + 1]) {
        let unit = Int(order[position])
        for k in Int(offsets[unit])..<Int(offsets[unit + 1]) {
          let node = Int(nodes[k])
          if positions[node] == 0 {
            newNodes[entry] = UInt32(node)
            entry += 1
            positions[node] = UInt32(entry)
          }
          newFlows[Int(positions[node]) - 1] += flows[k]
        }
      }
      for k in first..<entry { positions[Int(newNodes[k])] = 0 }
      newOffsets[module + 1] = UInt32(entry)
    }
    newNodes.shrink(to: entry)
    newFlows.shrink(to: entry)
    return PhysicalNodes(
      nodeCount: nodeCount, offsets: newOffsets, nodes: newNodes, flows: newFlows)
  }

  /// The physical nodes of some units, numbered anew from 0.
  func selected(_ members: UnsafeBufferPointer<UInt32>) -> PhysicalNodes {
    var numbers: [UInt32: UInt32] = [:]
    var newOffsets: [UInt32] = [0]
    var newNodes: [UInt32] = []
    var newFlows: [Double] = []
    for member in members {
      for k in Int(offsets[Int(member)])..<Int(offsets[Int(member) + 1]) {
        let next = UInt32(numbers.count)
        let number = numbers[nodes[k], default: next]
        numbers[nodes[k]] = number
        newNodes.append(number)
        newFlows.append(flows[k])
      }
      newOffsets.append(UInt32(newNodes.count))
    }
    return PhysicalNodes(
      nodeCount: numbers.count, offsets: Block(newOffsets), nodes: Block(newNodes),
      flows: Block(newFlows))
  }
}
