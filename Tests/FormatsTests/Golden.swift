import Formats
import Foundation
import Testing

/// The files that Scripts/golden/formats.py and events.py made with the reference implementations.
enum Golden {
  static func path(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
    return folder.appendingPathComponent(name).path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: try path(name))))
  }
}

/// Runs `body` with a new folder, removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The message of the `FileError` that `body` throws; records an issue if it throws none.
func message(of body: () throws -> Void) -> String {
  do {
    try body()
    Issue.record("no error")
    return ""
  } catch let error as FileError {
    #expect(!error.description.contains("\n"), "an error of more than one line: \(error)")
    return error.description
  } catch {
    Issue.record("not a FileError: \(error)")
    return ""
  }
}

extension Tag {
  /// Takes long; runs where DANLU_SLOW=1.
  @Tag static var slow: Self
}
