import Foundation
import Memory
import Messages

/// A file that appears under its name whole or not at all.
///
/// Bytes go to a temporary name in the same folder; `commit()` makes them durable (`fsync`), renames
/// the file over `path` and makes the rename durable too. An error, or dropping the object before
/// `commit()`, removes the temporary file and leaves what stood at `path` as it was. A target that
/// is a device or a pipe (`/dev/stdout`) is written directly: there is nothing to replace.
public final class AtomicFile {
  public let path: String
  private let temporaryPath: String?
  private let destination: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 256 << 10

  /// Creates the temporary file. Throws `FileError` if the folder is missing or not writable.
  public init(path: String) throws {
    self.path = path
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw FileError(path: path, reason: "is a directory, a file name was expected")
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      destination = path
      temporaryPath = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      // Through symbolic links, so that the link stays and its target is replaced.
      destination = exists ? Self.resolved(path) : path
      let temporary = Folder.temporaryPath(beside: destination)
      temporaryPath = temporary
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0, exists { fchmod(descriptor, status.st_mode & 0o777) }
    }
    guard descriptor >= 0 else { throw FileError(path: path, action: "write", code: errno) }
  }

  deinit { abandon() }

  /// Appends `bytes`.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize {
      try writeAll(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Makes the file durable and gives it its name. Call once, last.
  public func commit() throws {
    require(descriptor >= 0, "AtomicFile.commit() after commit or failure: \(path)")
    try flush()
    guard let temporaryPath else {
      let closed = close(descriptor)
      descriptor = -1
      if closed != 0 { throw FileError(path: path, action: "write", code: errno) }
      return
    }
    guard fsync(descriptor) == 0 else { throw fail("write", errno) }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0, rename(temporaryPath, destination) == 0 else {
      let code = errno
      unlink(temporaryPath)
      throw FileError(path: path, action: "write", code: code)
    }
    try Folder.synchronize(Folder.split(destination).folder)
  }

  /// Writes a file by `body`; commits if it returns, removes everything if it throws.
  public static func write(to path: String, _ body: (AtomicFile) throws -> Void) throws {
    let file = try AtomicFile(path: path)
    do {
      try body(file)
      try file.commit()
    } catch {
      file.abandon()
      throw error
    }
  }

  public static func write(_ bytes: [UInt8], to path: String) throws {
    try write(to: path) { try $0.write(bytes) }
  }

  public static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// The same for a file that a library writes by its name: `body` gets a temporary one beside `path`.
  public static func replace(
    _ path: String, by body: (_ temporaryPath: String) throws -> Void
  ) throws {
    let destination = resolved(path)
    let temporary = Folder.temporaryPath(beside: destination)
    do {
      try body(temporary)
      try Folder.synchronize(temporary)
      guard rename(temporary, destination) == 0 else {
        throw FileError(path: path, action: "write", code: errno)
      }
      try Folder.synchronize(Folder.split(destination).folder)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private func abandon() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    if let temporaryPath { unlink(temporaryPath) }
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try writeAll($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
    require(descriptor >= 0, "AtomicFile.write after commit or failure: \(path)")
    let code = writeFully(bytes, to: descriptor)
    if code != 0 { throw fail("write", code) }
  }

  private func fail(_ action: String, _ code: Int32) -> FileError {
    abandon()
    return FileError(path: path, action: action, code: code)
  }

  private static func resolved(_ path: String) -> String {
    guard let pointer = realpath(path, nil) else { return path }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
