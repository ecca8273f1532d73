import Formats
import Foundation
import Messages
import Parallel

/// Lets one process at a time replace a file, and clears away what a killed one left.
///
/// A file `.NAME.lock` beside it is locked and, at the end, removed; the system gives the lock up when the
/// process ends, however it does.
final class ImportLock {
  private let lockPath: String
  private var descriptor: Int32 = -1

  /// Takes the lock for the file at `path`. Where another process has it: waits, having said so to `work`,
  /// or throws `InputError`. Removes unfinished files of that name.
  init(path: String, waits: Bool, work: Work) throws {
    let (folder, name) = Folder.split(path)
    lockPath = (folder.isEmpty ? "" : folder + "/") + ".\(name).lock"
    var hasSaid = false
    while true {
      descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw FileError(path: path, action: "write", code: errno) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        var held = stat()
        var named = stat()
        // The one who had it may have removed the file between the two calls.
        if fstat(descriptor, &held) == 0, stat(lockPath, &named) == 0, held.st_ino == named.st_ino {
          break
        }
        close(descriptor)
        continue
      }
      let code = errno
      close(descriptor)
      descriptor = -1
      guard code == EWOULDBLOCK || code == EINTR else {
        throw FileError(path: lockPath, action: "lock", code: code)
      }
      guard waits else { throw InputError("\(path): another import into it is under way") }
      if !hasSaid { work.note("\(path): another import into it is under way; waiting") }
      hasSaid = true
      try work.check()
      usleep(100_000)
    }
    let listed = folder.isEmpty ? "." : folder
    for item in (try? FileManager.default.contentsOfDirectory(atPath: listed)) ?? []
    where item.hasPrefix(".\(name).") && item.hasSuffix(".partial") {
      unlink((folder.isEmpty ? "" : folder + "/") + item)
    }
  }

  deinit { release() }

  func release() {
    guard descriptor >= 0 else { return }
    unlink(lockPath)
    close(descriptor)
    descriptor = -1
  }
}
