import Foundation
import Testing
import Torch

/// Whether libtorch can be opened; tests that need it say so when they skip.
let hasTorch: Bool = (try? Runtime.load()) != nil
let torchReason: Comment = "libtorch is not set up; 'make setup' fetches it"

/// The real data sets, where the checkout has them beside it.
let dataFolder: String = {
  if let folder = ProcessInfo.processInfo.environment["DANLU_DATA"] { return folder }
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  return root.deletingLastPathComponent().appendingPathComponent("shared/data").path
}()
let hasData = FileManager.default.fileExists(atPath: dataFolder + "/mnist")
let dataReason: Comment = "the real data sets are not at ../shared/data"

func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
