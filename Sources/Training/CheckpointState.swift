import Formats
import Layers
import Messages
import Torch

/// Named tensors and plain values: what one part of a checkpoint holds.
public struct CheckpointState {
  public var tensors: [String: Tensor]
  public var values: [String: JSONValue]
  /// Where it was read, for messages.
  let origin: String

  public init(tensors: [String: Tensor] = [:], values: [String: JSONValue] = [:]) {
    self.init(tensors: tensors, values: values, origin: "the state in memory")
  }

  private init(tensors: [String: Tensor], values: [String: JSONValue], origin: String) {
    self.tensors = tensors
    self.values = values
    self.origin = origin
  }

  /// The tensor `name`; throws if it is missing.
  public func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw InputError("\(origin) lacks '\(name)'") }
    return tensor
  }

  /// The integer `name`; throws if it is missing.
  public func integer(_ name: String) throws -> Int {
    guard let value = values[name]?.integerValue else {
      throw InputError("\(origin) lacks '\(name)'")
    }
    return value
  }

  /// The same with storage of its own, so that later updates do not change it.
  func copied() -> CheckpointState {
    CheckpointState(
      tensors: tensors.mapValues { $0.detach().clone() }, values: values, origin: origin)
  }

  // MARK: - Files

  /// Reads a safetensors file; throws `FileError` where it is missing or damaged.
  init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    self.init(tensors: [:], values: [:], origin: path)
    for entry in file.entries { tensors[entry.name] = try file.tensor(entry) }
    guard let text = file.metadata["values"] else { return }
    guard let members = (try? JSONValue(parsing: text))?.members else {
      throw FileError(path: path, reason: "its values are not a JSON object")
    }
    for member in members { values[member.key] = member.value }
  }

  /// Writes a safetensors file; the values go into its metadata, as JSON.
  func write(to path: String) throws {
    let members = values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }
    try SafetensorsWriter.write(
      tensors.map { SafetensorsTensor(name: $0.key, $0.value) },
      metadata: ["values": JSONValue.object(members).text()], to: path)
  }
}
