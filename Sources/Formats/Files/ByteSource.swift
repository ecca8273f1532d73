import CZlib
import Foundation
import Messages

/// A stream of bytes from a file or from standard input (`-`); gzip is recognized and unpacked.
public final class ByteSource {
  public let path: String
  private let file: gzFile
  /// Of the file as it lies there, up to a gigabyte; 0 for a pipe.
  private let size: Int
  /// Nothing was read yet of a text, whose beginning decides whether and how it is read.
  private var isTextToCheck: Bool
  private var hasCarriageReturnsOnly = false

  /// Opens `path`. Throws `FileError` if it is missing, unreadable or a directory.
  ///
  /// - Parameter isText: what is read is text. A UTF-8 byte order mark at its beginning is left out;
  ///   carriage returns are line ends where there are no others; and the first reading throws
  ///   `FileError` for formats that hold text packed (xz, zstd, zip, …), naming what unpacks them.
  public init(path: String, isText: Bool = false) throws {
    self.path = path
    isTextToCheck = isText
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
    size = min(Int(status.st_size), 1 << 30)
  }

  deinit { gzclose(file) }

  /// Fills `buffer` from its start; returns how many bytes were read, 0 at the end.
  ///
  /// Throws `FileError` if reading fails or the gzip data is damaged or cut short.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = try readUnchecked(into: buffer)
    if isTextToCheck { count = try begin(buffer, count) }
    if hasCarriageReturnsOnly {
      for index in 0..<count where buffer[index] == 0x0D { buffer[index] = 0x0A }
    }
    return count
  }

  /// Looks at the first bytes of a text; returns how many of them are left.
  private func begin(_ buffer: UnsafeMutableRawBufferPointer, _ count: Int) throws -> Int {
    isTextToCheck = false
    let beginning = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if let packing = TextPacking(of: beginning) {
      throw FileError(path: path, reason: packing.advice(for: path))
    }
    // In UTF-16 both are halves of other characters too.
    func has(_ byte: Int32) -> Bool {
      beginning.baseAddress.map { memchr($0, byte, count) != nil } ?? false
    }
    hasCarriageReturnsOnly = has(0x0D) && !has(0x0A) && !has(0)
    guard beginning.starts(with: [0xEF, 0xBB, 0xBF]) else { return count }
    guard count > 3 else { return try readUnchecked(into: buffer) }
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: beginning[3...]))
    return count - 3
  }

  private func readUnchecked(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
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
    bytes.reserveCapacity(size)
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
