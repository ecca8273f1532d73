import Formats
import Foundation

/// The checkpoints of a run, `checkpoints/step-000123/`, each appearing whole or not at all.
///
/// A checkpoint is complete if its `manifest.json` is there and every file it lists has the size it
/// lists; anything else is ignored.
public struct CheckpointStore: Sendable, Equatable {
  public let path: String

  public init(path: String) { self.path = path }

  /// A complete checkpoint.
  public struct Checkpoint: Sendable, Equatable {
    public let step: Int
    public let path: String
    /// What `commit` was given beside the files.
    public let note: JSONValue
  }

  /// Fills the checkpoint of `step` by `body`, which gets an empty folder to write files into; they
  /// are made durable and the folder takes its name. One of the same step is replaced.
  ///
  /// `note` is kept in the manifest (a validation loss, a format version).
  @discardableResult
  public func commit(
    step: Int, note: JSONValue = [:], _ body: (_ folder: String) throws -> Void
  ) throws -> Checkpoint {
    let target = path + "/" + Self.name(step: step)
    let replaced = path + "/." + Self.name(step: step) + ".replaced.partial"
    try Folder.create(path)
    try? FileManager.default.removeItem(atPath: replaced)
    if access(target, F_OK) == 0, rename(target, replaced) != 0 {
      throw FileError(path: target, action: "replace", code: errno)
    }
    do {
      try Folder.createAtomically(target) { temporary in
        try body(temporary)
        try writeManifest(of: temporary, step: step, note: note)
      }
    } catch {
      if access(replaced, F_OK) == 0 { rename(replaced, target) }
      throw error
    }
    try? FileManager.default.removeItem(atPath: replaced)
    return Checkpoint(step: step, path: target, note: note)
  }

  /// The complete checkpoints by ascending step; none if there is no folder.
  public func complete() -> [Checkpoint] {
    let names = (try? Folder.names(in: path)) ?? []
    return names.compactMap(checkpoint).sorted { $0.step < $1.step }
  }

  /// The complete checkpoint with the highest step.
  public func latest() -> Checkpoint? { complete().last }

  public func remove(_ checkpoint: Checkpoint) throws {
    do {
      try FileManager.default.removeItem(atPath: checkpoint.path)
    } catch {
      throw FileError(path: checkpoint.path, reason: "cannot remove: \(error.localizedDescription)")
    }
  }

  static func name(step: Int) -> String { "step-" + padded(step) }

  static func padded(_ step: Int) -> String {
    let digits = String(step)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private func writeManifest(of folder: String, step: Int, note: JSONValue) throws {
    let files: [JSONValue] = try Folder.names(in: folder).map { name in
      guard let size = Self.size(folder + "/" + name) else {
        throw FileError(path: folder + "/" + name, reason: "is not a regular file")
      }
      return ["name": .string(name), "bytes": .integer(size)]
    }
    let manifest: JSONValue = ["step": .integer(step), "files": .array(files), "note": note]
    try AtomicFile.write(manifest.text(pretty: true) + "\n", to: folder + "/manifest.json")
  }

  private func checkpoint(named name: String) -> Checkpoint? {
    guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
    let folder = path + "/" + name
    guard let file = try? MappedFile(path: folder + "/manifest.json"),
      let manifest = try? JSONValue(parsing: file.bytes), manifest["step"]?.integerValue == step,
      let files = manifest["files"]?.arrayValue
    else { return nil }
    for file in files {
      guard let name = file["name"]?.stringValue, !name.contains("/"),
        let bytes = file["bytes"]?.integerValue, Self.size(folder + "/" + name) == bytes
      else { return nil }
    }
    return Checkpoint(step: step, path: folder, note: manifest["note"] ?? [:])
  }

  /// The size of a regular file, or `nil`.
  private static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
