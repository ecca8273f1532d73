/// Work on vectors that cannot be done, explained in one line: what was asked, what was received,
/// what would work.
public struct VectorError: Error, CustomStringConvertible, Equatable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
