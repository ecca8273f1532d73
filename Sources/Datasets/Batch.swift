import Messages
import Torch

/// Tensors by name, in the order in which they were declared.
public struct NamedTensors: Sequence {
  public let entries: [(name: String, tensor: Tensor)]

  public init(_ entries: [(name: String, tensor: Tensor)] = []) { self.entries = entries }

  public var names: [String] { entries.map(\.name) }
  public var isEmpty: Bool { entries.isEmpty }

  public func contains(_ name: String) -> Bool { entries.contains { $0.name == name } }

  /// The tensor called `name`. Traps, with the names that are there, if there is none.
  public subscript(name: String) -> Tensor {
    for entry in entries where entry.name == name { return entry.tensor }
    let known = names.map { "'\($0)'" }.joined(separator: ", ")
    fatalError("there is no tensor '\(name)'; there is \(known.isEmpty ? "none" : known)")
  }

  /// The only tensor. Traps, with the names, where there are several or none.
  func only(_ what: String) -> Tensor {
    require(
      entries.count == 1,
      "\(what) expected one tensor, received \(names); ask for one of them by name")
    return entries[0].tensor
  }

  public func makeIterator() -> IndexingIterator<[(name: String, tensor: Tensor)]> {
    entries.makeIterator()
  }

  func mapTensors(_ transform: (Tensor) throws -> Tensor) rethrows -> NamedTensors {
    NamedTensors(try entries.map { ($0.name, try transform($0.tensor)) })
  }
}

/// One step's worth of examples: named tensors whose first axis is the batch.
///
/// A model of one input reads `batch.input`, one of several `batch.inputs["tokens"]`. Integers stay
/// integers; bytes (uint8) are pixels, and become float32 as the loader's `PixelScale` says.
public struct Batch {
  /// `(B, …)` each.
  public let inputs: NamedTensors
  /// `(B, …)`: int64 classes, float32 values to predict, or padded sequences of either.
  public let labels: Tensor?
  /// For each input of sequences, under its name: `(B, L)`, true where a sequence has an element.
  public let attentionMasks: NamedTensors
  /// For each input of sequences, under its name: `(B)`, int64.
  public let sequenceLengths: NamedTensors
  /// Where the examples stand in their source; in a stream, their numbers in the order of reading.
  public let indices: [Int]
  /// Which pass over the data this is, from 0, and which batch of it, from 0.
  public let epoch: Int
  public let position: Int
  /// Whether it is known to be the last of its epoch.
  let isLast: Bool
  /// Where this part stands, if other ranks have the others.
  var place: BatchPlace?

  public init(
    inputs: NamedTensors, labels: Tensor? = nil, attentionMasks: NamedTensors = NamedTensors(),
    sequenceLengths: NamedTensors = NamedTensors(), indices: [Int] = [], epoch: Int = 0,
    position: Int = 0
  ) {
    self.init(
      inputs: inputs, labels: labels, attentionMasks: attentionMasks,
      sequenceLengths: sequenceLengths, indices: indices, epoch: epoch, position: position,
      isLast: false)
  }

  init(
    inputs: NamedTensors, labels: Tensor?, attentionMasks: NamedTensors,
    sequenceLengths: NamedTensors, indices: [Int], epoch: Int, position: Int, isLast: Bool
  ) {
    self.inputs = inputs
    self.labels = labels
    self.attentionMasks = attentionMasks
    self.sequenceLengths = sequenceLengths
    self.indices = indices
    self.epoch = epoch
    self.position = position
    self.isLast = isLast
  }

  /// A batch of one input, called `input`.
  public init(_ input: Tensor, labels: Tensor? = nil) {
    self.init(inputs: NamedTensors([("input", input)]), labels: labels)
  }

  /// The only input. Traps, with their names, where there are several.
  public var input: Tensor { inputs.only("Batch.input") }

  /// The mask of the only input of sequences.
  public var attentionMask: Tensor { attentionMasks.only("Batch.attentionMask") }

  /// The lengths of the only input of sequences.
  public var lengths: Tensor { sequenceLengths.only("Batch.lengths") }

  /// B.
  public var count: Int { inputs.entries.first?.tensor.size(0) ?? labels?.size(0) ?? 0 }

  /// The same batch on another device.
  public func moved(to device: Device) -> Batch {
    guard inputs.contains(where: { $0.tensor.device != device }) else { return self }
    var moved = Batch(
      inputs: inputs.mapTensors { $0.to(device) }, labels: labels?.to(device),
      attentionMasks: attentionMasks.mapTensors { $0.to(device) },
      sequenceLengths: sequenceLengths.mapTensors { $0.to(device) }, indices: indices,
      epoch: epoch, position: position, isLast: isLast)
    moved.place = place
    return moved
  }
}
