import Foundation
import HTTPTypes
import Hummingbird
import Pages
import ServiceLifecycle
import Synchronization

/// The pages that stay as they are from one request to the next, made beforehand: articles, lists, assets. They are
/// made anew as runs end, each page that changed and no other.
final class PageShelf: Sendable {
  private struct State {
    var website: Website
    var pages: [String: StoredPage]
    var missing: [StoredPage]
  }

  private let own: [String: StoredPage]
  private let state: Mutex<State>

  /// - Parameter own: Pages that the server adds.
  init(_ website: Website, own: [String: StoredPage]) {
    self.own = own
    let pages = Dictionary(
      uniqueKeysWithValues: website.paths.map { ($0, Self.stored(website.page(at: $0))) })
    state = Mutex(
      State(
        website: website, pages: pages.merging(own) { $1 },
        missing: PageLanguage.allCases.map { Self.stored(website.missingPage($0)) }))
  }

  private static func stored(_ page: WebPage) -> StoredPage {
    StoredPage(page.bytes, type: page.contentType)
  }

  /// The page of exactly this target, query aside; none for a search that is asked for.
  func page(_ target: String) -> StoredPage? {
    let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
    guard let mark else { return state.withLock { $0.pages[target] } }
    let path = String(target[..<mark])
    if path.hasSuffix("/search/") { return nil }
    return state.withLock { $0.pages[path] }
  }

  func missing(_ language: PageLanguage) -> Response {
    let page = state.withLock { $0.missing[language == .english ? 1 : 0] }
    var response = page.response(to: [:])
    response.status = .notFound
    response.headers[.eTag] = nil
    return response
  }

  var website: Website { state.withLock { $0.website } }

  /// Reads articles and runs again.
  func refresh() throws {
    let before = website
    let after = try before.updated()
    var changed: [String: StoredPage] = [:]
    for path in after.paths {
      let page = after.page(at: path)
      if page.entityTag != before.page(at: path).entityTag { changed[path] = Self.stored(page) }
    }
    let paths = Set(after.paths)
    let (new, kept) = (changed, own)
    state.withLock { state in
      state.website = after
      state.pages.merge(new) { $1 }
      state.pages = state.pages.filter { paths.contains($0.key) || kept[$0.key] != nil }
    }
  }
}

/// Makes pages anew while the site runs.
struct PageKeeper: Service {
  let shelf: PageShelf
  let log: @Sendable (SiteEvent) -> Void

  func run() async throws {
    let thread = OwnThread("danlu.pages")
    let ticks = AsyncStream<Void> { try? await Task.sleep(for: .seconds(5)) }
    for await _ in ticks.cancelOnGracefulShutdown() {
      do { try await thread.run { try shelf.refresh() } } catch {
        log(SiteEvent(.warning, "pages not made anew", ["reason": .string("\(error)")]))
      }
    }
  }
}

/// The answers of a search, as a page and as JSON.
enum SearchPages {
  static func all(_ shelf: PageShelf, _ pool: WorkPool) -> [Endpoint] {
    PageLanguage.allCases.map { language in
      Endpoint(
        method: .get, path: language.prefix + "/search", tag: Endpoint.pageTag, summary: "",
        answer: .other("text/html")
      ) { request in
        let page = try await pool.run(for: request) { _ in
          shelf.website.searchPage(query(request), in: language)
        }
        return Response(
          status: .ok, headers: [.contentType: page.contentType, .cacheControl: "no-store"],
          body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.bytes)))
      }
    }
  }

  private static func query(_ request: SiteRequest) -> String {
    String((request.query["q"] ?? "").prefix(400))
  }
}
