import Memory
import Messages
import Parallel

/// In-links by target: what one step of the power iteration reads.
private struct InLinks {
  let offsets: Block<UInt32>
  let sources: Block<UInt32>
  /// `nil` where all weights are 1.
  let weights: Block<Double>?

  init(_ builder: FlowBuilder) {
    let count = builder.count
    offsets = Block(zeros: count + 1)
    let next = offsets.pointer + 1
    var entries = 0
    builder.forEachLink { _, target, _ in
      next[target] += 1
      entries += 1
    }
    RowStarts.make(fromSizes: next, count: count)
    sources = Block(zeros: entries)
    weights = builder.network.links.isWeighted ? Block(zeros: entries) : nil
    let sources = sources.pointer
    let weights = weights?.pointer
    builder.forEachLink { source, target, weight in
      let index = Int(next[target])
      sources[index] = UInt32(truncatingIfNeeded: source)
      weights?[index] = weight
      next[target] += 1
    }
  }
}

extension FlowBuilder {
  private static let leastIterations = 50
  private static let mostIterations = 400
  private static let tolerance = 1e-15

  /// Directed: the stationary flow of a walk that teleports with probability `τ`, and from nodes
  /// without out-links always. Unrecorded, one step without teleportation gives the coded flow.
  mutating func walk() throws {
    let outStrength = Block<Double>(zeros: count)
    let target = Block<Double>(zeros: count)
    forEachLink { source, node, weight in
      outStrength[source] += weight
      target[options.recordsTeleportation ? node : source] += weight
    }
    if options.teleportsToNodes {
      let shares = network.nodeWeights.map { WeightScale.shares($0) ?? $0 }
      for node in 0..<count { target[node] = shares?[network.node(ofUnit: node)] ?? 1 }
    }
    normalize(target)
    let probability = options.teleportationProbability
    let flowPerWeight = Block<Double>(zeros: count)
    self.flowPerWeight = .bySource(flowPerWeight)
    let teleported = Block<Double>(zeros: count)
    for node in 0..<count { teleported[node] = outStrength[node] > 0 ? probability : 1 }
    try iterate(outStrength: outStrength, teleported: teleported, target: target)

    if options.recordsTeleportation {
      let teleportFlow = Block<Double>(zeros: count)
      for node in 0..<count {
        teleportFlow[node] = flow[node] * teleported[node]
        if outStrength[node] > 0 {
          flowPerWeight[node] = (1 - probability) * flow[node] / outStrength[node]
        }
      }
      teleportation = Teleportation(flow: teleportFlow, target: target)
      return
    }
    var dangling = 0.0
    for node in 0..<count where outStrength[node] <= 0 { dangling += flow[node] }
    guard dangling < 1 else { return }
    for node in 0..<count where outStrength[node] > 0 {
      flowPerWeight[node] = flow[node] / outStrength[node] / (1 - dangling)
    }
    for node in 0..<count { flow[node] = 0 }
    forEachLink { source, node, weight in flow[node] += weight * flowPerWeight[source] }
  }

  /// With a prior of links `γ_ab = (ln N / N) u_a u_b / ⟨w⟩`, where `u` is a node's mean link weight
  /// (without links the smallest there is) and `⟨w⟩` the mean weight of all links, recorded like teleportation.
  mutating func regularize(isDirected: Bool) throws {
    let outStrength = Block<Double>(zeros: count)
    let inStrength = Block<Double>(zeros: count)
    let outDegree = Block<Double>(zeros: count)
    let inDegree = Block<Double>(zeros: count)
    // Parallel links count as one of their summed weight.
    var seen = Set<UInt64>()
    forEachLink { source, target, weight in
      let pair = isDirected || source <= target ? (source, target) : (target, source)
      let isNew = seen.insert(UInt64(pair.0) << 32 | UInt64(pair.1)).inserted
      outStrength[source] += weight
      inStrength[target] += weight
      if isNew {
        outDegree[source] += 1
        inDegree[target] += 1
      }
      if !isDirected && source != target {
        outStrength[target] += weight
        inStrength[source] += weight
        if isNew {
          outDegree[target] += 1
          inDegree[source] += 1
        }
      }
    }
    let total = outStrength.array.reduce(0, +)
    let links = outDegree.array.reduce(0, +)
    guard total > 0 else { throw InputError("regularization needs at least one link") }
    let meanWeight = total / links
    let source = Self.meanWeights(outStrength, degrees: outDegree)
    let target = Self.meanWeights(inStrength, degrees: inDegree)
    let targetTotal = target.array.reduce(0, +)
    let size = Double(count)
    let strength =
      options.regularizationStrength * EntropyTable.shared.log2(size) * 0.6931471805599453 / size
      * targetTotal / meanWeight
    let teleported = Block<Double>(zeros: count)
    for node in 0..<count {
      let prior = strength * source[node]
      teleported[node] = outStrength[node] > 0 ? prior / (outStrength[node] + prior) : 1
      flow[node] = outStrength[node] + prior
    }
    normalize(target)
    if isDirected {
      try iterate(outStrength: outStrength, teleported: teleported, target: target)
    } else {
      normalize(flow)
    }
    let teleportFlow = Block<Double>(zeros: count)
    let flowPerWeight = Block<Double>(zeros: count)
    self.flowPerWeight = .bySource(flowPerWeight)
    for node in 0..<count {
      teleportFlow[node] = flow[node] * teleported[node]
      if outStrength[node] > 0 {
        flowPerWeight[node] = flow[node] * (1 - teleported[node]) / outStrength[node]
      }
    }
    teleportation = Teleportation(flow: teleportFlow, target: target)
  }

  /// The mean weight of each node's links; nodes without get the smallest mean.
  private static func meanWeights(_ strengths: Block<Double>, degrees: Block<Double>)
    -> Block<Double>
  {
    let means = Block<Double>(zeros: strengths.count)
    var smallest = Double.infinity
    for node in 0..<strengths.count where degrees[node] > 0 {
      means[node] = strengths[node] / degrees[node]
      smallest = min(smallest, means[node])
    }
    for node in 0..<strengths.count where degrees[node] == 0 { means[node] = smallest }
    return means
  }

  private func normalize(_ values: Block<Double>) {
    var total = 0.0
    for node in 0..<count { total += values[node] }
    for node in 0..<count { values[node] = total > 0 ? values[node] / total : 1 / Double(count) }
  }

  /// `p_b ← t_b Σ_a α_a p_a + Σ_a (1 − α_a) p_a w_ab / s_a` until nothing changes.
  private func iterate(
    outStrength: Block<Double>, teleported: Block<Double>, target: Block<Double>
  ) throws {
    let links = InLinks(self)
    let rate = Block<Double>(zeros: count)
    // What a unit of flow sends along a link of weight 1.
    let share = Block<Double>(zeros: count)
    for node in 0..<count {
      flow[node] = target[node]
      share[node] = outStrength[node] > 0 ? (1 - teleported[node]) / outStrength[node] : 0
    }
    for iteration in 1...Self.mostIterations {
      try work.check()
      let (change, total) = step(
        links, flow: flow.pointer, rate: rate.pointer, share: share.pointer,
        teleported: teleported.pointer, target: target.pointer)
      if abs(total - 1) > 1e-10 {
        for node in 0..<count { flow[node] /= total }
      }
      if iteration >= Self.leastIterations && change <= Self.tolerance { return }
    }
  }

  /// One step of the walk; returns how much the flow changed and what it sums to.
  private func step(
    _ links: InLinks, flow: UnsafeMutablePointer<Double>, rate: UnsafeMutablePointer<Double>,
    share: UnsafeMutablePointer<Double>, teleported: UnsafeMutablePointer<Double>,
    target: UnsafeMutablePointer<Double>
  ) -> (change: Double, total: Double) {
    let offsets = links.offsets.pointer
    let sources = links.sources.pointer
    let weights = links.weights?.pointer
    var jumping = 0.0
    for node in 0..<count {
      jumping += flow[node] * teleported[node]
      rate[node] = flow[node] * share[node]
    }
    var change = 0.0
    var total = 0.0
    var entry = 0
    for node in 0..<count {
      var next = jumping * target[node]
      let end = Int(offsets[node + 1])
      if let weights {
        while entry < end {
          next += weights[entry] * rate[Int(sources[entry])]
          entry &+= 1
        }
      } else {
        while entry < end {
          next += rate[Int(sources[entry])]
          entry &+= 1
        }
      }
      change += abs(next - flow[node])
      total += next
      flow[node] = next
    }
    return (change, total)
  }
}
