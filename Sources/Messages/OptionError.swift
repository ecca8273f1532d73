/// An option that cannot be honored: which one, what it expects, what it received.
///
/// Libraries name an option by the property or argument that holds it (`minCount`), other options in
/// a sentence by the same name between backquotes. A program that has another spelling for them, such
/// as `--min-count`, passes it to `description(naming:)`.
public struct OptionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The property that holds the option, `minCount`; empty where the error is about several.
  public let option: String
  /// What is wrong, without the option's name: `expects at least 1, received 0`.
  public let problem: String

  public init(_ option: String, _ problem: String) {
    self.option = option
    self.problem = problem
  }

  public init(_ option: String, expected: String, received: some CustomStringConvertible) {
    self.init(option, "expects \(expected), received \(received)")
  }

  /// Throws the error that says so unless `condition` holds.
  public static func expect(
    _ condition: Bool, _ option: String, _ expected: String,
    received: some CustomStringConvertible
  ) throws {
    guard condition else { throw OptionError(option, expected: expected, received: received) }
  }

  public var description: String { description { $0 } }

  /// The message in one line, options spelled by `spelling`.
  public func description(naming spelling: (_ option: String) -> String) -> String {
    let sentence = problem.split(separator: "`", omittingEmptySubsequences: false)
      .enumerated().map { $0 % 2 == 1 ? spelling(String($1)) : String($1) }.joined()
    return (option.isEmpty ? sentence : "\(spelling(option)) \(sentence)").onOneLine
  }
}

/// Something wrong with what came from outside the process: a file's content, a corpus, a device. One
/// line: what was asked, what was found, what would work.
public struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// May name options between backquotes, as `OptionError` does.
  public let problem: String

  public init(_ problem: String) { self.problem = problem }

  public var description: String { description { $0 } }

  /// The message in one line, options spelled by `spelling`.
  public func description(naming spelling: (_ option: String) -> String) -> String {
    OptionError("", problem).description(naming: spelling)
  }
}
