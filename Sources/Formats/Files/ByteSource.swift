import CZlib
import Foundation
import Messages

/// A stream of bytes from a file or from standard input (`-`); gzip is recognized and unpacked.
public final class ByteSource {
  public let path: String
  private let file: gzFile

  /// Opens `path`. Throws `FileError` if it is missing, unreadable or a directory.
  public init(path: String) throws {
    self.path = path
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw FileError(path: path, reason: "is a directory, a file was expected")
    }
    guard let file = gzdopen(descriptor, "rb") else {
      close(descriptor)
      throw FileError(path: path, reason: "cannot open: out of memory")
    }
    gzbuffer(file, 256 << 10)
    self.file = file
  }

  deinit { gzclose(file) }

  /// Fills `buffer` from its start; returns how many bytes were read, 0 at the end.
  ///
  /// Throws `FileError` if reading fails or the gzip data is damaged or cut short.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
    let wanted = UInt32(min(buffer.count, 1 << 30))
    let count = gzread(file, start, wanted)
    if count < 0 { throw failure() }
    if count == 0 {
      var code: Int32 = 0
      gzerror(file, &code)
      if code != Z_OK, code != Z_STREAM_END { throw failure() }
    }
    return Int(count)
  }

  /// Everything that is left, at once.
  public func readAll() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private func failure() -> FileError {
    var code: Int32 = 0
    let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
    if code == Z_ERRNO { return FileError(path: path, action: "read", code: errno) }
    return FileError(path: path, reason: "damaged or truncated gzip data (\(message))")
  }
}
