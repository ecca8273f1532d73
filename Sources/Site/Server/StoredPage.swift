import Formats
import HTTPTypes
import Hummingbird

/// A page or a file as it is sent, kept in memory whole: its bytes, packed and plain, and its fields.
struct StoredPage: Sendable {
  enum Caching: String, Sendable {
    /// Asked for each time, sent only where it has changed.
    case revalidated = "no-cache"
    /// Never asked for again: its address changes with it.
    case year = "public, max-age=31536000, immutable"
  }

  private let plain: Response
  private let packed: Response?
  private let tag: String

  init(
    _ bytes: [UInt8], type: String, caching: Caching = .revalidated, fields extra: HTTPFields = [:]
  ) {
    let hash = String(StoredPage.hash(bytes), radix: 36)
    tag = hash
    func response(_ bytes: [UInt8], tag: String, encoding: String?) -> Response {
      var fields = SecurityFields.standard
      fields[.contentType] = type
      fields[.cacheControl] = caching.rawValue
      fields[.eTag] = "\"\(tag)\""
      if StoredPage.isPacked(type) { fields[.vary] = "Accept-Encoding" }
      if let encoding { fields[.contentEncoding] = encoding }
      for field in extra { fields[field.name] = field.value }
      return Response(
        status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
    plain = response(bytes, tag: hash, encoding: nil)
    let smaller = StoredPage.isPacked(type) && bytes.count > 1024 ? Gzip.packed(bytes) : nil
    packed = smaller.flatMap {
      $0.count < bytes.count ? response($0, tag: hash + "-gzip", encoding: "gzip") : nil
    }
  }

  /// The page, or only that it has not changed.
  func response(to fields: HTTPFields) -> Response {
    let accepts = fields[.acceptEncoding] ?? ""
    let chosen = Self.acceptsGzip(accepts) ? packed ?? plain : plain
    if let known = fields[.ifNoneMatch], known == "*" || known.contains("\"\(tag)") {
      var response = Response(status: .notModified, headers: chosen.headers)
      response.headers[.contentLength] = nil
      response.headers[.contentType] = nil
      return response
    }
    return chosen
  }

  private static func acceptsGzip(_ field: String) -> Bool {
    guard field.contains("gzip") else { return false }
    return !field.replacing(" ", with: "").contains("gzip;q=0")
      || field.replacing(" ", with: "").contains("gzip;q=0.")
  }

  /// Images and fonts are packed already.
  private static func isPacked(_ type: String) -> Bool {
    type.hasPrefix("text/") || type.contains("json") || type.contains("xml")
      || type.contains("javascript")
  }

  /// FNV-1a.
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}

/// The fields that keep a browser from doing with a page what it was not made for.
enum SecurityFields {
  static let policy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

  static let standard: HTTPFields = [
    .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff",
    .referrerPolicy: "same-origin", .frameOptions: "DENY",
    .crossOriginOpenerPolicy: "same-origin",
    .crossOriginResourcePolicy: "same-origin",
  ]

  /// For a page with scripts of its own, such as a run's report: cut off from the site, and from the network.
  static let sandboxed =
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    + "img-src data:; frame-src 'self' data:; frame-ancestors 'self'"
}
