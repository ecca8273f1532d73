import Synchronization

/// The shortest description so far; of equal ones that of the earliest trial, whichever thread came
/// first.
final class BestTrial: Sendable {
  private struct Entry {
    var modules: [ModuleTree.Module] = []
    var length = Double.infinity
    var trial = Int.max
    var lengths: [Int: Double] = [:]
  }

  private let entry = Mutex(Entry())

  /// Takes what was given before the search: it stands against every trial, and is none.
  func offer(_ modules: [ModuleTree.Module], length: Double) {
    entry.withLock { entry in
      entry.modules = modules
      entry.length = length
      entry.trial = -1
    }
  }

  func offer(_ modules: [ModuleTree.Module], length: Double, trial: Int) {
    entry.withLock { entry in
      entry.lengths[trial] = length
      if length < entry.length || (length == entry.length && trial < entry.trial) {
        entry.modules = modules
        entry.length = length
        entry.trial = trial
      }
    }
  }

  /// Takes the length of a trial that another rank has made.
  func note(_ length: Double, trial: Int) { entry.withLock { $0.lengths[trial] = length } }

  /// Takes the best of all ranks.
  func replace(_ modules: [ModuleTree.Module], length: Double, trial: Int) {
    entry.withLock { entry in
      entry.modules = modules
      entry.length = length
      entry.trial = trial
    }
  }

  var trial: Int { entry.withLock { $0.trial } }
  var lengthsByTrial: [Int: Double] { entry.withLock { $0.lengths } }
  var modules: [ModuleTree.Module] { entry.withLock { $0.modules } }
  var length: Double { entry.withLock { $0.length } }
  /// The lengths of the trials that ended, in the order of their numbers.
  var lengths: [Double] {
    entry.withLock { $0.lengths.sorted { $0.key < $1.key }.map(\.value) }
  }
}
