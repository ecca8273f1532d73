import Synchronization

/// The shortest description so far; of equal ones that of the earliest trial, whichever thread came
/// first.
final class BestTrial: Sendable {
  private struct Entry {
    var modules: [ModuleTree.Module] = []
    var length = Double.infinity
    var trial = Int.max
  }

  private let entry = Mutex(Entry())

  func offer(_ modules: [ModuleTree.Module], length: Double, trial: Int) {
    entry.withLock { entry in
      if length < entry.length || (length == entry.length && trial < entry.trial) {
        entry = Entry(modules: modules, length: length, trial: trial)
      }
    }
  }

  var modules: [ModuleTree.Module] { entry.withLock { $0.modules } }
  var length: Double { entry.withLock { $0.length } }
}
