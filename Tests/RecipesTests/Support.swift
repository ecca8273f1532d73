import Formats
import Foundation
import Parallel
import Testing
import Torch
import Tracking

@testable import Recipes

/// Whether libtorch can be opened; tests that need it say so when they skip.
let hasTorch: Bool = (try? Runtime.load()) != nil
let torchReason: Comment = "libtorch is not set up; 'make setup' fetches it"
let runsSlowTests = ProcessInfo.processInfo.environment["DANLU_SLOW"] == "1"
let slowReason: Comment = "takes minutes; DANLU_SLOW=1 runs it"

extension Tag {
  @Tag static var slow: Self
}

/// All tests that train, one after the other: they share the process-wide random generator.
@Suite(.serialized) struct SerialTests {}

func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The message of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}
