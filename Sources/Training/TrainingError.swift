/// Why training cannot begin, go on or be resumed, in one line.
public struct TrainingError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
