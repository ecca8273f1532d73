import Formats
import HTTPTypes
import Hummingbird
import Messages
import NIOCore
import ServiceLifecycle

/// An event as `text/event-stream` writes it.
struct ServerEvent: Sendable {
  /// What a reader that comes back sends as `Last-Event-ID`.
  var id: String?
  /// `message` unless given.
  var name: String?
  var data: String

  var text: String {
    var text = ""
    if let id { text += "id: \(id.onOneLine)\n" }
    if let name { text += "event: \(name.onOneLine)\n" }
    // Every line end that the format knows begins a new `data:`.
    let lines = data.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
      .split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { text += "data: \(line)\n" }
    return text + "\n"
  }
}

/// Server-sent events: what is pulled as a reader takes it, and what is pushed as it is made.
struct EventStream: Sendable {
  /// Where nothing new is there, it is looked for again after this time.
  static let interval = Duration.milliseconds(200)
  /// Without events, a comment shows that both sides are there.
  static let heartbeat = 75  // intervals: 15 s

  static let mediaType = "text/event-stream"

  /// Streams what `next` gives: the events that are new, none if there are none yet, `nil` at the end. Each reader pulls
  /// what it has not seen, at its own pace, so that a slow one holds up nobody and nothing is kept for it.
  static func response(
    gauge: StreamGauge, _ next: @escaping @Sendable () async throws -> [ServerEvent]?
  ) throws -> Response {
    let texts = AsyncThrowingStream<String, any Error> {
      for _ in 0..<heartbeat {
        guard let events = try await next() else { return nil }
        if !events.isEmpty { return events.map(\.text).joined() }
        try await Task.sleep(for: interval)
      }
      return ": \n\n"
    }
    return try response(gauge: gauge) { writer in
      // The reader learns at once that it is connected, and how soon to come back.
      try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
      for try await text in texts.cancelOnGracefulShutdown() {
        try await writer.write(ByteBuffer(string: text))
      }
    }
  }

  /// Streams what `make` sends while it works, then what it returns as the event `answer`; `problem` with the problem's
  /// details where it fails. The work is cancelled when the reader leaves.
  static func response(
    gauge: StreamGauge,
    making make:
      @escaping @Sendable (_ send: @escaping @Sendable (ServerEvent) -> Void) async throws ->
      JSONValue
  ) throws -> Response {
    try response(gauge: gauge) { writer in
      let (events, continuation) = AsyncStream<ServerEvent>.makeStream()
      let work = Task {
        do {
          let answer = try await make { continuation.yield($0) }
          continuation.yield(ServerEvent(name: "answer", data: answer.text()))
        } catch {
          continuation.yield(ServerEvent(name: "problem", data: Problem(error).document.text()))
        }
        continuation.finish()
      }
      defer { work.cancel() }
      try await writer.write(ByteBuffer(string: ": \n\n"))
      for await event in events.cancelOnGracefulShutdown() {
        try await writer.write(ByteBuffer(string: event.text))
      }
    }
  }

  private static func response(
    gauge: StreamGauge,
    _ write: @escaping @Sendable (_ writer: inout any ResponseBodyWriter) async throws -> Void
  ) throws -> Response {
    let ticket = try gauge.enter()
    return Response(
      status: .ok,
      headers: [
        .contentType: mediaType + "; charset=utf-8", .cacheControl: "no-store",
        // Proxies would wait for more.
        .proxyBuffering: "no",
      ],
      body: ResponseBody { writer in
        // A place is taken as long as the stream is.
        defer { withExtendedLifetime(ticket) {} }
        try await write(&writer)
        try await writer.finish(nil)
      })
  }
}
