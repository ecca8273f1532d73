import Formats

/// What a path of the site answers with.
public struct WebPage: Sendable, Equatable {
  /// 200, 301 or 404.
  public let status: Int
  /// The value of `Content-Type`.
  public let contentType: String
  public let bytes: [UInt8]
  /// The value of `ETag`, quotation marks included: a hash of the bytes.
  public let entityTag: String
  /// Where a page has moved (301).
  public let location: String?

  public init(status: Int = 200, contentType: String, bytes: [UInt8], location: String? = nil) {
    self.status = status
    self.contentType = contentType
    self.bytes = bytes
    self.location = location
    entityTag = "\"\(ContentHash(bytes).text)\""
  }

  public init(html: String, status: Int = 200) {
    self.init(status: status, contentType: "text/html; charset=utf-8", bytes: Array(html.utf8))
  }

  /// The type that a file of that name is served with.
  public static func contentType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "xml": "application/xml; charset=utf-8"
    case "woff": "font/woff"
    default: "text/plain; charset=utf-8"
    }
  }
}
