import Formats
import Foundation
import HTTPTypes
import Hummingbird

/// A request as handlers see it: its path cut and decoded, its body whole.
struct SiteRequest: Sendable {
  /// Values in a body of JSON: 256 rows of a thousand columns.
  static let valueLimit = 300_000

  let method: HTTPRequest.Method
  /// The path's parts, decoded; none of them is empty, `.`, `..` or holds a separator.
  let path: [String]
  let query: [String: String]
  /// What stands behind the path, `?` included.
  var queryText = ""
  /// Whether the path is spelled as a folder's.
  var endsInSlash = false
  let fields: HTTPFields
  /// The address that it comes from, to count by.
  let client: String
  /// Ends what is done for it when its client is gone.
  let connection: Connection?
  var body = ByteBuffer()
  /// What the places in braces of the endpoint's path hold.
  var parameters: [String: String] = [:]

  /// Where large bodies are read, one after the other: on the threads that answer, a few would hold up everybody.
  private static let reader = OwnThread("danlu.bodies")

  /// The body as JSON of the form that `schema` says. Throws `Problem` for anything else.
  func json(_ schema: Schema) async throws -> JSONValue {
    guard body.readableBytes > ByteBudget.free else { return try schema.checked(json()) }
    return try await Self.reader.run { try schema.checked(json()) }
  }

  /// The body as JSON. Throws `Problem` for anything else.
  private func json() throws -> JSONValue {
    let type = fields[.contentType]?.split(separator: ";").first.map(String.init) ?? ""
    guard type.lowercased().trimmingCharacters(in: .whitespaces) == "application/json" else {
      throw Problem(
        .unsupportedMediaType, "application/json is expected, received '\(type.prefix(80))'")
    }
    do {
      return try JSONValue(
        parsing: Array(body.readableBytesView), maximumCount: Self.valueLimit)
    } catch {
      throw Problem(.badRequest, "the body is no JSON: \(error)")
    }
  }
}

extension SiteRequest {
  /// Runs `body`; `onGone` is called if the client leaves meanwhile.
  func whileConnected<Result>(
    _ body: () async throws -> Result, onGone: @escaping @Sendable () -> Void
  ) async rethrows -> Result {
    guard let connection else { return try await body() }
    return try await connection.whileConnected(body, onGone: onGone)
  }
}

/// The path and the query of a request's target, taken apart so strictly that no spelling of a path leads to
/// two places.
struct RequestTarget: Equatable {
  var path: [String]
  var query: [String: String]
  var queryText = ""
  var endsInSlash: Bool

  /// Throws `Problem` (400) for a target that is not plain.
  init(_ target: String) throws {
    guard target.utf8.count <= 8192 else {
      throw Problem(.uriTooLong, "a target of at most 8192 bytes is expected")
    }
    let target = target.prefix { $0 != "#" }
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, first.hasPrefix("/") else {
      throw Problem(.badRequest, "a path that begins with / is expected")
    }
    path = try first.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      try Self.part($0)
    }
    endsInSlash = path.last == ""
    // `/runs/` is `/runs`; `//` inside is nothing.
    if path.last == "" { path.removeLast() }
    guard !path.contains("") else { throw Problem(.badRequest, "a part of the path is empty") }
    query = [:]
    guard parts.count == 2 else { return }
    queryText = "?" + parts[1]
    for pair in parts[1].split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = try Self.decoded(sides[0].replacing("+", with: " "))
      query[key] = sides.count == 2 ? try Self.decoded(sides[1].replacing("+", with: " ")) : ""
    }
  }

  private static func part(_ text: Substring) throws -> String {
    let part = try decoded(text)
    let isPlain = part.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0.value != 0x7f && $0 != "/" && $0 != "\\" && $0 != "%"
        && !(0x80...0x9f).contains($0.value) && !(0x2028...0x2029).contains($0.value)
        && !(0x202a...0x202e).contains($0.value) && !(0x2066...0x2069).contains($0.value)
    }
    guard isPlain, part != ".", part != ".." else {
      throw Problem(.badRequest, "the path holds what no page's name has")
    }
    return part
  }

  private static func decoded(_ text: some StringProtocol) throws -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { throw Problem(.badRequest, "a % is not followed by two hexadecimal digits") }
      bytes.append(high << 4 | low)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw Problem(.badRequest, "the address is no UTF-8")
    }
    return decoded
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
