import Foundation
import Testing
import Torch

/// Whether libtorch can be opened; tests that need it say so when they skip.
public let hasTorch: Bool = {
  guard (try? LibTorch.load()) != nil else { return false }
  // Small tensors gain nothing from threads.
  threadCount = 1
  return true
}()
public let torchReason: Comment = "libtorch is not set up; 'make setup' fetches it"

public let runsSlowTests = ProcessInfo.processInfo.environment["DANLU_SLOW"] == "1"
public let slowReason: Comment = "takes minutes; DANLU_SLOW=1 runs it"

extension Tag {
  /// Takes long; runs where DANLU_SLOW=1.
  @Tag public static var slow: Self
}

/// The real data sets: the folder DANLU_DATA, or `../shared/data` beside the checkout.
public enum SharedData {
  public static let folder: String = {
    if let folder = ProcessInfo.processInfo.environment["DANLU_DATA"] { return folder }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../shared/data").standardizedFileURL.path
  }()

  public static func path(_ name: String) -> String { folder + "/" + name }

  public static func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name))
  }

  public static let reason: Comment = "the real data sets are not at ../shared/data (or DANLU_DATA)"
}

/// Runs `body` with a new folder, removed afterwards.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The bytes of a file.
public func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The message of what `body` throws, which must be one line; `no error` if it throws nothing.
public func message(
  of body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  do {
    try body()
    return "no error"
  } catch {
    let text = "\(error)"
    #expect(!text.contains("\n"), "an error of more than one line", sourceLocation: sourceLocation)
    return text
  }
}

/// Expects numbers to agree to `tolerance`, one by one.
public func expectClose(
  _ found: [Double], _ expected: [Double], _ tolerance: Double = 1e-8,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  for (found, expected) in zip(found, expected) {
    #expect(
      abs(found - expected) <= tolerance, "\(found) ≠ \(expected)", sourceLocation: sourceLocation)
  }
}

/// Expects two tensors of one shape to agree to `tolerance`, relative to the larger of 1 and the value.
public func expectClose(
  _ received: Tensor, _ expected: Tensor, _ tolerance: Double, _ what: String = "",
  _ sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(received.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
  guard received.shape == expected.shape, expected.count > 0 else { return }
  let scale = expected.abs().clamp(minimum: 1)
  let difference = ((received - expected).abs() / scale).max().item()
  #expect(difference <= tolerance, "\(what) differs", sourceLocation: sourceLocation)
}
