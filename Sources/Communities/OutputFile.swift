import Formats
import Messages

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A text file that appears whole or not at all: written under another name, renamed at the end.
final class OutputFile {
  private let path: String
  private let partial: String
  private var file: UnsafeMutablePointer<FILE>?
  private var buffer: [UInt8] = []

  init(path: String) throws {
    self.path = path
    partial = "\(path).partial-\(getpid())"
    guard let file = fopen(partial, "w") else {
      throw FileError(path: path, action: "write", code: errno)
    }
    self.file = file
    buffer.reserveCapacity(1 << 16)
  }

  deinit {
    if let file {
      fclose(file)
      unlink(partial)
    }
  }

  func write(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= 1 << 16 { try flush() }
  }

  private func flush() throws {
    guard let file else { return }
    let written = fwrite(buffer, 1, buffer.count, file)
    guard written == buffer.count else {
      throw FileError(path: path, action: "write", code: errno)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Completes the file and gives it its name.
  func close() throws {
    try flush()
    guard let file else { return }
    self.file = nil
    guard fclose(file) == 0 else {
      let code = errno
      unlink(partial)
      throw FileError(path: path, action: "write", code: code)
    }
    guard rename(partial, path) == 0 else {
      let code = errno
      unlink(partial)
      throw FileError(path: path, action: "write", code: code)
    }
  }
}

extension Double {
  /// Six significant digits, as the field's files have them.
  var shortText: String {
    var buffer = [CChar](repeating: 0, count: 32)
    let length = withVaList([self]) { vsnprintf(&buffer, 32, "%.6g", $0) }
    return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
