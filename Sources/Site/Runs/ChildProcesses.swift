import Foundation
import Synchronization

/// The processes that were started here and still run. Each is waited for by a thread of its own, also when the site
/// has stopped, so that none is left behind as a zombie in the program that the site was part of.
final class ChildProcesses: Sendable {
  private let running = Mutex<Set<Int32>>([])

  func contains(_ process: Int32) -> Bool { running.withLock { $0.contains(process) } }

  func watch(_ process: Int32) {
    running.withLock { _ = $0.insert(process) }
    Thread.detachNewThread { [self] in
      var status: Int32 = 0
      while waitpid(process, &status, 0) == -1, errno == EINTR {}
      running.withLock { _ = $0.remove(process) }
    }
  }
}
