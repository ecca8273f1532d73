import Formats
import Foundation
import Messages

/// The checkpoints of a run, `checkpoints/step-000123/`, each appearing whole or not at all.
///
/// A checkpoint is complete if its `manifest.json` is there and every file it lists has the size it
/// lists; anything else is ignored. It is intact if the files have the checksums it lists, too.
public struct CheckpointStore: Sendable, Equatable {
  public let path: String

  public init(path: String) { self.path = path }

  /// A complete checkpoint.
  public struct Checkpoint: Sendable, Equatable {
    public let step: Int
    public let path: String
    /// What `commit` was given beside the files.
    public let note: JSONValue
    /// How many records the run had when it was made.
    let records: RecordCounts
  }

  /// Fills the checkpoint of `step` by `body`, which gets an empty folder to write files into; they
  /// are made durable and the folder takes its name. One of the same step is replaced.
  ///
  /// `note` is kept in the manifest (a validation loss, a format version).
  @discardableResult
  func commit(
    step: Int, note: JSONValue = [:], records: RecordCounts = RecordCounts(),
    _ body: (_ folder: String) throws -> Void
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
        try writeManifest(of: temporary, step: step, note: note, records)
      }
    } catch {
      if access(replaced, F_OK) == 0 { rename(replaced, target) }
      throw error
    }
    try? FileManager.default.removeItem(atPath: replaced)
    return Checkpoint(step: step, path: target, note: note, records: records)
  }

  /// The complete checkpoints by ascending step; none if there is no folder.
  public func complete() -> [Checkpoint] {
    folders().compactMap { try? complete($0.path).checkpoint }
  }

  /// The complete checkpoint with the highest step.
  public func latest() -> Checkpoint? { complete().last }

  /// The checkpoint with the highest step whose files are, byte for byte, what was written, and one
  /// line for each later one that is damaged.
  public func latestIntact() -> (checkpoint: Checkpoint?, problems: [String]) {
    var problems: [String] = []
    for (_, folder) in folders().reversed() {
      do {
        return (try intact(folder), problems)
      } catch {
        problems.append("a damaged checkpoint is passed over: \(error)")
      }
    }
    return (nil, problems)
  }

  /// Removes all checkpoints of later steps, damaged ones included.
  func removeAll(afterStep step: Int) throws {
    for folder in folders() where folder.step > step { try remove(atPath: folder.path) }
  }

  public func remove(_ checkpoint: Checkpoint) throws { try remove(atPath: checkpoint.path) }

  /// Out of sight first, so that a kill in between leaves debris rather than a damaged checkpoint.
  private func remove(atPath folder: String) throws {
    let hidden = path + "/.\((folder as NSString).lastPathComponent).removed.partial"
    try? FileManager.default.removeItem(atPath: hidden)
    guard rename(folder, hidden) == 0 else {
      throw FileError(path: folder, action: "remove", code: errno)
    }
    try? FileManager.default.removeItem(atPath: hidden)
  }

  /// What has a checkpoint's name, complete or not, by ascending step.
  private func folders() -> [(step: Int, path: String)] {
    let names = (try? Folder.names(in: path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
      return (step, path + "/" + name)
    }.sorted { $0.step < $1.step }
  }

  static func name(step: Int) -> String { "step-" + padded(step) }

  static func padded(_ step: Int) -> String {
    let digits = String(step)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private func writeManifest(
    of folder: String, step: Int, note: JSONValue, _ records: RecordCounts
  ) throws {
    let files: [JSONValue] = try Folder.names(in: folder).map { name in
      guard let size = Self.size(folder + "/" + name) else {
        throw FileError(path: folder + "/" + name, reason: "is not a regular file")
      }
      return [
        "name": .string(name), "bytes": .integer(size),
        "crc32c": .integer(try Self.checksum(folder + "/" + name)),
      ]
    }
    let manifest: JSONValue = [
      "step": .integer(step), "files": .array(files), "note": note, "records": records.json,
    ]
    try AtomicFile.write(manifest.text(pretty: true) + "\n", to: folder + "/manifest.json")
  }

  /// One line of a manifest.
  private struct Entry {
    let path: String
    let checksum: Int?
  }

  /// The checkpoint in `folder`; throws `FileError` unless it is complete.
  private func complete(_ folder: String) throws -> (checkpoint: Checkpoint, files: [Entry]) {
    let manifestPath = folder + "/manifest.json"
    let file = try MappedFile(path: manifestPath)
    guard let manifest = try? JSONValue(parsing: file.bytes),
      let step = manifest["step"]?.integerValue, let files = manifest["files"]?.arrayValue,
      (folder as NSString).lastPathComponent == Self.name(step: step)
    else { throw FileError(path: manifestPath, reason: "is no manifest of this checkpoint") }
    let entries = try files.map { file in
      guard let name = file["name"]?.stringValue, !name.contains("/"),
        let bytes = file["bytes"]?.integerValue
      else { throw FileError(path: manifestPath, reason: "is no manifest of this checkpoint") }
      let path = folder + "/" + name
      guard let size = Self.size(path) else { throw FileError(path: path, reason: "is missing") }
      guard size == bytes else {
        throw FileError(path: path, reason: "has \(size) bytes, \(bytes) were written")
      }
      return Entry(path: path, checksum: file["crc32c"]?.integerValue)
    }
    let checkpoint = Checkpoint(
      step: step, path: folder, note: manifest["note"] ?? [:],
      records: RecordCounts(manifest["records"]))
    return (checkpoint, entries)
  }

  private func intact(_ folder: String) throws -> Checkpoint {
    let (checkpoint, files) = try complete(folder)
    for file in files {
      if let checksum = file.checksum, try Self.checksum(file.path) != checksum {
        throw FileError(path: file.path, reason: "is not what was written: its checksum differs")
      }
    }
    return checkpoint
  }

  private static func checksum(_ path: String) throws -> Int {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Int(CRC32C.checksum(file.bytes)) }
  }

  /// The size of a regular file, or `nil`.
  private static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
