import Formats
import Foundation
import HTTPTypes
import Hummingbird
import Messages
import Pages
import ServiceLifecycle
import WordVectors

/// What is served: the pages, the endpoints, and what stands behind them.
final class Site: Sendable {
  let guarding: RequestGuard
  let metrics = SiteMetrics()
  let streams = StreamGauge(limit: 600)
  let endpoints: [Endpoint]
  let services: [any Service]
  private let pages: [String: StoredPage]
  private let missing: [StoredPage]

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
    let vectors = try options.vectors.map { try VectorTable(contentsOf: $0) }
    endpoints += VectorEndpoints.all(vectors, pool)
    let desk = ModelDesk(ModelRoom())
    metrics.gauge("danlu_models_waiting", "Requests that wait for models.") {
      Double(desk.figures.waiting)
    }
    metrics.gauge("danlu_encode_batches", "Batches of texts that were encoded.") {
      Double(desk.figures.batches)
    }
    metrics.gauge("danlu_encode_texts", "Texts that were encoded.") { Double(desk.figures.texts) }
    let shelf = ModelShelf(folders: [options.models, options.runs].compactMap(\.self))
    endpoints += ModelEndpoints(shelf: shelf, desk: desk).all()
    let library = RunLibrary(folder: options.runs)
    let queue = RunQueue(library, program: options.danlu, log: log)
    let runs = RunEndpoints(library: library, queue: queue, streams: streams)
    endpoints += runs.all() + RunPages(runs: runs).all()
    services = [RunStarter(queue: queue)]
    self.endpoints = endpoints
    var website = Website.Options()
    website.runs = options.runs
    website.sections = SiteSection.all
    let fixed = try Website(website)
    missing = PageLanguage.allCases.map { language in
      StoredPage(fixed.missingPage(language).bytes, type: "text/html; charset=utf-8")
    }
    pages = Self.stored(fixed).merging([
      OpenAPI.path: StoredPage(
        Array(OpenAPI.document(endpoints).text(pretty: true).utf8), type: "application/json"),
      "/assets/live.css": StoredPage(PackageResources.live_css, type: "text/css; charset=utf-8"),
      "/assets/live.js": StoredPage(
        PackageResources.live_js, type: "text/javascript; charset=utf-8"),
    ]) { $1 }
  }

  /// What a person is shown where there is no page.
  func missingPage(_ target: String) -> Response? {
    guard !target.hasPrefix("/api/") else { return nil }
    var response = missing[target.hasPrefix("/en/") ? 1 : 0].response(to: [:])
    response.status = .notFound
    response.headers[.eTag] = nil
    return response
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
