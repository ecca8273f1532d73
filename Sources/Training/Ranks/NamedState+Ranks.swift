import Distributed
import Formats
import Layers
import Messages
import Torch

extension NamedState {
  /// All ranks' states together, on all of them: of each name what its owner has, what rank 0 has where nobody owns it.
  func joined(
    _ communicator: Communicator, owner: (_ name: String) -> Int?
  ) throws -> NamedState {
    var whole = NamedState()
    for rank in 0..<communicator.size {
      var part = self
      part.tensors = tensors.filter { (owner($0.key) ?? 0) == rank }
      part.values = values.filter { (owner($0.key) ?? 0) == rank }
      let received = try part.from(rank, communicator)
      whole.tensors.merge(received.tensors) { first, _ in first }
      whole.values.merge(received.values) { first, _ in first }
    }
    return whole
  }

  /// Rank 0's state, on all ranks; its tensors are on the CPU.
  func fromRoot(_ communicator: Communicator) throws -> NamedState {
    try from(0, communicator)
  }

  /// One rank's state, on all ranks; its tensors are on the CPU.
  private func from(_ root: Int, _ communicator: Communicator) throws -> NamedState {
    guard !communicator.isAlone else { return self }
    let isRoot = communicator.rank == root
    let names = tensors.keys.sorted()
    var description: JSONValue = [:]
    if isRoot {
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
    let text = try communicator.broadcast(Array(description.text().utf8), from: root)
    let received = try JSONValue(parsing: String(decoding: text, as: UTF8.self))
    var state = NamedState()
    for member in received["values"]?.members ?? [] { state.values[member.key] = member.value }
    for entry in received["tensors"]?.arrayValue ?? [] {
      guard let name = entry["name"]?.stringValue,
        let type = DType.allCases.first(where: { "\($0)" == entry["type"]?.stringValue }),
        let shape = entry["shape"]?.arrayValue?.compactMap(\.integerValue)
      else { throw InputError("rank \(root) has sent a state that this Danlu does not know") }
      let tensor: Tensor
      if isRoot, let own = tensors[name] {
        // Live storage is only read where it comes from.
        tensor = own.detach().to(Device.cpu).contiguous()
      } else {
        tensor = Tensor.zeros(shape, dtype: type)
      }
      try tensor.withBytes { bytes in
        try communicator.broadcast(UnsafeMutableRawBufferPointer(mutating: bytes), from: root)
      }
      state.tensors[name] = tensor
    }
    return state
  }
}
