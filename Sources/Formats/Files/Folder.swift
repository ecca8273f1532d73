import Foundation
import Messages

/// What the writers of this package need from folders.
public enum Folder {
  /// Creates `path` and its missing parents. Throws `FileError` where that is refused or where a
  /// file has that name.
  public static func create(_ path: String) throws {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else {
        throw FileError(path: path, reason: "is a file, a folder was expected")
      }
      return
    }
    let parent = split(path).folder
    if !parent.isEmpty, parent != path { try create(parent) }
    if mkdir(path, 0o777) != 0, errno != EEXIST {
      throw FileError(path: path, action: "create the folder", code: errno)
    }
  }

  /// The folder of a path (empty if it names none) and the name in it.
  ///
  /// Foundation's `deletingLastPathComponent` stops the program on Linux for a path of one character.
  package static func split(_ path: String) -> (folder: String, name: String) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return ("", String(path)) }
    let name = String(path[path.index(after: slash)...])
    var folder = path[..<slash]
    while folder.hasSuffix("/") { folder.removeLast() }
    return (folder.isEmpty ? "/" : String(folder), name)
  }

  /// The names in `path`, sorted; hidden ones (a leading dot) left out.
  public static func names(in path: String) throws -> [String] {
    guard let folder = opendir(path) else {
      throw FileError(path: path, action: "list", code: errno)
    }
    closedir(folder)
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw FileError(path: path, reason: "cannot list: \(error.localizedDescription)")
    }
  }

  /// Makes renames and new names in the folder durable.
  public static func synchronize(_ path: String) throws {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }  // An unreadable folder still took the rename.
    defer { close(descriptor) }
    // Some file systems cannot synchronize a folder and say EINVAL: nothing to be done there.
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP {
      throw FileError(path: path, action: "synchronize", code: errno)
    }
  }

  /// Fills a folder that appears under `path` whole or not at all.
  ///
  /// `body` gets a temporary folder beside `path`. When it returns, every file in there is made
  /// durable and the folder is renamed to `path`; when it throws, the temporary folder is removed.
  /// Throws `FileError` if `path` exists.
  public static func createAtomically<Result>(
    _ path: String, _ body: (_ temporaryPath: String) throws -> Result
  ) throws -> Result {
    guard access(path, F_OK) != 0 else {
      throw FileError(path: path, reason: "exists already")
    }
    let parent = split(path).folder
    if !parent.isEmpty { try create(parent) }
    let temporary = temporaryPath(beside: path)
    try create(temporary)
    do {
      let result = try body(temporary)
      try synchronizeTree(temporary)
      guard rename(temporary, path) == 0 else {
        throw FileError(path: path, action: "create", code: errno)
      }
      try synchronize(parent)
      return result
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw error
    }
  }

  /// A fresh hidden name in the folder of `path`: `.NAME.RANDOM.partial`. Whoever finds one that no
  /// process is writing may remove it.
  static func temporaryPath(beside path: String) -> String {
    let (folder, last) = split(path)
    let suffix = String(UInt64.random(in: 0..<1 << 40), radix: 36)
    let name = ".\(last).\(suffix).partial"
    return folder.isEmpty ? name : (folder as NSString).appendingPathComponent(name)
  }

  private static func synchronizeTree(_ path: String) throws {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      let child = (path as NSString).appendingPathComponent(name)
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: child, isDirectory: &isDirectory),
        isDirectory.boolValue
      {
        try synchronizeTree(child)
      } else {
        try synchronize(child)
      }
    }
    try synchronize(path)
  }
}
