import Foundation
import Messages

/// A small file read or written at once. An export touches thousands, for which mapping, unpacking or making
/// each durable costs more than the rest of the work.
enum SiteFile {
  /// All bytes. Throws `FileError`.
  static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, action: "read", code: errno)
    }
    // One byte more than there are: what returns less was the end.
    let capacity = Int(status.st_size) + 1
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      while count < capacity {
        let read = Foundation.read(
          descriptor, buffer.baseAddress?.advanced(by: count), capacity - count)
        if read == 0 { return }
        if read < 0, errno != EINTR {
          failure = errno
          return
        }
        count += max(0, read)
      }
    }
    guard failure == 0 else { throw FileError(path: path, action: "read", code: failure) }
    guard bytes.count < capacity else {
      throw FileError(path: path, reason: "grew while it was read; try again")
    }
    return bytes
  }

  /// Beside the file, then in its place: whole or not at all if the program ends. Not synchronized with the
  /// disk: what power failure cut short is made anew.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let temporary = path + ".partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", code: errno) }
    var offset = 0
    let code = bytes.withUnsafeBytes { bytes -> Int32 in
      while offset < bytes.count {
        let count = Foundation.write(
          descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
        if count < 0, errno != EINTR { return errno }
        offset += max(0, count)
      }
      return 0
    }
    let closed = close(descriptor) == 0 ? 0 : errno
    guard code == 0, closed == 0, rename(temporary, path) == 0 else {
      let reason = code != 0 ? code : closed != 0 ? closed : errno
      unlink(temporary)
      throw FileError(path: path, action: "write", code: reason)
    }
  }
}
