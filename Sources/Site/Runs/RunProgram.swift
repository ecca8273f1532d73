import Formats
import Foundation
import Messages
import Synchronization

/// `danlu run` as processes of their own: in a session of their own, as Ctrl-C for the site is none for a run, with nothing
/// of the site's that is open, and with signals as a program expects them.
final class RunProgram: Sendable {
  private let path: String
  /// Those that were started here and still run. Each is waited for by a thread of its own, also when the site has stopped,
  /// so that none is left behind as a zombie in the program that the site was part of.
  private let running = Mutex<Set<Int32>>([])

  init(path: String) { self.path = path }

  func isRunning(_ process: Int32) -> Bool { running.withLock { $0.contains(process) } }

  /// Starts `danlu run`; what it says goes to the file `log`. It holds `lock` from its first moment to its last: who finds
  /// the lock free knows that it is over, also if the site was killed meanwhile.
  func start(_ arguments: [String], log: String, lock: FileLock) throws -> Int32 {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    #if os(macOS)
      let session = POSIX_SPAWN_SETSID | POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
      // POSIX_SPAWN_SETSID, which glibc hides from Swift behind _GNU_SOURCE.
      let session = Int32(0x80)
    #endif
    let signals = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, Int16(session | signals))
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // A server ignores these, and who is started by it would, too: the run must hear SIGINT.
    var heard = sigset_t()
    sigemptyset(&heard)
    for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { sigaddset(&heard, signal) }
    posix_spawnattr_setsigdefault(&attributes, &heard)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_adddup2(&actions, lock.descriptor, 3)
    #if !os(macOS)
      closeOthers(from: 4, in: &actions)
    #endif
    var words: [UnsafeMutablePointer<CChar>?] =
      ([path, "run"] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, path, &actions, &attributes, &words, environ)
    guard code == 0 else { throw FileError(path: path, action: "start", code: code) }
    watch(process)
    // The site stays quick while a run computes.
    #if os(macOS)
      setpriority(PRIO_PROCESS, id_t(process), 5)
    #else
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process), 5)
    #endif
    return process
  }

  #if !os(macOS)
    /// Sockets are among what the site has open: a run that outlives the site would keep its port.
    private func closeOthers(
      from first: Int32, in actions: inout posix_spawn_file_actions_t
    ) {
      typealias CloseFrom =
        @convention(c) (
          UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32
        ) -> Int32
      // In glibc from 2.34 on, which hides it from Swift behind _GNU_SOURCE.
      if let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") {
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, first)
        return
      }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
        if let number = Int32(name), number >= first { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
      }
    }
  #endif

  private func watch(_ process: Int32) {
    running.withLock { _ = $0.insert(process) }
    Thread.detachNewThread { [self] in
      var status: Int32 = 0
      while waitpid(process, &status, 0) == -1, errno == EINTR {}
      running.withLock { _ = $0.remove(process) }
    }
  }
}
