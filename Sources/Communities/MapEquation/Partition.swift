import Memory

/// A given division of a network's units into modules, perhaps modules of modules.
public struct Partition: Sendable {
  let paths: ModulePaths

  init(paths: ModulePaths) { self.paths = paths }

  /// Units `u` in module `modules[u]`.
  public init(modules: [Int]) {
    var numbers: [Int: Int] = [:]
    let moduleOf = modules.map { module -> Int in
      if let number = numbers[module] { return number }
      let number = numbers.count
      numbers[module] = number
      return number
    }
    paths = ModulePaths(parents: Array(repeating: -1, count: numbers.count), moduleOf: moduleOf)
  }

  /// The division of `tree`, so that a result can be searched on or evaluated again.
  public init(_ tree: ModuleTree, unitCount: Int) { paths = tree.paths(unitCount: unitCount) }

  /// The modules of units, whatever holds them.
  func leafAssignment() -> Assignment {
    let modules = Block(paths.moduleOf.map { UInt32($0) })
    return Assignment.compacted(
      modules.pointer, count: modules.count, bound: max(1, paths.parents.count))
  }
}
