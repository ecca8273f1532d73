import Memory

/// A division of units into modules `0..<moduleCount`, none of them empty.
struct Assignment: Sendable {
  var moduleOf: Block<UInt32>
  var moduleCount: Int

  static func single(_ count: Int) -> Assignment {
    Assignment(moduleOf: Block(zeros: count), moduleCount: min(1, count))
  }

  /// Units sorted by module: `order[starts[m]..<starts[m + 1]]` are the members of `m`, ascending.
  func members() -> (starts: Block<UInt32>, order: Block<UInt32>) {
    let count = moduleOf.count
    let starts = Block<UInt32>(zeros: moduleCount + 1)
    let order = Block<UInt32>(zeros: count)
    for unit in 0..<count { starts[Int(moduleOf[unit]) + 1] += 1 }
    for module in 0..<moduleCount { starts[module + 1] += starts[module] }
    let next = Block<UInt32>(zeros: moduleCount)
    for unit in 0..<count {
      let module = Int(moduleOf[unit])
      order[Int(starts[module] + next[module])] = UInt32(unit)
      next[module] += 1
    }
    return (starts, order)
  }

  /// The division of the finer units when this one's modules are divided by `upper`.
  func composed(with upper: Assignment) -> Assignment {
    let result = Block<UInt32>(zeros: moduleOf.count)
    for unit in 0..<moduleOf.count { result[unit] = upper.moduleOf[Int(moduleOf[unit])] }
    return Assignment(moduleOf: result, moduleCount: upper.moduleCount)
  }

  /// Renumbers arbitrary module numbers below `bound` to `0..<moduleCount` by first appearance.
  static func compacted(_ modules: UnsafeMutablePointer<UInt32>, count: Int, bound: Int)
    -> Assignment
  {
    let numbers = Block<UInt32>(zeros: bound)
    let result = Block<UInt32>(zeros: count)
    var next: UInt32 = 0
    for unit in 0..<count {
      let module = Int(modules[unit])
      if numbers[module] == 0 {
        next += 1
        numbers[module] = next
      }
      result[unit] = numbers[module] - 1
    }
    return Assignment(moduleOf: result, moduleCount: Int(next))
  }

  /// For each module whether its members are not exactly those of one module of `old`.
  func modulesChanged(since old: Assignment) -> [Bool] {
    let none = UInt32.max
    var source = [UInt32](repeating: none, count: moduleCount)
    var isChanged = [Bool](repeating: false, count: moduleCount)
    var sizes = [UInt32](repeating: 0, count: moduleCount)
    var oldSizes = [UInt32](repeating: 0, count: old.moduleCount)
    for unit in 0..<moduleOf.count {
      let module = Int(moduleOf[unit])
      let before = old.moduleOf[unit]
      if source[module] == none { source[module] = before }
      if source[module] != before { isChanged[module] = true }
      sizes[module] += 1
      oldSizes[Int(before)] += 1
    }
    for module in 0..<moduleCount where sizes[module] != oldSizes[Int(source[module])] {
      isChanged[module] = true
    }
    return isChanged
  }

  /// Writes the modules of some units, numbered from 0, into `result`; returns how many there are.
  func renumbered(_ units: UnsafeBufferPointer<UInt32>, into result: Block<UInt32>) -> UInt32 {
    var numbers: [UInt32: UInt32] = [:]
    for unit in units {
      let next = UInt32(numbers.count)
      let number = numbers[moduleOf[Int(unit)], default: next]
      numbers[moduleOf[Int(unit)]] = number
      result[Int(unit)] = number
    }
    return UInt32(numbers.count)
  }
}
