import Foundation

extension RunFolder {
  /// Whether a process is writing the run now: it holds a lock that ends with it, however it ends.
  public var isBeingWritten: Bool {
    let descriptor = open(configurationPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return false }
    return errno == EWOULDBLOCK
  }
}
