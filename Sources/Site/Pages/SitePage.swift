import Formats
import Foundation
import HTTPTypes
import Hummingbird
import Pages
import Reports

/// What the header of a server's pages leads to beside the fixed pages.
extension SiteSection {
  static let runs = SiteSection(path: "/runs/", chinese: "运行", english: "Runs")
  static let play = SiteSection(path: "/play/", chinese: "试验场", english: "Playgrounds")

  static let all: [SiteSection] = [.articles, .archive, .topics, .play, .runs, .about]
}

extension Endpoint {
  /// A page in both languages, made anew for each request. `path` is without the language: `/runs/{run}`.
  static func pages(
    _ path: String,
    _ body: @escaping @Sendable (SiteRequest, PageLanguage) async throws -> SitePage
  ) -> [Endpoint] {
    PageLanguage.allCases.map { language in
      Endpoint(
        method: .get, path: language.prefix + path, tag: pageTag, summary: "",
        answer: .other("text/html")
      ) { request in
        // Addresses inside are relative to the folder that the page is.
        guard request.endsInSlash else {
          return Response(
            status: .movedPermanently,
            headers: [.location: Self.encoded(request.path) + request.queryText])
        }
        let page = try await body(request, language)
        return .text(
          page.html(language, path: request.path.map { "/" + $0 }.joined() + "/"),
          type: "text/html; charset=utf-8")
      }
    }
  }

  /// What stands in a path as it is (RFC 3986, unreserved): ASCII only.
  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

  static func encoded(_ path: [String]) -> String {
    path.map { "/" + ($0.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "") }
      .joined() + "/"
  }
}

/// A page that the server makes.
struct SitePage: Sendable {
  var title: String
  var section: SiteSection
  /// Trusted HTML, its addresses made by `address`.
  var body: @Sendable (_ address: (String) -> String) -> String
  var scripts = ["/assets/live.js"]

  func html(_ language: PageLanguage, path: String) -> String {
    let plain = language == .english ? String(path.dropFirst(3)) : path
    func address(_ target: String) -> String { PageLayout.address(target, from: path) }
    return PageLayout(
      title: title, language: language, path: path,
      otherLanguagePath: language.other.prefix + plain, section: section, sections: SiteSection.all,
      body: "<link rel=\"stylesheet\" href=\"\(address("/assets/live.css"))\">\n" + body(address),
      scripts: scripts
    ).html()
  }
}
