import Foundation

/// A failure of libtorch, or of finding it: one line for people, the C++ backtrace in `details`, which
/// `description` shows where the environment has `DANLU_VERBOSE=1`.
public struct TorchError: Error, CustomStringConvertible {
  public let message: String
  public let details: String

  public init(_ message: String, details: String = "") {
    self.message = message
    self.details = details
  }

  public var description: String {
    description(isVerbose: ProcessInfo.processInfo.environment["DANLU_VERBOSE"] == "1")
  }

  /// The message, with the backtrace if `isVerbose`.
  public func description(isVerbose: Bool) -> String {
    isVerbose && !details.isEmpty ? "\(message)\n\(details)" : message
  }

  /// The last failure that the table reported on this thread, said of `subject`.
  static func last(_ subject: String) -> TorchError {
    let message = String(cString: LibTorch.api.last_error())
    let line = message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? message
    return TorchError(
      "\(subject): \(LibTorchSentence.translated(line))",
      details: String(cString: LibTorch.api.last_error_details()))
  }
}
