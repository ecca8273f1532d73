import Formats
import Foundation
import HTTPTypes
import Hummingbird
import Messages
import Pages
import ServiceLifecycle

/// What is served: the pages, the endpoints, and what stands behind them.
final class Site: Sendable {
  let guarding: RequestGuard
  let metrics = SiteMetrics()
  let streams = StreamGauge(limit: 600)
  let endpoints: [Endpoint]
  let services: [any Service]
  private let pages: [String: StoredPage]

  init(_ options: SiteOptions, log: @escaping @Sendable (SiteEvent) -> Void) throws {
    guarding = RequestGuard(options)
    let pool = WorkPool()
    let streams = streams
    let metrics = metrics
    metrics.gauge("danlu_streams", "Streams of events that are open.") { Double(streams.count) }
    metrics.gauge("danlu_work_running", "Pieces of work under way.") { Double(pool.load.running) }
    metrics.gauge("danlu_work_waiting", "Pieces of work that wait.") { Double(pool.load.waiting) }
    var endpoints = SystemEndpoints.all(guarding: guarding, metrics: metrics)
    endpoints += TextEndpoints.all(pool)
    endpoints += NetworkEndpoints.all(pool)
    services = []
    self.endpoints = endpoints
    var website = Website.Options()
    website.runs = options.runs
    pages = Self.stored(try Website(website)).merging([
      OpenAPI.path: StoredPage(
        Array(OpenAPI.document(endpoints).text(pretty: true).utf8), type: "application/json")
    ]) { $1 }
  }

  private static func stored(_ website: Website) -> [String: StoredPage] {
    Dictionary(
      uniqueKeysWithValues: website.paths.map { path in
        let page = website.page(at: path)
        return (path, StoredPage(page.bytes, type: page.contentType))
      })
  }

  /// The page of exactly this target, query aside.
  func page(_ target: String) -> StoredPage? {
    if let page = pages[target] { return page }
    guard let mark = target.firstIndex(of: "?") else { return nil }
    return pages[String(target[..<mark])]
  }
}
