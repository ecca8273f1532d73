import Foundation
import Testing

@testable import Formats
@testable import Site

@Suite struct OpenAPITests {
  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs/openapi.json").standardizedFileURL.path

  /// `DANLU_WRITE_OPENAPI=1` writes the file anew.
  @Test func theFileSaysWhatIsServed() async throws {
    try await TestSite.with { site in
      let served = await site.get("/api/v1/openapi.json").text
      if ProcessInfo.processInfo.environment["DANLU_WRITE_OPENAPI"] == "1" {
        try (served + "\n").write(toFile: Self.path, atomically: true, encoding: .utf8)
      }
      let kept = try String(contentsOfFile: Self.path, encoding: .utf8)
      #expect(
        kept == served + "\n", "docs/openapi.json is old: DANLU_WRITE_OPENAPI=1 makes it anew")
    }
  }

  @Test func everyRouteIsDescribedOnce() async throws {
    try await TestSite.with { site in
      let document = try JSONValue(parsing: await site.get("/api/v1/openapi.json").text)
      let paths = try #require(document["paths"]?.members)
      for member in paths {
        for call in member.value.members ?? [] {
          let path = member.key.replacing(/\{[a-z]+\}/, with: "x")
          let reply =
            call.key == "get" ? await site.get(path) : await site.post(path, "{}")
          #expect(reply.status != 405 && reply.status < 500, "\(call.key) \(path): \(reply.status)")
          #expect(call.value["responses"]?["\(reply.status)"] != nil, "\(path): \(reply.status)")
        }
      }
    }
  }

  @Test func theExamplesAreTaken() async throws {
    try await TestSite.with { site in
      let document = try JSONValue(parsing: await site.get("/api/v1/openapi.json").text)
      for member in try #require(document["paths"]?.members) {
        let content = member.value["post"]?["requestBody"]?["content"]?["application/json"]
        guard let example = content?["example"], !member.key.contains("runs") else { continue }
        let reply = await site.post(member.key, example.text())
        // Models and vectors are not there.
        #expect([200, 404].contains(reply.status), "\(member.key): \(reply.text)")
      }
    }
  }

  @Test func schemasFillInAndRefuse() throws {
    let schema = Schema.object([
      .init("a", .integer(1...5), ""), .init("b", .text(3), "", fallback: "x"),
      .init(optional: "c", .array(.number(0...1), count: 1...2), ""),
    ])
    #expect(try schema.checked(["a": 3]).text() == #"{"a":3,"b":"x"}"#)
    #expect(try schema.checked(["a": 3.0, "c": [1]]).text() == #"{"a":3,"b":"x","c":[1.0]}"#)
    for (value, message) in [
      (["a": 6], "a: an integer from 1 to 5 expected, received 6"),
      (["a": "1"], "a: an integer from 1 to 5 expected, received \"1\""),
      ([:], "the body: a is missing"), (["a": 1, "d": 2], "the body: 'd' is none of a, b, c"),
      (["a": 1, "b": "long"], "b: at most 3 characters expected, received 4"),
      (["a": 1, "b": ""], "b: at least 1 characters expected, received \"\""),
      (["a": 1, "c": []], "c: 1 to 2 elements expected, received 0"),
      (["a": 1, "c": [2]], "c[0]: a number from 0.0 to 1.0 expected, received 2"),
      (["a": 1, "c": ["NaN"]], "c[0]: a number from 0.0 to 1.0 expected, received \"NaN\""),
      ([1], "the body: an object expected, received [1]"),
    ] as [(JSONValue, String)] {
      #expect(throws: Problem(.unprocessableContent, message)) { try schema.checked(value) }
    }
  }
}
