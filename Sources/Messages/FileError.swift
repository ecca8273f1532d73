import Foundation

/// A file that could not be read or written, explained in one line: which file, what was expected,
/// what was found, what would work.
public struct FileError: Error, CustomStringConvertible, Equatable {
  public let path: String
  public let reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The failure of a system call, with the system's own words for `code` (an `errno` value).
  public init(path: String, action: String, code: Int32) {
    self.init(path: path, reason: "cannot \(action): \(String(cString: strerror(code)))")
  }

  /// In one line, whatever names out of the file stand in it.
  public var description: String { "\(path): \(reason)".onOneLine }
}
