import Distributed
import Foundation
import Parallel

/// Turns the first Ctrl-C (or SIGTERM) into a request to stop at the next safe point. A second one
/// ends the process at once, with the usual status 130.
enum Interruption {
  static let cancellation = Cancellation()

  /// Installs the handlers; call once, before long work.
  static func install() {
    let handler: @convention(c) (Int32) -> Void = { _ in
      if Interruption.cancellation.isCancelled { _exit(Interruption.exitCode) }
      Interruption.cancellation.cancel()
    }
    // Touched before a signal can come: the handler itself must not run the lazy initializer.
    _ = cancellation.isCancelled
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
    // What `danlu launch` has mpirun pass on to all ranks.
    if RankEnvironment.current != nil { signal(SIGUSR1, handler) }
    // A parent may have started this process from a thread that blocks signals.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The exit status after work that was interrupted.
  static var exitCode: Int32 { 130 }
}
