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
