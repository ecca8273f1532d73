import Memory
import Parallel

/// Starts that make trials of small networks differ.
///
/// On a few dozen units the order of visits decides little: the core loop from single units ends in the
/// same division whatever the seed. So every second trial starts from a random division into connected
/// modules, of a random size.
enum RandomDivision {
  /// Larger networks have room enough for trials to differ by themselves.
  static let mostUnits = 1000

  /// The start of `trial`; `nil`: single units.
  static func start<Weight>(
    of network: UnitNetwork<Weight>, trial: Int, random: inout RandomStream
  ) -> Assignment? {
    guard network.count > 3, network.count <= mostUnits, trial % 2 == 1 else { return nil }
    return connected(network, random: &random)
  }

  /// Every unit joins the module of a random neighbor that has one, in random order, with a probability
  /// drawn for the whole division; otherwise it begins a module.
  static func connected<Weight>(
    _ network: UnitNetwork<Weight>, random: inout RandomStream
  ) -> Assignment {
    let count = network.count
    let joining = 0.3 + 0.69 * random.uniform()
    var order = (0..<count).map { $0 }
    order.shuffle(using: &random)
    let none = UInt32.max
    let moduleOf = Block<UInt32>(repeating: none, count: count)
    for unit in order {
      let row = Int(network.offsets[unit])..<Int(network.offsets[unit + 1])
      let modules = row.map { moduleOf[Int(network.targets[$0])] }.filter { $0 != none }
      moduleOf[unit] =
        !modules.isEmpty && random.uniform() < joining
        ? modules[random.below(modules.count)] : UInt32(unit)
    }
    return Assignment.compacted(moduleOf.pointer, count: count, bound: count)
  }
}
