import Distributed
import Layers
import Optimizers
import Torch

/// Sums gradients over ranks: copied behind one another in the order of parameters, in pieces of which one
/// travels while the next is copied.
final class RankedGradients: GradientReduction {
  private let communicator: Communicator
  /// What this rank's part of the batch under way counts.
  var share = 1.0
  /// Why a sum has failed; gradients are meaningless then, and training must not go on.
  private(set) var failure: (any Error)?

  init(_ communicator: Communicator) { self.communicator = communicator }

  func scaled(_ gradients: [Tensor?]) -> [Tensor?] { gradients.map { $0.map { $0 * share } } }

  func sum(_ gradients: [Tensor?], _ parameters: [Parameter], areScaled: Bool) -> [Tensor?] {
    guard failure == nil else { return gradients }
    do {
      // A parameter that no rank has a gradient of must stay as it is.
      let present = try communicator.sum(gradients.map { $0 == nil ? 0 : 1 })
      let indices = gradients.indices.filter { present[$0] > 0 }
      let isDouble = { (index: Int) in parameters[index].value.dtype == .float64 }
      var result = [Tensor?](repeating: nil, count: gradients.count)
      let factor = areScaled ? 1 : share
      let (doubles, floats) = (indices.filter(isDouble), indices.filter { !isDouble($0) })
      try sum(Float.self, floats, gradients, parameters, factor, into: &result)
      try sum(Double.self, doubles, gradients, parameters, factor, into: &result)
      return result
    } catch {
      failure = error
      return gradients
    }
  }

  private func sum<Number: ReducibleNumber & TensorElement & BinaryFloatingPoint>(
    _ type: Number.Type, _ indices: [Int], _ gradients: [Tensor?], _ parameters: [Parameter],
    _ factor: Double, into result: inout [Tensor?]
  ) throws {
    guard !indices.isEmpty else { return }
    // Each begins at a cache line.
    var offsets: [Int] = []
    var total = 0
    for index in indices {
      offsets.append(total)
      total += (parameters[index].value.count + 15) / 16 * 16
    }
    let flat = FlatNumbers<Number>(count: total)
    let travels = communicator.wire == .exact || Number.self != Float.self
    var underWay: [PendingOperation] = []
    var begun = 0
    let length = Communicator.pieceBytes / MemoryLayout<Number>.stride
    func send(upTo end: Int) throws {
      guard travels else { return }
      while end - begun >= length || (end == total && begun < end) {
        if underWay.count == 2 { try underWay.removeFirst().wait() }
        let stop = min(begun + length, end)
        underWay.append(
          try communicator.beginSum(UnsafeMutableBufferPointer(rebasing: flat.all[begun..<stop])))
        begun = stop
      }
    }
    for (offset, index) in zip(offsets, indices) {
      let count = parameters[index].value.count
      flat.fill(offset, count, from: gradients[index], times: Number(factor))
      try send(upTo: offset + (count + 15) / 16 * 16)
      for operation in underWay { try operation.progress() }
    }
    for operation in underWay { try operation.wait() }
    if !travels, let floats = flat.all as? UnsafeMutableBufferPointer<Float> {
      try communicator.sumInBrainFloat(floats)
    }
    for (offset, index) in zip(offsets, indices) {
      result[index] = try flat.tensor(offset, like: parameters[index].value)
    }
  }
}

/// Gradients behind one another, in memory that the tensors made of it keep.
private final class FlatNumbers<Number: TensorElement & BinaryFloatingPoint> {
  let all: UnsafeMutableBufferPointer<Number>

  init(count: Int) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Number>.stride, alignment: 64)
    all = bytes.bindMemory(to: Number.self)
  }

  deinit { UnsafeMutableRawBufferPointer(all).deallocate() }

  /// Zeros where there is no gradient, and behind its end.
  func fill(_ offset: Int, _ count: Int, from gradient: Tensor?, times factor: Number) {
    guard let target = all.baseAddress.map({ $0 + offset }) else { return }
    for place in count..<(count + 15) / 16 * 16 { target[place] = 0 }
    guard let gradient else {
      target.update(repeating: 0, count: count)
      return
    }
    let numbers = gradient.dtype == Number.dtype ? gradient : gradient.to(Number.dtype)
    numbers.withBytes { bytes in
      guard let source = bytes.baseAddress?.assumingMemoryBound(to: Number.self) else { return }
      for place in 0..<count { target[place] = source[place] * factor }
    }
  }

  /// As the optimizer takes it: of the parameter's type and device, in its layout.
  func tensor(_ offset: Int, like parameter: Tensor) throws -> Tensor {
    let part = UnsafeRawBufferPointer(
      UnsafeMutableBufferPointer(rebasing: all[offset..<offset + parameter.count]))
    let view =
      parameter.count == 0
      ? Tensor.zeros(parameter.shape, dtype: Number.dtype)
      : try Tensor.onMemory(part, shape: parameter.shape, dtype: Number.dtype, owner: self)
    return view.to(parameter.device).to(parameter.dtype)
  }
}
