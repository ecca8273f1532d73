import Formats
import Torch

/// Checkpoint states as files of a folder: `<part>.safetensors` with the tensors, plain values as JSON
/// in the file's metadata under `values`.
enum CheckpointFolder {
  static func write(_ state: CheckpointState, part: String, to folder: String) throws {
    let tensors = state.tensors.map { name, tensor in
      SafetensorsTensor(
        name: name, elementType: elementType(of: tensor.dtype), shape: tensor.shape
      ) { body in
        try tensor.detach().withBytes(body)
      }
    }
    let values = JSONValue.object(
      state.values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })
    try SafetensorsWriter.write(
      tensors, metadata: ["values": values.text()], to: "\(folder)/\(part).safetensors")
  }

  static func read(part: String, from folder: String) throws -> CheckpointState {
    let path = "\(folder)/\(part).safetensors"
    let file = try SafetensorsFile(path: path)
    var state = CheckpointState()
    for entry in file.entries {
      guard let dtype = dtype(of: entry.elementType) else {
        throw FileError(
          path: path, reason: "'\(entry.name)' has elements of type \(entry.elementType.rawValue)")
      }
      state.tensors[entry.name] = try Tensor(
        bytes: file.bytes(of: entry), shape: entry.shape, dtype: dtype)
    }
    if let text = file.metadata["values"] {
      let values: JSONValue
      do {
        values = try JSONValue(parsing: text)
      } catch {
        throw FileError(path: path, reason: "its values are not valid JSON")
      }
      for member in values.members ?? [] { state.values[member.key] = member.value }
    }
    return state
  }

  private static let types: [(DType, ElementType)] = [
    (.bool, .bool), (.uint8, .uint8), (.int8, .int8), (.int16, .int16), (.int32, .int32),
    (.int64, .int64), (.float16, .float16), (.bfloat16, .bfloat16), (.float32, .float32),
    (.float64, .float64), (.complex64, .complex64),
  ]

  private static func elementType(of dtype: DType) -> ElementType {
    guard let pair = types.first(where: { $0.0 == dtype }) else {
      preconditionFailure("a checkpoint cannot hold elements of type \(dtype)")
    }
    return pair.1
  }

  private static func dtype(of elementType: ElementType) -> DType? {
    types.first { $0.1 == elementType }?.0
  }
}
