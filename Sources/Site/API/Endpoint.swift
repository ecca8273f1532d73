import Formats
import HTTPTypes
import Hummingbird

/// One call of the API: how it is asked, what it answers, and who answers. The routes and the OpenAPI file come
/// from the same list of these.
struct Endpoint: Sendable {
  enum Body: Sendable {
    case none
    case json(Schema)
    /// Bytes of a media type, such as `text/csv`.
    case bytes(String)
  }

  enum Answer: Sendable {
    case json(Schema)
    /// A text or stream of a media type.
    case other(String)
  }

  struct Parameter: Sendable {
    let name: String
    let schema: Schema
    let about: String
    var isInPath = false
  }

  /// The tag of what people look at: no part of the API.
  static let pageTag = "page"

  let method: HTTPRequest.Method
  /// `/api/v1/runs/{run}`: a part in braces takes any one part of a path.
  let path: String
  let tag: String
  let summary: String
  var parameters: [Parameter] = []
  var body = Body.none
  /// Bytes of a body; the site's limit unless given.
  var bodyLimit: Int?
  let answer: Answer
  /// Media types that it may answer with instead.
  var alsoAnswers: [String] = []
  /// Whether the answer's bytes are a file's, or kept for all: they take no memory of their own.
  var answersFiles = false
  var status = HTTPResponse.Status.ok
  /// The statuses of its own problems, beside those that every call may get.
  var problems: [Int] = []
  /// A body that can be sent as it is.
  var example: JSONValue?
  let handle: @Sendable (SiteRequest) async throws -> Response

  var parts: [String] { path.split(separator: "/").map(String.init) }

  /// What `request` holds for the places in braces; `nil` where its path is another.
  func parameters(of path: [String]) -> [String: String]? {
    let parts = parts
    guard parts.count == path.count else { return nil }
    var found: [String: String] = [:]
    for (part, given) in zip(parts, path) {
      if part.hasPrefix("{") {
        found[String(part.dropFirst().dropLast())] = given
      } else if part != given {
        return nil
      }
    }
    return found
  }

  /// An endpoint that takes JSON and answers JSON.
  static func json(
    _ method: HTTPRequest.Method, _ path: String, tag: String, _ summary: String,
    parameters: [Parameter] = [], takes schema: Schema? = nil, limit: Int? = nil,
    answers: Schema, status: HTTPResponse.Status = .ok, problems: [Int] = [],
    example: JSONValue? = nil,
    _ handle:
      @escaping @Sendable (_ input: JSONValue, _ request: SiteRequest) async throws ->
      JSONValue
  ) -> Endpoint {
    Endpoint(
      method: method, path: path, tag: tag, summary: summary, parameters: parameters,
      body: schema.map(Body.json) ?? .none, bodyLimit: limit, answer: .json(answers),
      status: status, problems: problems, example: example
    ) { request in
      let input = if let schema { try await request.json(schema) } else { JSONValue.null }
      return .json(try await handle(input, request), status: status)
    }
  }
}

extension Response {
  static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: value.text())))
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// What checked input holds; a programmer's mistake where the schema does not promise it.
extension JSONValue {
  func text(_ name: String) -> String { self[name]?.stringValue ?? "" }
  func integer(_ name: String) -> Int { self[name]?.integerValue ?? 0 }
  func number(_ name: String) -> Double { self[name]?.doubleValue ?? 0 }
  func flag(_ name: String) -> Bool { self[name]?.boolValue ?? false }
  func texts(_ name: String) -> [String] { self[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}
