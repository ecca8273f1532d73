import Distributed

/// Trials that ranks share: each makes every so many-th, and all get the best one of all.
struct SharedTrials {
  let ranks: Communicator
  let count: Int

  /// The trials that this rank makes.
  var own: [Int] { Array(stride(from: ranks.rank, to: count, by: ranks.size)) }

  /// Tells everybody the lengths of all trials, and gives them the best modules; of equally short ones the earliest
  /// trial's, as if one process had made all.
  func settle(_ best: BestTrial) throws {
    guard !ranks.isAlone else { return }
    var lengths = [Double](repeating: 0, count: count)
    for (trial, length) in best.lengthsByTrial { lengths[trial] = length }
    lengths = try ranks.sum(lengths)
    for (trial, length) in lengths.enumerated() { best.note(length, trial: trial) }
    let all = try ranks.gather(ModuleBytes.encoded(length: best.length, trial: best.trial))
    let offers = all.map(ModuleBytes.offer)
    guard
      let winner = offers.indices.min(by: {
        (offers[$0].length, offers[$0].trial) < (offers[$1].length, offers[$1].trial)
      })
    else { return }
    let bytes = try ranks.broadcast(
      ranks.rank == winner ? ModuleBytes.encoded(best.modules) : [], from: winner)
    best.replace(
      ModuleBytes.modules(bytes), length: offers[winner].length, trial: offers[winner].trial)
  }
}

/// Modules as bytes: each its numbers, how many modules and units it has, its units, its modules.
private enum ModuleBytes {
  static func encoded(length: Double, trial: Int) -> [UInt8] {
    withUnsafeBytes(of: length) { Array($0) } + withUnsafeBytes(of: trial) { Array($0) }
  }

  static func offer(_ bytes: [UInt8]) -> (length: Double, trial: Int) {
    bytes.withUnsafeBytes {
      ($0.loadUnaligned(as: Double.self), $0.loadUnaligned(fromByteOffset: 8, as: Int.self))
    }
  }

  static func encoded(_ modules: [ModuleTree.Module]) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ modules: [ModuleTree.Module]) {
      withUnsafeBytes(of: modules.count) { bytes += $0 }
      for module in modules {
        for number in [module.flow, module.enter, module.exit, module.length] {
          withUnsafeBytes(of: number) { bytes += $0 }
        }
        withUnsafeBytes(of: module.units.count) { bytes += $0 }
        module.units.withUnsafeBytes { bytes += $0 }
        append(module.modules)
      }
    }
    append(modules)
    return bytes
  }

  static func modules(_ bytes: [UInt8]) -> [ModuleTree.Module] {
    bytes.withUnsafeBytes { bytes in
      var offset = 0
      func next<Value: BitwiseCopyable>(_ type: Value.Type) -> Value {
        defer { offset += MemoryLayout<Value>.size }
        return bytes.loadUnaligned(fromByteOffset: offset, as: type)
      }
      func read() -> [ModuleTree.Module] {
        (0..<next(Int.self)).map { _ in
          var module = ModuleTree.Module(
            flow: next(Double.self), enter: next(Double.self), exit: next(Double.self),
            modules: [], units: [])
          module.length = next(Double.self)
          module.units = (0..<next(Int.self)).map { _ in next(UInt32.self) }
          module.modules = read()
          return module
        }
      }
      return read()
    }
  }
}
