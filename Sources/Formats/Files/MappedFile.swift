import Foundation
import Messages

/// A file mapped into memory for reading: its pages are loaded when touched and never copied.
///
/// Do not shorten a file in place while it is mapped; replace it (`AtomicFile` does).
public final class MappedFile: @unchecked Sendable {
  // Unchecked: this class never writes to the mapping; who makes it `copyOnWrite` and writes through a
  // pointer answers for that.
  public let path: String
  /// The file's contents, valid while this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// Throws `FileError` if `path` is missing, unreadable or not a regular file.
  ///
  /// - Parameter copyOnWrite: Allow writes to the memory: they change this mapping's own copy of the
  ///   page and never the file. Without it a write ends the process.
  public init(path: String, copyOnWrite: Bool = false) throws {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, action: "open", code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(path: path, reason: "is not a regular file")
    }
    let count = Int(status.st_size)
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let protection = copyOnWrite ? PROT_READ | PROT_WRITE : PROT_READ
    guard let start = mmap(nil, count, protection, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw FileError(path: path, action: "map", code: errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
