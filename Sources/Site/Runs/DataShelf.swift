import Formats
import Foundation
import Messages

/// What the operator lets recipes be started with: the files and folders of one folder, by names out of a list. No other
/// path can be named, and none of the names leads out.
struct DataShelf: Sendable {
  /// `nil` where nothing may be named.
  let root: String?
  private static let depth = 3
  private static let limit = 2000

  /// Relative to the root, such as `texts` and `texts/a.txt`, in order; hidden ones and those that lead out are left out.
  var names: [String] {
    guard let root, let real = Self.real(root) else { return [] }
    var names: [String] = []
    func add(_ folder: String, _ prefix: String, _ depth: Int) {
      for name in ((try? Folder.names(in: folder)) ?? []).sorted() where !name.hasPrefix(".") {
        guard names.count < Self.limit else { return }
        let path = folder + "/" + name
        guard let target = Self.real(path), target.hasPrefix(real + "/") else { continue }
        names.append(prefix + name)
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue, depth > 1 { add(path, prefix + name + "/", depth - 1) }
      }
    }
    add(root, "", Self.depth)
    return names
  }

  /// The path of a name out of the list. Throws `Problem` (422) for any other.
  func path(_ name: String) throws -> String {
    guard let root else {
      throw Problem(
        .unprocessableContent,
        "data and model cannot be chosen: the site was started without a folder of data")
    }
    guard names.contains(name) else {
      throw Problem(
        .unprocessableContent, "'\(name)' is none of the names of /api/v1/data")
    }
    return root + "/" + name
  }

  private static func real(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
