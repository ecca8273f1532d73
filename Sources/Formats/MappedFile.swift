import Foundation

/// A file mapped into memory for reading: its pages are loaded when touched and never copied.
///
/// Do not shorten a file in place while it is mapped; replace it (`AtomicFile` does).
public final class MappedFile: @unchecked Sendable {
  // Unchecked: the mapping is read-only and does not change between init and deinit.
  public let path: String
  /// The file's contents, valid while this object lives.
  public let bytes: UnsafeRawBufferPointer

  /// Throws `FileError` if `path` is missing, unreadable or not a regular file.
  public init(path: String) throws {
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
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw FileError(path: path, action: "map", code: errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
