import Foundation
import HTTPTypes
import Hummingbird
import Messages
import NIOCore

/// A file as an answer, read as its reader takes it: however many readers there are and however slow, no more of it than a
/// piece for each is in memory.
enum FileAnswer {
  private static let piece = 64 << 10

  /// Throws `Problem` (404) where there is no such file.
  static func response(_ path: String, fields: HTTPFields) throws -> Response {
    let file = try OpenFile(path)
    return Response(
      status: .ok, headers: fields,
      body: ResponseBody(contentLength: file.length) { writer in
        var offset = 0
        while offset < file.length {
          let bytes = try file.read(at: offset, upTo: min(piece, file.length - offset))
          offset += bytes.count
          try await writer.write(ByteBuffer(bytes: bytes))
        }
        try await writer.finish(nil)
      })
  }

  /// Open as long as somebody reads it, so that the same file is read to its end, whatever takes its name meanwhile.
  private final class OpenFile: Sendable {
    let length: Int
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws {
      self.path = path
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        if errno == ENOENT { throw Problem.notFound("there is no such file any more") }
        throw FileError(path: path, action: "read", code: errno)
      }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw Problem.notFound("there is no such file")
      }
      length = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Throws where the file has become shorter: an answer that lacks its end must not look whole.
    func read(at offset: Int, upTo count: Int) throws -> [UInt8] {
      try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        let read = pread(descriptor, buffer.baseAddress, count, off_t(offset))
        guard read > 0 else {
          throw FileError(path: path, reason: "has changed while it was read")
        }
        filled = read
      }
    }
  }
}
