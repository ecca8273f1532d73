import Formats
import Foundation
import Layers
import Messages
import Torch

/// The tensors of a checkpoint, wherever they lie: one file of safetensors or of PyTorch, several with an index,
/// or a checkpoint of TensorFlow.
struct CheckpointSource {
  /// The file, or the index of several.
  let path: String
  let names: [String]
  let tensor: (_ name: String) throws -> Tensor
  /// Whether names and layout are Google's.
  var isGoogle = false

  /// Finds the checkpoint in a folder, or opens the one that `path` is. Throws `FileError`.
  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else {
      self = try CheckpointSource.file(path)
      return
    }
    let single = ["model.safetensors", "pytorch_model.bin"]
    for name in single {
      if FileManager.default.fileExists(atPath: "\(path)/\(name)") {
        self = try CheckpointSource.file("\(path)/\(name)")
        return
      }
      if FileManager.default.fileExists(atPath: "\(path)/\(name).index.json") {
        self = try CheckpointSource.parts(of: path, index: "\(path)/\(name).index.json")
        return
      }
    }
    guard let index = try Folder.names(in: path).first(where: { $0.hasSuffix(".ckpt.index") })
    else {
      throw FileError(
        path: path,
        reason:
          "holds no checkpoint: neither \(single.joined(separator: " nor ")), whole or in parts, "
          + "nor a .ckpt.index of TensorFlow")
    }
    self = try CheckpointSource.google("\(path)/\(index)")
  }

  private init(_ path: String, _ names: [String], _ tensor: @escaping (String) throws -> Tensor) {
    self.path = path
    self.names = names
    self.tensor = tensor
  }

  private static func file(_ path: String) throws -> CheckpointSource {
    if path.hasSuffix(".index") { return try google(path) }
    if FileManager.default.fileExists(atPath: path + ".index") {
      return try google(path + ".index")
    }
    if try TorchFile.recognizes(path: path) {
      let file = try TorchFile(path: path)
      return CheckpointSource(path, file.entries.map(\.name)) { try file.tensor($0) }
    }
    let file = try SafetensorsFile(path: path, copyOnWrite: true)
    return CheckpointSource(path, file.entries.map(\.name)) { try file.tensor($0, mapped: true) }
  }

  /// `weight_map` says which file of the folder holds which tensor.
  private static func parts(of folder: String, index path: String) throws -> CheckpointSource {
    let file = try MappedFile(path: path)
    let places: [String: String]
    do {
      guard let members = try JSONValue(parsing: file.bytes)["weight_map"]?.members else {
        throw InputError("it has no object \"weight_map\"")
      }
      places = try Dictionary(
        members.map { member in
          guard let name = member.value.stringValue, !name.contains("/") else {
            throw InputError("'\(member.key)' is in no file of the folder")
          }
          return (member.key, name)
        }, uniquingKeysWith: { first, _ in first })
    } catch {
      throw FileError(path: path, reason: "is no index of a checkpoint: \(error)")
    }
    var sources: [String: CheckpointSource] = [:]
    for name in Set(places.values) {
      sources[name] = try CheckpointSource.file("\(folder)/\(name)")
    }
    let opened = sources
    return CheckpointSource(path, places.keys.sorted()) { name in
      guard let source = places[name].flatMap({ opened[$0] }), source.names.contains(name) else {
        throw FileError(
          path: path,
          reason: "says that '\(name)' is in \(places[name] ?? "no file"), which lacks it")
      }
      return try source.tensor(name)
    }
  }

  private static func google(_ path: String) throws -> CheckpointSource {
    let file = try TensorFlowCheckpoint(path: path)
    var source = CheckpointSource(path, file.entries.map(\.name)) { name in
      guard let entry = file[name], let dtype = DType(entry.elementType) else {
        throw FileError(path: path, reason: "has no tensor '\(name)' of a type that tensors have")
      }
      return try Tensor(bytes: file.bytes(of: entry), shape: entry.shape, dtype: dtype)
    }
    source.isGoogle = true
    return source
  }
}
