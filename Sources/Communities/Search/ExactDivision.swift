import Memory

/// The shortest two-level description of a small network, proven: all divisions into connected modules
/// are priced.
///
/// Divisions with a module of two parts A and B without links between them need not be: with
/// `f(a, b) = P(a + b) − P(a) − P(b)`, dividing it changes the code by
/// `f(q_A, q_B) + f(e_A, e_B) − f(q_A + p_A, q_B + p_B)`, which is at most 0: `f` is homogeneous and
/// concave, so `f(q + p) ≥ f(q) + f(p)`, and it grows with its arguments, where a walk's `p ≥ e`.
struct ExactDivision<Weight: LinkWeight> {
  private let network: UnitNetwork<Weight>
  private let table = EntropyTable.shared
  /// Bit k of a unit's mask: it has a link to unit k.
  private let neighbors: [UInt64]
  /// Subsets that may still be looked at.
  private var budget: Int
  private var best = Double.infinity
  private var bestModules: [UInt64] = []
  private var modules: [UInt64] = []

  /// As many connected subsets take a few hundredths of a second.
  private static var usualBudget: Int { 400_000 }

  /// The optimal division; `nil` where the network is too large to look at all of them, or where flow
  /// is such that modules without inner links can pay.
  static func find(_ network: UnitNetwork<Weight>) -> Assignment? {
    guard network.isPlain, (2...64).contains(network.count),
      (0..<network.count).allSatisfy({ network.flow[$0] >= network.enter[$0] * (1 - 1e-12) })
    else { return nil }
    var search = ExactDivision(network)
    let all = network.count == 64 ? UInt64.max : (1 << UInt64(network.count)) - 1
    guard search.divide(all, entering: 0, cost: 0) else { return nil }
    let moduleOf = Block<UInt32>(zeros: network.count)
    for (index, module) in search.bestModules.enumerated() {
      for unit in 0..<network.count where module >> UInt64(unit) & 1 != 0 {
        moduleOf[unit] = UInt32(index)
      }
    }
    return Assignment(moduleOf: moduleOf, moduleCount: search.bestModules.count)
  }

  private init(_ network: UnitNetwork<Weight>) {
    self.network = network
    budget = Self.usualBudget
    neighbors = (0..<network.count).map { unit in
      (Int(network.offsets[unit])..<Int(network.offsets[unit + 1])).reduce(0) {
        $0 | 1 << UInt64(network.targets[$1])
      }
    }
  }

  /// A module while it grows: its units, and its flow.
  private struct Part {
    var units: UInt64 = 0
    var flow = 0.0
    var enter = 0.0
    var exit = 0.0
  }

  /// Divides `rest`, the modules before it being what they are. False when the budget is spent.
  private mutating func divide(_ rest: UInt64, entering: Double, cost: Double) -> Bool {
    guard rest != 0 else {
      // One module alone needs no codebook to enter it.
      let length = (modules.count > 1 ? table.p(entering) : 0) + cost
      if length < best - 1e-14 {
        best = length
        bestModules = modules
      }
      return true
    }
    let first = rest.trailingZeroBitCount
    return grow(
      adding(first, to: Part()), allowed: rest & ~(1 << UInt64(first)), rest: rest,
      entering: entering, cost: cost)
  }

  /// Takes `part` as a module, then with each neighbor among `allowed`; every connected set is met once,
  /// since a neighbor that was tried is not allowed afterwards.
  private mutating func grow(
    _ part: Part, allowed: UInt64, rest: UInt64, entering: Double, cost: Double
  ) -> Bool {
    budget -= 1
    guard budget > 0 else { return false }
    modules.append(part.units)
    let own =
      table.p(part.exit + part.flow) - table.p(part.exit)
      - (modules.count == 1 && part.units == rest ? 0 : table.p(part.enter))
    let isWhole = divide(rest & ~part.units, entering: entering + part.enter, cost: cost + own)
    modules.removeLast()
    guard isWhole else { return false }
    var allowed = allowed
    var candidates = reach(of: part.units) & allowed
    while candidates != 0 {
      let unit = candidates.trailingZeroBitCount
      candidates &= candidates - 1
      allowed &= ~(1 << UInt64(unit))
      guard
        grow(
          adding(unit, to: part), allowed: allowed, rest: rest, entering: entering, cost: cost)
      else { return false }
    }
    return true
  }

  private func reach(of units: UInt64) -> UInt64 {
    var reached: UInt64 = 0
    var left = units
    while left != 0 {
      reached |= neighbors[left.trailingZeroBitCount]
      left &= left - 1
    }
    return reached
  }

  private func adding(_ unit: Int, to part: Part) -> Part {
    var inside = 0.0
    for k in Int(network.offsets[unit])..<Int(network.offsets[unit + 1])
    where part.units >> UInt64(network.targets[k]) & 1 != 0 {
      inside += network.weights[k].value
    }
    inside *= network.scale
    return Part(
      units: part.units | 1 << UInt64(unit), flow: part.flow + network.flow[unit],
      enter: max(0, part.enter + network.enter[unit] - inside),
      exit: max(0, part.exit + network.exit[unit] - inside))
  }
}
