import HTTPTypes
import Messages

/// The fields that the library has no names for.
extension HTTPField.Name {
  static let crossOriginOpenerPolicy = named("Cross-Origin-Opener-Policy")
  static let danluToken = named("X-Danlu-Token")
  static let forwardedFor = named("X-Forwarded-For")
  static let frameOptions = named("X-Frame-Options")
  static let lastEventID = named("Last-Event-ID")
  static let proxyBuffering = named("X-Accel-Buffering")
  static let referrerPolicy = named("Referrer-Policy")

  private static func named(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { fatalError("\(text) is no name of a field") }
    return name
  }
}
