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
  /// What large bodies and answers may take of the memory together.
  let held: ByteBudget
  let endpoints: [Endpoint]
  let services: [any Service]
  private let shown: PageShelf

  init(_ options: SiteOptions, log: @escaping @Sendable (SiteEvent) -> Void) throws {
    guarding = RequestGuard(options)
    held = ByteBudget(limit: options.limits.heldBytes)
    let pool = WorkPool()
    let files = WorkPool(queueLimit: 128)
    let streams = streams
    let metrics = metrics
    metrics.gauge("danlu_streams", "Streams of events that are open.") { Double(streams.count) }
    let held = held
    metrics.gauge("danlu_held_bytes", "Bytes of large bodies and answers that are held.") {
      Double(held.count)
    }
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
    endpoints += ModelEndpoints(
      shelf: shelf, desk: desk, streams: streams, files: files
    ).all()
    let library = RunLibrary(folder: options.runs)
    let queue = RunQueue(library, program: options.danlu, log: log)
    let runs = RunEndpoints(
      library: library, queue: queue, data: DataShelf(root: options.dataRoot),
      tensorBoard: options.tensorBoard, streams: streams, files: files)
    endpoints += runs.all() + PlaygroundPages.all()
    var website = Website.Options()
    website.runs = options.runs
    website.articles = options.articles
    website.sections = SiteSection.all
    let takesComments = options.comments != nil
    website.liveParts = { Playground.livePart($0, $1, takesComments: takesComments) }
    let fixed = try Website(website)
    endpoints += RunPages(runs: runs, statements: fixed.claims(of:in:)).all()
    let store = try options.comments.map {
      try CommentStore(path: $0, isModerated: options.isModerated)
    }
    endpoints += CommentEndpoints(store: store, articles: Set(fixed.articles.map(\.name))).all()
    shown = PageShelf(
      fixed,
      own: [
        OpenAPI.path: StoredPage(
          Array(OpenAPI.document(endpoints).text(pretty: true).utf8), type: "application/json"),
        "/assets/live.css": StoredPage(
          PackageResources.live_css, type: "text/css; charset=utf-8"),
        "/assets/live.js": StoredPage(
          PackageResources.live_js, type: "text/javascript; charset=utf-8"),
        "/assets/comments.js": StoredPage(
          PackageResources.comments_js, type: "text/javascript; charset=utf-8"),
        "/assets/play.js": StoredPage(
          PackageResources.play_js, type: "text/javascript; charset=utf-8"),
        "/assets/play-server.js": StoredPage(
          PackageResources.play_server_js, type: "text/javascript; charset=utf-8"),
        "/assets/play-browser.js": StoredPage(
          PackageResources.play_browser_js, type: "text/javascript; charset=utf-8"),
      ])
    self.endpoints = endpoints + SearchPages.all(shown, pool)
    services = [RunStarter(queue: queue), PageKeeper(shelf: shown, log: log)]
  }

  /// What a person is shown where there is no page.
  func missingPage(_ target: String) -> Response? {
    target.hasPrefix("/api/") ? nil : shown.missing(target.hasPrefix("/en/") ? .english : .chinese)
  }

  /// The page of exactly this target, query aside.
  func page(_ target: String) -> StoredPage? { shown.page(target) }
}
