/// What a text-mining operation could not do, in one line: what was asked, what was found, what would
/// work.
public struct TextMiningError: Error, CustomStringConvertible, Equatable {
  public enum Kind: Sendable { case input, option, memory, spill }
  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
