import Foundation
import Messages

/// A temporary file without a name: what outgrows memory goes here, and nothing is left of it,
/// however the process ends.
///
/// `@unchecked Sendable`: one thread appends; after that threads read.
public final class SpillFile: @unchecked Sendable {
  public let folder: String
  /// Bytes appended so far.
  public private(set) var count = 0
  private let descriptor: Int32

  /// Throws `FileError` if `folder` takes no file.
  public init(in folder: String) throws {
    self.folder = folder
    var template = Array((folder + "/danlu-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw FileError(path: folder, action: "create a temporary file there", code: errno)
    }
    unlink(template)
  }

  deinit { close(descriptor) }

  /// Appends every byte. Throws `FileError`, on a full disk for instance.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    let code = writeFully(bytes, to: descriptor)
    if code != 0 {
      throw FileError(path: folder, action: "write a temporary file there", code: code)
    }
    count += bytes.count
  }

  /// Fills `target` with the bytes from `offset` on.
  public func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < target.count {
      let result = pread(
        descriptor, target.baseAddress.map { $0 + done }, target.count - done,
        off_t(offset + done))
      if result < 0, errno == EINTR { continue }
      guard result > 0 else {
        throw FileError(
          path: folder, action: "read a temporary file back", code: result < 0 ? errno : EIO)
      }
      done += result
    }
  }

  /// Makes the file `count` bytes long, with its blocks taken now: a full disk is an error here, not
  /// a crash when a mapped page is written.
  public func reserve(_ count: Int) throws {
    #if os(Linux)
      let code = posix_fallocate(descriptor, 0, off_t(count))
    #else
      let code = ftruncate(descriptor, off_t(count)) == 0 ? 0 : errno
    #endif
    guard code == 0 else {
      throw FileError(
        path: folder, action: "reserve \(MemorySize.describe(count)) in a temporary file there",
        code: code)
    }
    self.count = count
  }

  /// The first `count` bytes as memory, written through to the file. The mapping outlives this
  /// object; whoever asked for it calls `munmap`.
  public func map(_ count: Int) throws -> UnsafeMutableRawPointer {
    let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory, memory != MAP_FAILED else {
      throw FileError(path: folder, action: "map a temporary file there", code: errno)
    }
    return memory
  }
}

/// Writes every byte, however many calls the system needs; returns 0 or the `errno` value.
public func writeFully(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var offset = 0
  while offset < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count < 0 {
      if errno == EINTR { continue }
      return errno
    }
    if count == 0 { return ENOSPC }
    offset += count
  }
  return 0
}
