import Foundation
import HTTPTypes
import Hummingbird

/// Who may ask, and from where: the checks that every request passes before anything is done for it.
///
/// - The `Host` must be one of the site's own: a page elsewhere whose name was pointed at this machine (DNS
///   rebinding) has another.
/// - Where others can connect, each request brings the site's token: `Authorization: Bearer …`, or the cookie
///   that `/?token=…` sets.
/// - A POST (or DELETE) that a browser sends must come from the site's own pages: its `Origin` is the site, and
///   it brings the page's token in `X-Danlu-Token`. Requests without `Origin`, `Referer`, `Cookie` and
///   `Sec-Fetch-…` are no browser's, which sends the first of them whenever a page of another site posts.
struct RequestGuard: Sendable {
  private let names: Set<String>
  private let acceptsAnyHost: Bool
  private let token: String?
  private let isBehindProxy: Bool
  /// What the site's pages send with what they post; made anew at each start.
  let pageToken: String

  static let cookie = "danlu-token"

  init(_ options: SiteOptions) {
    token = options.token
    isBehindProxy = !options.publicNames.isEmpty
    pageToken = SiteOptions.randomToken()
    names = Set(
      (["localhost", "127.0.0.1", "[::1]"] + [options.host] + options.publicNames).map {
        $0.lowercased()
      })
    // With a token no other site's page can be taken for one of ours: its cookie is kept by name.
    acceptsAnyHost = !options.isLoopback && options.publicNames.isEmpty
  }

  /// Throws `Problem` where the request is not to be answered.
  func check(_ request: HTTPRequest) throws(Problem) {
    // The first Host has become the authority; a second one may be what a proxy in front went by.
    guard !request.headerFields.contains(where: { $0.name.canonicalName == "host" }) else {
      throw Problem(.badRequest, "one Host is expected, received two")
    }
    guard let host = request.authority?.lowercased(), acceptsAnyHost || isOwn(host) else {
      throw Problem(.misdirectedRequest, "this site has other names than the request's Host")
    }
    if let token, !bears(request.headerFields, token) {
      throw Problem(
        .unauthorized,
        "the site's token is missing: Authorization: Bearer TOKEN, or open /?token=TOKEN",
        fields: [.wwwAuthenticate: "Bearer"])
    }
    if request.method != .get, request.method != .head, request.method != .options {
      try checkOrigin(request.headerFields, host: host)
    }
  }

  /// The address that a request comes from: where a reverse proxy is in front, on this machine, the one that it tells.
  func client(_ fields: HTTPFields, at address: String?) -> String {
    let address = address ?? "local"
    guard isBehindProxy, ["127.0.0.1", "::1", "local"].contains(address),
      let told = fields[.forwardedFor]?.split(separator: ",").last
    else { return address }
    return String(told.trimmingCharacters(in: .whitespaces).prefix(64))
  }

  private func isOwn(_ host: String) -> Bool {
    if names.contains(host) { return true }
    guard let colon = host.lastIndex(of: ":"),
      host[host.index(after: colon)...].allSatisfy(\.isNumber)
    else { return false }
    return names.contains(String(host[..<colon]))
  }

  private func bears(_ fields: HTTPFields, _ token: String) -> Bool {
    if let given = fields[.authorization], given.hasPrefix("Bearer ") {
      return Self.isEqual(String(given.dropFirst(7)), token)
    }
    let cookies = fields[.cookie]?.split(separator: ";") ?? []
    return cookies.contains { cookie in
      let parts = cookie.trimmingCharacters(in: .whitespaces).split(separator: "=", maxSplits: 1)
      return parts.count == 2 && parts[0] == Self.cookie && Self.isEqual(String(parts[1]), token)
    }
  }

  private func checkOrigin(_ fields: HTTPFields, host: String) throws(Problem) {
    let isBrowser =
      fields[.origin] != nil || fields[.referer] != nil || fields[.cookie] != nil
      || fields.contains { $0.name.canonicalName.hasPrefix("sec-fetch-") }
    guard isBrowser else { return }
    let origin = fields[.origin]?.lowercased()
    guard origin == "http://\(host)" || origin == "https://\(host)" else {
      throw Problem(.forbidden, "what a browser posts must come from a page of this site (Origin)")
    }
    let given = fields[.danluToken] ?? ""
    guard Self.isEqual(given, pageToken) else {
      throw Problem(.forbidden, "X-Danlu-Token is not the page's; load the page anew")
    }
  }

  /// Takes as long for a near miss as for a far one.
  static func isEqual(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Where `/?token=…` brings the right one: the answer that sets the cookie and leads to the page without it.
  func welcome(_ target: RequestTarget) -> Response? {
    guard let token, target.path.isEmpty, let given = target.query["token"],
      Self.isEqual(given, token)
    else { return nil }
    return Response(
      status: .seeOther,
      headers: [
        .location: "/", .cacheControl: "no-store",
        .setCookie: "\(Self.cookie)=\(token); Path=/; HttpOnly; SameSite=Strict",
      ])
  }
}
