import Foundation
import HTTPTypes
import Testing

@testable import Formats
@testable import Messages
@testable import Site

@Suite struct LimitTests {
  @Test func packedBodiesAreNotUnpacked() async throws {
    try await TestSite.with { site in
      // A megabyte of zeros in a kilobyte; it is not looked into.
      let bomb = Gzip.packed([UInt8](repeating: 0, count: 1 << 20))
      for encoding in ["gzip", "deflate", "br", "gzip, gzip", "GZIP"] {
        let head = site.head(
          "POST", "/api/v1/words",
          [
            "Content-Type: application/json", "Content-Encoding: \(encoding)",
            "Content-Length: \(bomb.count)",
          ])
        let reply = await site.raw(Array((head + "\r\n").utf8) + bomb)
        #expect(reply.isProblem(415), "\(encoding): \(reply.status)")
      }
      // As a table it is text like any other.
      let table = String(decoding: bomb.prefix(900), as: UTF8.self)
      let body = JSONValue.object([
        JSONMember("question", "几行"), JSONMember("table", .string(table)),
      ])
      #expect([404, 422].contains(await site.post("/api/v1/sql", body.text()).status))
    }
  }

  @Test func aBodyOfMoreValuesThanAnyCallTakesIsRefused() async throws {
    try await TestSite.with { site in
      let body = "[" + String(repeating: "1,", count: 400_000) + "1]"
      let reply = await site.post("/api/v1/words", body)
      #expect(reply.isProblem(400) && reply.text.contains("more than 300000 values"))
    }
    #expect(try JSONValue(parsing: Array("[1,2]".utf8), maximumCount: 3) == [1, 2])
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: Array("[1,2]".utf8), maximumCount: 2)
    }
  }

  @Test func largeRequestsAndAnswersShareTheMemory() async throws {
    try await TestSite.with {
      $0.limits.heldBytes = 300_000
    } _: { site in
      let text = String(repeating: "天上月", count: 30_000)
      let large: JSONValue = ["text": .string(text), "method": "v0"]
      // 270 kB have room, as long as nobody else holds some.
      #expect(await site.post("/api/v1/words", large.text()).status == 200)
      let half = large.text().prefix(60_000)
      let held = site.head(
        "POST", "/api/v1/words",
        ["Content-Type: application/json", "Content-Length: \(large.text().utf8.count)"])
      let port = site.port
      let socket = await TestSite.offPool { () -> TestSocket? in
        let socket = TestSocket(port: port)
        socket?.send(held + "\r\n" + half)
        return socket
      }
      for _ in 0..<100 where await site.get("/metrics").text.contains("danlu_held_bytes 0.0\n") {
        try await Task.sleep(for: .milliseconds(20))
      }
      let refused = await site.post("/api/v1/words", large.text())
      #expect(refused.isProblem(503) && refused.fields["retry-after"] == "2")
      #expect(await site.post("/api/v1/words", #"{"text":"天上月"}"#).status == 200)
      withExtendedLifetime(socket) {}
    }
  }

  @Test func whatFailsInsideIsToldToTheLogAlone() {
    let error = FileError(path: "/home/somebody/secret", reason: "cannot be read")
    let problem = Problem(error)
    #expect(problem.status == .internalServerError && !problem.detail.contains("somebody"))
  }

  @Test func behindAProxyClientsAreTheProxys() {
    var options = SiteOptions()
    var fields: HTTPFields = [:]
    fields[.forwardedFor] = "6.6.6.6, 10.0.0.9"
    #expect(RequestGuard(options).client(fields, at: "127.0.0.1") == "127.0.0.1")
    options.publicNames = ["danlu.example"]
    #expect(RequestGuard(options).client(fields, at: "127.0.0.1") == "10.0.0.9")
    #expect(RequestGuard(options).client(fields, at: "7.7.7.7") == "7.7.7.7")
    #expect(RequestGuard(options).client([:], at: nil) == "local")
  }

  @Test func addressesAreASCII() {
    #expect(Endpoint.encoded(["runs", "det-exp_1.2~"]) == "/runs/det-exp_1.2~/")
    #expect(Endpoint.encoded(["运 行"]) == "/%E8%BF%90%20%E8%A1%8C/")
  }

  @Test func optionsThatMakeNoSenseAreRefused() throws {
    func check(_ change: (inout SiteOptions) -> Void) throws {
      var options = SiteOptions()
      change(&options)
      try options.check()
    }
    try check { $0.tensorBoard = "http://localhost:6006/" }
    for change in [
      { $0.dataRoot = "/no/such/folder" }, { $0.tensorBoard = "javascript:alert(1)" },
      { $0.token = "short" }, { $0.token = "with spaces in it, and long" }, { $0.port = 70_000 },
    ] as [(inout SiteOptions) -> Void] {
      #expect(throws: OptionError.self) { try check(change) }
    }
  }

  /// 1 × 1, and the same with a header that promises 60,000 × 60,000.
  @Test func picturesThatPromiseTooMuchAreRefused() throws {
    let small = Image(width: 1, height: 1, channels: 3, pixels: [1, 2, 3]).png()
    let text = Data(small).base64EncodedString()
    #expect(try ModelEndpoints.decoded(picture: text).width == 1)
    #expect(try ModelEndpoints.decoded(picture: "data:image/png;base64," + text).height == 1)
    var large = small
    large.replaceSubrange(16..<24, with: [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60])
    for wrong in ["", "!", "AAAA", Data(large).base64EncodedString()] {
      let problem = #expect(throws: Problem.self, "\(wrong)") {
        try ModelEndpoints.decoded(picture: wrong)
      }
      #expect(problem?.status == .unprocessableContent)
    }
  }

  @Test func hostileNamesOfRunsAreShownAsText() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/hostile-\(UUID().uuidString)"
    let name = "<img src=x onerror=alert(1)>\"'"
    let run = folder + "/" + name
    try FileManager.default.createDirectory(
      atPath: run + "/samples", withIntermediateDirectories: true)
    let script = "<script>alert(1)</script>"
    let configuration: JSONValue = [
      "recipe": .string(script), "seed": 0,
      "settings": ["set": .object([JSONMember(script, .string(script))])],
      "versions": .object([JSONMember(script, .string(script))]), "created": .string(script),
    ]
    try AtomicFile.write(configuration.text(), to: run + "/config.json")
    let records = (1...3).map { step in
      JSONValue.object([
        JSONMember("step", .integer(step)), JSONMember("wall", .number(0.5)),
        JSONMember(script, .number(Double(step))),
      ]).text()
    }
    try AtomicFile.write(records.joined(separator: "\n") + "\n", to: run + "/metrics.jsonl")
    let claim: JSONValue = [
      "id": .string(script), "statement": .string(script), "expected": .string(script),
      "measured": 1, "holds": true,
    ]
    let summary: JSONValue = [
      "recipe": .string(script), "run": .string(script), "seconds": 1, "steps": 3,
      "metrics": .object([]), "claims": [claim],
    ]
    try AtomicFile.write(summary.text(), to: run + "/claims.json")
    try AtomicFile.write("x", to: run + "/samples/<b>\".png")
    try AtomicFile.write("a text", to: run + "/samples/<b>.txt")
    try await TestSite.with {
      $0.runs = folder
    } _: { site in
      let address = Endpoint.encoded(["runs", name])
      for language in ["", "/en"] {
        for path in ["/runs/", address] {
          let page = await site.get(language + path)
          #expect(page.status == 200)
          #expect(!page.text.contains(script) && !page.text.contains("<img src=x"), "\(path)")
          #expect(!page.text.contains("<b>"), "\(path)")
        }
      }
      let curves = await site.get("/api/v1" + address + "curves")
      #expect(curves.status == 200 && curves.text.contains("svg"))
      #expect(!curves.text.contains(script))
      let sample = await site.get("/api/v1" + address + "samples/%3Cb%3E.txt")
      #expect(sample.status == 200 && sample.text == "a text")
      #expect(sample.fields["content-type"] == "text/plain; charset=utf-8")
      #expect(sample.fields["x-content-type-options"] == "nosniff")
      #expect(await site.get("/api/v1" + address + "report").isProblem(404))
    }
  }
}
