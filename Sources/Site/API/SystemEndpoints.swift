import Formats
import Hummingbird
import Messages

/// What watches the site, and what its own pages need to call it.
enum SystemEndpoints {
  static func all(guarding: RequestGuard, metrics: SiteMetrics) -> [Endpoint] {
    [
      .json(
        .get, "/health", tag: "service", "Whether the site answers.",
        answers: .object([
          .init("status", .text, "`ok`"), .init("version", .text, "Danlu's version."),
        ])
      ) { _, _ in
        ["status": "ok", "version": .string(danluVersion)]
      },
      Endpoint(
        method: .get, path: "/metrics", tag: "service",
        summary: "Counts, as Prometheus reads them.",
        answer: .other("text/plain")
      ) { _ in
        .text(metrics.text, type: "text/plain; version=0.0.4; charset=utf-8")
      },
      .json(
        .get, "/api/v1/session", tag: "service",
        "What a page of the site sends as X-Danlu-Token with what it posts.",
        answers: .object([.init("token", .text, "New at each start of the site.")])
      ) { _, _ in
        ["token": .string(guarding.pageToken)]
      },
    ]
  }
}
