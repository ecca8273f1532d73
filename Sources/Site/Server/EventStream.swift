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

/// Server-sent events: each reader pulls what it has not seen, at its own pace, so that a slow one holds up
/// nobody and nothing is kept for it.
struct EventStream: Sendable {
  /// Where nothing new is there, it is looked for again after this time.
  static let interval = Duration.milliseconds(200)
  /// Without events, a comment shows that both sides are there.
  static let heartbeat = 75  // intervals: 15 s

  /// Streams what `next` gives: the events that are new, none if there are none yet, `nil` at the end.
  static func response(
    gauge: StreamGauge, _ next: @escaping @Sendable () async throws -> [ServerEvent]?
  ) throws -> Response {
    let ticket = try gauge.enter()
    let texts = AsyncThrowingStream<String, any Error> {
      _ = ticket  // Kept as long as the stream is.
      for _ in 0..<heartbeat {
        guard let events = try await next() else { return nil }
        if !events.isEmpty { return events.map(\.text).joined() }
        try await Task.sleep(for: interval)
      }
      return ": \n\n"
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
        // Proxies would wait for more.
        .proxyBuffering: "no",
      ],
      body: ResponseBody { writer in
        // The reader learns at once that it is connected, and how soon to come back.
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        for try await text in texts.cancelOnGracefulShutdown() {
          try await writer.write(ByteBuffer(string: text))
        }
        try await writer.finish(nil)
      })
  }
}
