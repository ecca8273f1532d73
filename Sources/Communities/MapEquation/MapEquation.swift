/// The map equation (Rosvall and Bergstrom, 2008; multi-level: 2011): the description length, in
/// bits a step, of a random walk coded with one codebook per module.
///
/// With `P(x) = x log2 x`, flow `p`, exit `q` and enter `e`, a module of nodes costs
/// `P(q + Σp) − P(q) − ΣP(p)`, a module of modules `P(q + Σe) − P(q) − ΣP(e)`; at the root `q = 0`.
enum MapEquation {
  /// The cost of an index codebook over modules with the given entering flow.
  static func index<Weight>(of network: UnitNetwork<Weight>, parentExit: Double) -> Double {
    let table = EntropyTable.shared
    var sum = 0.0
    var terms = Sum()
    for module in 0..<network.count {
      sum += network.enter[module]
      terms.add(table.p(network.enter[module]))
    }
    return table.p(parentExit + sum) - table.p(parentExit) - terms.value
  }

  /// The cost of the codebooks of `modules`, whose units have `ΣP(p) = unitTerm`.
  static func codebooks<Weight>(of modules: UnitNetwork<Weight>, unitTerm: Double) -> Double {
    let table = EntropyTable.shared
    var terms = Sum()
    for module in 0..<modules.count {
      let exit = modules.exit[module]
      terms.add(table.p(exit + modules.flow[module]) - table.p(exit))
    }
    return terms.value - unitTerm
  }

  /// `ΣP(p)` over what codebooks name: units, or physical nodes once per module.
  static func unitTerm<Weight>(of network: UnitNetwork<Weight>) -> Double {
    let table = EntropyTable.shared
    var terms = Sum()
    if let physical = network.physical {
      for k in 0..<physical.flows.count { terms.add(table.p(physical.flows[k])) }
    } else {
      for unit in 0..<network.count { terms.add(table.p(network.flow[unit])) }
    }
    return terms.value
  }

  /// The codelength of one codebook for all units, which leave it with flow `exit`.
  static func oneCodebook<Weight>(of network: UnitNetwork<Weight>, exit: Double) -> Double {
    codebookLength(
      of: (0..<network.count).map { UInt32($0) }, flow: network.totalFlow, exit: exit,
      network: network)
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
