import Foundation
import Testing

@testable import Site

@Suite struct ServerTests {
  @Test func pagesHaveSecurityFieldsTagsAndGzip() async throws {
    try await TestSite.with { site in
      let page = await site.get("/")
      #expect(page.status == 200)
      #expect(page.fields["content-type"] == "text/html; charset=utf-8")
      let policy = try #require(page.fields["content-security-policy"])
      #expect(policy.contains("default-src 'self'") && !policy.contains("script-src"))
      #expect(page.fields["x-content-type-options"] == "nosniff")
      #expect(page.fields["x-frame-options"] == "DENY")
      let tag = try #require(page.fields["etag"])
      let known = await site.get("/", ["If-None-Match: \(tag)"])
      #expect(known.status == 304 && known.body.isEmpty)
      #expect(await site.get("/", ["If-None-Match: \"other\""]).status == 200)

      let style = await site.get("/assets/site.css")
      let packed = await site.get("/assets/site.css", ["Accept-Encoding: br, gzip"])
      #expect(packed.fields["content-encoding"] == "gzip")
      #expect(packed.body.count * 2 < style.body.count)
      #expect(packed.body.starts(with: [0x1f, 0x8b]))
      #expect(packed.fields["etag"] != style.fields["etag"])
      let unwanted = await site.get("/assets/site.css", ["Accept-Encoding: gzip;q=0"])
      #expect(unwanted.body == style.body)

      let head = await site.raw(site.head("HEAD", "/", ["Connection: close"]) + "\r\n", seconds: 2)
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(head.fields["content-length"] == "\(page.body.count)")
      #expect(await site.get("/health").text.contains("\"status\":\"ok\""))
    }
  }

  @Test func errorsAreProblemDetails() async throws {
    try await TestSite.with { site in
      #expect(await site.get("/nothing").isProblem(404))
      #expect(await site.get("/health/x").isProblem(404))
      let method = await site.post("/health", "{}")
      #expect(method.isProblem(405))
      #expect(method.fields["allow"] == "GET, HEAD")
      #expect(await site.post("/api/v1/words", "{}").isProblem(422))
      #expect(await site.post("/api/v1/words", "{").isProblem(400))
      #expect(await site.post("/api/v1/words", #"{"text":"\u0000"}"#).isProblem(422))
      for path in ["words", "segment"] {
        #expect(await site.post("/api/v1/\(path)", #"{"text":"\u0012"}"#).isProblem(422))
      }
      #expect(await site.post("/api/v1/words", #"{"text":"a"}"#, type: "text/plain").isProblem(415))
      #expect(
        await site.post("/api/v1/words", #"{"text":"a"}"#, ["Content-Encoding: gzip"]).isProblem(
          415))
      let wrong = await site.post("/api/v1/words", #"{"text":"a","methd":"v0"}"#)
      #expect(wrong.isProblem(422) && wrong.text.contains("'methd' is none of text, method, count"))
    }
  }

  static let spellings = [
    "/../etc/passwd", "/..%2fetc/passwd", "/%2e%2e/etc/passwd", "/%2e%2e%2fetc%2fpasswd",
    "/..%5cetc%5cpasswd", "/..\\..\\etc\\passwd", "/.%2e/etc/passwd", "/%2e./etc/passwd",
    "/assets/../../Package.swift", "/assets/..%2f..%2fPackage.swift", "/assets/%2e%2e/site.css",
    "/assets//site.css", "//etc/passwd", "///etc/passwd", "/./assets/site.css",
    "/assets/./site.css", "/assets/%2e/site.css", "/..%252fetc%252fpasswd", "/%252e%252e/etc",
    "/%c0%ae%c0%ae/etc/passwd", "/%e0%80%ae%e0%80%ae/etc", "/..%c0%afetc", "/%uff0e%uff0e/etc",
    "/..;/etc/passwd", "/..%00/etc/passwd", "/assets/site.css%00.html", "/assets/site.css%0a",
    "/assets/site.css%0d%0aX: y", "/api/v1/runs/..", "/api/v1/runs/%2e%2e",
    "/api/v1/runs/%2e%2e%2f%2e%2e", "/api/v1/runs/..%5c..", "/api/v1/runs/%2fetc%2fpasswd",
    "/api/v1/runs/a%2f..%2f..%2fetc", "/api/v1/runs/.%00.", "/api/v1/runs/~root",
    "/api/v1/runs/%7e/x", "/api/v1/runs/a/samples/..%2f..%2fconfig.json",
    "/api/v1/runs/a/samples/%2e%2e", "/api/v1/runs/a/samples/....//....//etc",
    "/api/v1/runs/a/samples/%252e%252e%252f", "/runs/../health/..", "/runs/%2e%2e/%2e%2e/health",
    "/en/../../etc/passwd", "/en/%2e%2e/%2e%2e/etc/passwd", "/file:///etc/passwd",
    "/%2fetc/passwd", "/%5c%5cserver%5cshare", "/C:%5cWindows%5cwin.ini", "/%ff%fe/etc",
    "/\u{ff0e}\u{ff0e}/etc/passwd", "/%e2%80%ae/etc", "/%",
  ]

  @Test func noSpellingOfAPathLeadsOut() async throws {
    #expect(Self.spellings.count >= 50)
    try await TestSite.with { site in
      for path in Self.spellings {
        let reply = await site.get(path)
        #expect([400, 404].contains(reply.status), "\(path): \(reply.status)")
        #expect(!reply.text.contains("root:") && !reply.text.contains("swift-tools-version"))
      }
    }
  }

  @Test func absoluteTargetsLeadNowhere() async throws {
    try await TestSite.with { site in
      // The form that proxies are asked in: answered from the site's own pages or not at all.
      let own = await site.get("/")
      #expect(await site.get("http://evil.example/").body == own.body)
      #expect(await site.get("http://evil.example/latest/meta-data").isProblem(404))
      #expect(await site.get("*").status >= 400)
      #expect(
        await site.raw("CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").status >= 400)
    }
  }

  @Test func oversizedRequestsAreCut() async throws {
    try await TestSite.with { site in
      let long = String(repeating: "a", count: 200_000)
      let field = await site.get("/health", ["X-Long: \(long)"])
      #expect(field.status == 400 || field.bytes.isEmpty)
      let many = await site.get("/health", (0..<2000).map { "X-\($0): y" })
      #expect(many.status == 400 || many.bytes.isEmpty)
      let target = await site.get("/" + long)
      #expect([400, 414].contains(target.status) || target.bytes.isEmpty)
      let declared = await site.raw(
        site.head(
          "POST", "/api/v1/words", ["Content-Type: application/json", "Content-Length: 999999999"])
          + "\r\n{")
      #expect(declared.isProblem(413))
      #expect(declared.fields["connection"] == "close")
      // Without a length: chunks for ever.
      let chunk = "10000\r\n" + String(repeating: "x", count: 65536) + "\r\n"
      let endless = await site.raw(
        site.head(
          "POST", "/api/v1/words",
          ["Content-Type: application/json", "Transfer-Encoding: chunked"]) + "\r\n"
          + String(repeating: chunk, count: 40))
      #expect(endless.isProblem(413) || endless.bytes.isEmpty)
      #expect(await site.get("/health").status == 200)
    }
  }

  static let ambiguous = [
    "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5", "Content-Length: -1", "Content-Length: +5",
    "Content-Length: 0x5", "Content-Length: 5, 6", "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity", "Transfer-Encoding : chunked",
    "Content-Length : 5", " Content-Length: 5",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "Content-Length: 99999999999999999999",
  ]

  @Test func ambiguousLengthsAreRefused() async throws {
    try await TestSite.with { site in
      for fields in Self.ambiguous {
        let request =
          "POST /api/v1/words HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + fields + "\r\n\r\n0\r\n\r\nGET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let reply = await site.raw(request, seconds: 0.4)
        #expect(reply.status != 200, "\(fields)")
        #expect(!String(decoding: reply.bytes, as: UTF8.self).contains("\"token\""), "\(fields)")
      }
    }
  }

  @Test func malformedLinesAreRefused() async throws {
    try await TestSite.with { site in
      for request in [
        "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX\u{0}: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n",
      ] {
        let reply = await site.raw(request, seconds: 2)
        #expect(reply.status >= 400 || reply.bytes.isEmpty, "\(request): \(reply.status)")
      }
      #expect(await site.get("/health").status == 200)
    }
  }

  @Test func onlyOwnNamesAreAnswered() async throws {
    try await TestSite.with { site in
      for host in ["localhost", "127.0.0.1:1", "[::1]:80", "LOCALHOST:\(site.port)"] {
        #expect(await site.get("/health", ["Host: \(host)"]).status == 200, "\(host)")
      }
      for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "localhost:x", ""]
      {
        #expect(await site.get("/health", ["Host: \(host)"]).status >= 400, "\(host)")
      }
    }
    try await TestSite.with {
      $0.publicNames = ["danlu.example"]
    } _: { site in
      #expect(await site.get("/health", ["Host: danlu.example"]).status == 200)
    }
  }

  @Test func pagesElsewhereCannotPost() async throws {
    try await TestSite.with { site in
      let body = #"{"text":"天上月天上月"}"#
      let own = "Origin: http://localhost:\(site.port)"
      let session = await site.get("/api/v1/session").text
      let token = try #require(session.split(separator: "\"").dropLast().last.map(String.init))
      // Programs that are no browser.
      #expect(await site.post("/api/v1/words", body).status == 200)
      #expect(
        await site.post("/api/v1/words", body, [own, "X-Danlu-Token: \(token)"]).status == 200)
      for fields in [
        [own], [own, "X-Danlu-Token: x"], ["Origin: http://evil.example"],
        ["Origin: http://evil.example", "X-Danlu-Token: \(token)"],
        ["Origin: null", "X-Danlu-Token: \(token)"], ["Referer: http://evil.example/"],
        ["Sec-Fetch-Site: cross-site"], ["Cookie: a=b"], ["Sec-Fetch-Mode: no-cors"],
        ["Origin: http://localhost:\(site.port + 1)", "X-Danlu-Token: \(token)"],
        ["Origin: https://localhost:\(site.port).evil.example", "X-Danlu-Token: \(token)"],
      ] {
        #expect(await site.post("/api/v1/words", body, fields).isProblem(403), "\(fields)")
      }
    }
  }

  @Test func othersNeedTheToken() async throws {
    var open = SiteOptions()
    open.host = "0.0.0.0"
    #expect(throws: (any Error).self) { try SiteServer(open) }
    let token = SiteOptions.randomToken()
    try await TestSite.with {
      $0.host = "0.0.0.0"
      $0.token = token
    } _: { site in
      #expect(await site.get("/").isProblem(401))
      #expect(await site.get("/health").isProblem(401))
      #expect(await site.get("/", ["Authorization: Bearer \(token)x"]).isProblem(401))
      #expect(await site.get("/", ["Authorization: Bearer \(token)"]).status == 200)
      #expect(await site.get("/?token=wrong").isProblem(401))
      let welcome = await site.get("/?token=\(token)")
      #expect(welcome.status == 303 && welcome.fields["location"] == "/")
      let cookie = try #require(welcome.fields["set-cookie"])
      #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
      #expect(await site.get("/", ["Cookie: danlu-token=\(token)"]).status == 200)
    }
  }

  @Test func answersHoldNothingOfTheRequestsOwnFields() async throws {
    try await TestSite.with { site in
      let reply = await site.get("/%0d%0aSet-Cookie:%20a=b")
      #expect(reply.status == 400 && reply.fields["set-cookie"] == nil)
      let query = await site.get("/health?x=%0d%0aSet-Cookie:%20a=b")
      #expect(query.status == 200 && query.fields["set-cookie"] == nil)
    }
  }

  @Test func halfSentRequestsHoldUpNobody() async throws {
    try await TestSite.with { site in
      let port = site.port
      let sockets = await TestSite.offPool {
        (0..<200).compactMap { _ -> TestSocket? in
          let socket = TestSocket(port: port)
          socket?.send("GET / HTTP/1.1\r\nHost: local")
          return socket
        }
      }
      #expect(sockets.count == 200)
      let began = ContinuousClock.now
      #expect(await site.get("/health").status == 200)
      #expect(ContinuousClock.now - began < .milliseconds(500))
      let seconds = try await site.stop()
      #expect(seconds < 1, "\(seconds)")
      withExtendedLifetime(sockets) {}
    }
  }

  @Test func idleConnectionsAndDrippingBodiesEnd() async throws {
    try await TestSite.with {
      $0.limits.idleSeconds = 1
      $0.limits.transferSeconds = 1
    } _: { site in
      let port = site.port
      let head = site.head(
        "POST", "/api/v1/words", ["Content-Type: application/json", "Content-Length: 100"])
      let ended = await TestSite.offPool { () -> [Bool] in
        let sockets = ["", "GET / HT", head + "\r\n{"].map { text -> TestSocket? in
          let socket = TestSocket(port: port)
          socket?.send(text)
          return socket
        }
        return sockets.map { socket in
          let end = Date().addingTimeInterval(4)
          while Date() < end { if socket?.read(seconds: 0.2) == nil { return true } }
          return false
        }
      }
      #expect(ended == [true, true, true])
    }
  }

  @Test func requestsAreLoggedInOneLine() async throws {
    try await TestSite.with {
      $0.logsRequests = true
    } _: { site in
      _ = await site.get("/a%0ab?x=%e2%80%a8\"level")
      let event = try #require(site.events.all.first { $0.name == "request" })
      #expect(!event.text.contains("\n") && event.json.hasPrefix("{\"time\":\"20"))
    }
  }
}
