import Formats
import Foundation

/// Something that happened to the site, for its log.
public struct SiteEvent: Sendable {
  public enum Level: String, Sendable, Comparable {
    case info, warning, error

    public static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
  }

  public let time: Date
  public let level: Level
  /// What happened, in few words: `request`, `run started`.
  public let name: String
  public let details: [JSONMember]

  init(_ level: Level, _ name: String, _ details: JSONValue = [:]) {
    time = Date()
    self.level = level
    self.name = name
    self.details = details.members ?? []
  }

  private var timeText: String {
    time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// One JSON document.
  public var json: String {
    JSONValue.object(
      [
        JSONMember("time", .string(timeText)), JSONMember("level", .string(level.rawValue)),
        JSONMember("event", .string(name)),
      ] + details
    ).text()
  }

  /// One line for people. Texts are quoted as JSON does it, so that no request can write a line of its own.
  public var text: String {
    ([timeText, level.rawValue, name] + details.map { "\($0.key)=\($0.value.text())" })
      .joined(separator: " ")
  }
}
