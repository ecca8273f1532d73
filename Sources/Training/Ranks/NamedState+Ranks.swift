import Distributed
import Formats
import Layers
import Messages
import Torch

extension NamedState {
  /// Rank 0's state, on all ranks; its tensors are on the CPU.
  func fromRoot(_ communicator: Communicator) throws -> NamedState {
    guard !communicator.isAlone else { return self }
    let names = tensors.keys.sorted()
    var description: JSONValue = [:]
    if communicator.isRoot {
      description = [
        "values": .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }),
        "tensors": .array(
          names.compactMap { name in
            tensors[name].map { tensor in
              [
                "name": .string(name), "type": .string("\(tensor.dtype)"),
                "shape": .array(tensor.shape.map { .integer($0) }),
              ]
            }
          }),
      ]
    }
    let text = try communicator.broadcast(Array(description.text().utf8))
    let received = try JSONValue(parsing: String(decoding: text, as: UTF8.self))
    var state = NamedState()
    for member in received["values"]?.members ?? [] { state.values[member.key] = member.value }
    for entry in received["tensors"]?.arrayValue ?? [] {
      guard let name = entry["name"]?.stringValue,
        let type = DType.allCases.first(where: { "\($0)" == entry["type"]?.stringValue }),
        let shape = entry["shape"]?.arrayValue?.compactMap(\.integerValue)
      else { throw InputError("rank 0 has sent a state that this Danlu does not know") }
      let tensor: Tensor
      if communicator.isRoot, let own = tensors[name] {
        // Live storage is only read on rank 0.
        tensor = own.detach().to(Device.cpu).contiguous()
      } else {
        tensor = Tensor.zeros(shape, dtype: type)
      }
      try tensor.withBytes { bytes in
        try communicator.broadcast(UnsafeMutableRawBufferPointer(mutating: bytes))
      }
      state.tensors[name] = tensor
    }
    return state
  }
}
