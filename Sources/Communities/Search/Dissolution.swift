/// Dissolving: a module of modules hands its parts to its parent where that shortens the code.
///
/// Under a parent with exit `q` and entering flow `E` over its parts, replacing part `c` by its own
/// parts `K` changes the code by
/// `P(q + E − e_c + Σ_K e) − P(q + E) + P(e_c) − P(q_c + Σ_K e) + P(q_c)`; nothing else changes.
enum Dissolution {
  /// Dissolves everywhere below `exit`'s module, the most rewarding first, until nothing gains.
  static func run(_ modules: inout [ModuleTree.Module], exit: Double) {
    for index in modules.indices where !modules[index].modules.isEmpty {
      let before = MapEquation.indexLength(of: modules[index].modules, exit: modules[index].exit)
      let partsBefore = modules[index].modules.reduce(0) { $0 + $1.length }
      var parts = modules[index].modules
      run(&parts, exit: modules[index].exit)
      modules[index].modules = parts
      let after = MapEquation.indexLength(of: parts, exit: modules[index].exit)
      modules[index].length +=
        after - before + parts.reduce(0) { $0 + $1.length } - partsBefore
    }
    while let place = mostRewarding(modules, exit: exit) {
      let parts = modules[place].modules
      modules.replaceSubrange(place...place, with: parts)
    }
  }

  /// The part whose dissolution gains most, `nil` if none gains.
  private static func mostRewarding(_ modules: [ModuleTree.Module], exit: Double) -> Int? {
    guard modules.count > 1 else { return nil }
    let table = EntropyTable.shared
    let entering = modules.reduce(0) { $0 + $1.enter }
    var best = -1e-12
    var place: Int?
    for (index, module) in modules.enumerated() where !module.modules.isEmpty {
      let inner = module.modules.reduce(0) { $0 + $1.enter }
      let change =
        table.p(exit + entering - module.enter + inner) - table.p(exit + entering)
        + table.p(module.enter) - table.p(module.exit + inner) + table.p(module.exit)
      if change < best {
        best = change
        place = index
      }
    }
    return place
  }
}
