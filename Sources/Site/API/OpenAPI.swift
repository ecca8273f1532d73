import Formats
import HTTPTypes
import Messages

/// The OpenAPI 3.1 description of a list of endpoints: served at `path`.
enum OpenAPI {
  static let path = "/api/v1/openapi.json"

  static func document(_ all: [Endpoint]) -> JSONValue {
    let endpoints = all.filter { $0.tag != Endpoint.pageTag }
    var paths: [JSONMember] = []
    for path in endpoints.map(\.path).uniqued() {
      let calls = endpoints.filter { $0.path == path }.map { endpoint in
        JSONMember(endpoint.method.rawValue.lowercased(), operation(endpoint))
      }
      paths.append(JSONMember(path, .object(calls)))
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Danlu", "version": .string(danluVersion),
        "description":
          "What the site's pages call. Errors are problem details (RFC 9457). A POST from a browser brings Origin and X-Danlu-Token; other programs need neither.",
      ],
      "servers": [["url": "/"]],
      "paths": .object(paths),
      "components": [
        "schemas": [
          "Problem": [
            "type": "object",
            "properties": [
              "type": ["type": "string"], "title": ["type": "string"],
              "status": ["type": "integer"], "detail": ["type": "string"],
            ], "required": ["type", "title", "status", "detail"],
          ]
        ],
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
      ],
      "security": [.object([]), ["token": .array([])]],
    ]
  }

  private static func operation(_ endpoint: Endpoint) -> JSONValue {
    var members = [
      JSONMember("operationId", .string(name(endpoint))),
      JSONMember("tags", [.string(endpoint.tag)]),
      JSONMember("summary", .string(endpoint.summary)),
    ]
    if !endpoint.parameters.isEmpty {
      members.append(JSONMember("parameters", .array(endpoint.parameters.map(parameter))))
    }
    switch endpoint.body {
    case .none: break
    case .json(let schema):
      var content = [JSONMember("schema", schema.json)]
      if let example = endpoint.example { content.append(JSONMember("example", example)) }
      members.append(
        JSONMember(
          "requestBody", ["required": true, "content": ["application/json": .object(content)]]))
    case .bytes(let type):
      members.append(
        JSONMember(
          "requestBody",
          ["required": true, "content": .object([JSONMember(type, ["schema": .object([])])])]))
    }
    var responses: [JSONMember] = []
    var types: [JSONMember] =
      switch endpoint.answer {
      case .json(let schema): [JSONMember("application/json", ["schema": schema.json])]
      case .other(let type): [JSONMember(type, ["schema": ["type": "string"]])]
      }
    types += endpoint.alsoAnswers.map { JSONMember($0, ["schema": ["type": "string"]]) }
    responses.append(
      JSONMember(
        String(endpoint.status.code),
        ["description": .string(endpoint.status.reasonPhrase), "content": .object(types)]))
    for code in statuses(endpoint) {
      responses.append(
        JSONMember(
          String(code),
          [
            "description": .string(HTTPResponse.Status(code: code).reasonPhrase),
            "content": [
              "application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]
            ],
          ]))
    }
    members.append(JSONMember("responses", .object(responses)))
    return .object(members)
  }

  /// The statuses of the problems that a call may get.
  private static func statuses(_ endpoint: Endpoint) -> [Int] {
    var codes: Set<Int> = [400, 401, 414, 421, 500, 503]
    if endpoint.method != .get { codes.insert(403) }
    switch endpoint.body {
    case .none: break
    case .json, .bytes: codes.formUnion([413, 415, 422])
    }
    return codes.union(endpoint.problems).sorted()
  }

  private static func parameter(_ parameter: Endpoint.Parameter) -> JSONValue {
    [
      "name": .string(parameter.name), "in": parameter.isInPath ? "path" : "query",
      "required": .bool(parameter.isInPath), "schema": parameter.schema.json,
      "description": .string(parameter.about),
    ]
  }

  private static func name(_ endpoint: Endpoint) -> String {
    let parts = endpoint.parts.dropFirst(endpoint.path.hasPrefix("/api/v1/") ? 2 : 0)
    return
      ([endpoint.method.rawValue.lowercased()]
      + parts.map { $0.filter { $0.isLetter || $0.isNumber } }).joined(separator: "-")
  }
}

extension Array where Element: Hashable {
  /// Each element once, where it comes first.
  fileprivate func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
