import Formats
import Foundation

/// Everything needed to repeat a run: what `config.json` holds.
public struct RunConfiguration: Codable, Sendable, Equatable {
  /// What the run follows; also the beginning of its default folder's name.
  public var recipe: String
  public var seed: UInt64
  /// The command's options and the recipe's knobs, by name.
  public var settings: JSONValue
  /// Of Danlu, libtorch, the compiler and whatever else the numbers depend on.
  public var versions: [String: String]
  /// When the run began, as ISO 8601 in UTC.
  public var created: String

  public init(
    recipe: String = "training", seed: UInt64 = 0, settings: JSONValue = [:],
    versions: [String: String] = [:],
    created: Date = Date()
  ) {
    self.recipe = recipe
    self.seed = seed
    self.settings = settings
    self.versions = versions
    self.created = ISO8601DateFormatter().string(from: created)
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(self)) + [0x0a], to: path)
  }
}
