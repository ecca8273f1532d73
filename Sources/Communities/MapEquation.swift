/// The map equation (Rosvall and Bergstrom, 2008; multi-level: 2011): the description length, in
/// bits a step, of a random walk coded with one codebook per module.
///
/// With `P(x) = x log2 x`, flow `p`, exit `q` and enter `e`, a module of nodes costs
/// `P(q + Σp) − P(q) − ΣP(p)`, a module of modules `P(q + Σe) − P(q) − ΣP(e)`; at the root `q = 0`.
enum MapEquation {
  /// The cost of an index codebook over modules with the given entering flow.
  static func index(of network: UnitNetwork<Double>, parentExit: Double) -> Double {
    let table = EntropyTable.shared
    var sum = 0.0
    var terms = Sum()
    for module in 0..<network.count {
      sum += network.enter[module]
      terms.add(table.p(network.enter[module]))
    }
    return table.p(parentExit + sum) - table.p(parentExit) - terms.value
  }

  /// The cost of the codebooks of `modules`, which hold units with the flows `units`.
  static func modules(_ modules: UnitNetwork<Double>, unitTerm: Double) -> Double {
    let table = EntropyTable.shared
    var terms = Sum()
    for module in 0..<modules.count {
      let exit = modules.exit[module]
      terms.add(table.p(exit + modules.flow[module]) - table.p(exit))
    }
    return terms.value - unitTerm
  }

  /// `ΣP(p)` over what the modules' codebooks name: units, or physical nodes once per module.
  static func unitTerm<Weight>(of network: UnitNetwork<Weight>, modules: UnitNetwork<Double>)
    -> Double
  {
    let table = EntropyTable.shared
    var terms = Sum()
    if let physical = modules.physical {
      for k in 0..<physical.flows.count { terms.add(table.p(physical.flows[k])) }
    } else {
      for unit in 0..<network.count { terms.add(table.p(network.flow[unit])) }
    }
    return terms.value
  }

  /// The codelength of a two-level division; `parentExit` is 0 for a whole network.
  static func length<Weight>(
    of network: UnitNetwork<Weight>, _ assignment: Assignment, parentExit: Double
  ) -> Double {
    let aggregated = network.aggregated(by: assignment)
    if aggregated.count <= 1 {
      return codebook(of: network, modules: aggregated, exit: parentExit)
    }
    return index(of: aggregated, parentExit: parentExit)
      + modules(aggregated, unitTerm: unitTerm(of: network, modules: aggregated))
  }

  /// One codebook for all units, with the exit of the module they live in.
  private static func codebook<Weight>(
    of network: UnitNetwork<Weight>, modules: UnitNetwork<Double>, exit: Double
  ) -> Double {
    let table = EntropyTable.shared
    guard modules.count == 1 else { return 0 }
    return table.p(exit + modules.flow[0]) - table.p(exit)
      - unitTerm(of: network, modules: modules)
  }
}

/// A sum that keeps what each addition rounds away (Neumaier).
struct Sum {
  private var total = 0.0
  private var rest = 0.0

  mutating func add(_ term: Double) {
    let next = total + term
    rest += abs(total) >= abs(term) ? (total - next) + term : (term - next) + total
    total = next
  }

  var value: Double { total + rest }
}
