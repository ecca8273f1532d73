import CPrefetch

/// Asks for what visits of units a few places on will read, because it lies all over memory and
/// waiting for it would take longer than the visits themselves: first a unit's row, then the modules of
/// its neighbors, then a value of each of those modules.
struct LookAhead<Weight: LinkWeight, Value> {
  private let offsets: UnsafeMutablePointer<UInt32>
  private let targets: UnsafeMutablePointer<UInt32>
  private let moduleOf: UnsafeMutablePointer<UInt32>
  private let values: UnsafeMutablePointer<Value>

  /// `nil` for a network so small that everything stays in the processor's cache.
  init?(
    _ network: UnitNetwork<Weight>, moduleOf: UnsafeMutablePointer<UInt32>,
    values: UnsafeMutablePointer<Value>
  ) {
    guard network.count > 1 << 15 else { return nil }
    offsets = network.offsets.pointer
    targets = network.targets.pointer
    self.moduleOf = moduleOf
    self.values = values
  }

  /// To be called before the visit of `units[position]`; units are visited up to `end`.
  @inline(__always)
  func visit(_ position: Int, of units: UnsafeMutablePointer<UInt32>, end: Int) {
    if position &+ 16 < end { prefetch(targets + Int(offsets[Int(units[position &+ 16])])) }
    if position &+ 8 < end {
      forEachTarget(of: units[position &+ 8]) { prefetch(moduleOf + Int($0)) }
    }
    if position &+ 4 < end {
      forEachTarget(of: units[position &+ 4]) { prefetch(values + Int(moduleOf[Int($0)])) }
    }
  }

  @inline(__always)
  private func forEachTarget(of unit: UInt32, _ body: (UInt32) -> Void) {
    for k in Int(offsets[Int(unit)])..<Int(offsets[Int(unit) &+ 1]) { body(targets[k]) }
  }
}
