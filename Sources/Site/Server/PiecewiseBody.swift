import HTTPTypes
import Hummingbird
import NIOCore

extension ResponseBody {
  /// The same body in pieces, each written once its reader has taken those before; `room` is let go of when all are written,
  /// or when nobody reads any more.
  func inPieces(holding room: ByteBudget.Reservation) -> ResponseBody {
    ResponseBody(contentLength: contentLength) { [self] writer in
      defer { withExtendedLifetime(room) {} }
      try await write(PiecewiseWriter(writer: writer))
    }
  }
}

private struct PiecewiseWriter: ResponseBodyWriter {
  static let piece = 64 << 10

  var writer: any ResponseBodyWriter

  mutating func write(_ buffer: ByteBuffer) async throws {
    var rest = buffer
    while let piece = rest.readSlice(length: min(Self.piece, rest.readableBytes)),
      piece.readableBytes > 0
    {
      try await writer.write(piece)
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    try await writer.finish(trailingHeaders)
  }
}
