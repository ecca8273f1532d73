import Foundation
import Memory
import Messages

/// A file that only grows: records are appended and reach the system on `flush()`, the disk on
/// `synchronize()`.
///
/// A kill between two flushes loses the buffered records; a kill inside one may leave a torn last
/// record, which the readers of this package recognize and drop.
public final class AppendFile {
  public let path: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  /// How long the file is, known without asking at every flush.
  private var length: off_t = 0

  /// Opens `path`, creating it if it is missing, and cuts it to `length` bytes if that is given.
  public init(path: String, keepingFirst length: Int? = nil) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", code: errno) }
    if let length, ftruncate(descriptor, off_t(length)) != 0 {
      let code = errno
      close(descriptor)
      descriptor = -1
      throw FileError(path: path, action: "shorten", code: code)
    }
    self.length = lseek(descriptor, 0, SEEK_END)
  }

  deinit {
    guard descriptor >= 0 else { return }
    buffer.withUnsafeBytes { _ = writeFully($0, to: descriptor) }
    close(descriptor)
  }

  /// Appends `bytes` to the buffer; writes it out once it holds 64 KiB.
  public func append(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 64 << 10 { try flush() }
  }

  /// Hands everything buffered to the system, in one call where it takes it.
  ///
  /// Should only a part fit (a full disk), the file is cut back to its last whole state.
  public func flush() throws {
    guard !buffer.isEmpty else { return }
    let code = buffer.withUnsafeBytes { writeFully($0, to: descriptor) }
    let count = buffer.count
    buffer.removeAll(keepingCapacity: true)
    if code != 0 {
      if length >= 0 { _ = ftruncate(descriptor, length) }
      throw FileError(path: path, action: "write", code: code)
    }
    // A pipe has none.
    if length >= 0 { length += off_t(count) }
  }

  /// Flushes, then waits until the disk has it.
  public func synchronize() throws {
    try flush()
    if fsync(descriptor) != 0, errno != EINVAL {
      throw FileError(path: path, action: "synchronize", code: errno)
    }
  }
}
