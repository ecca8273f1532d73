import Distributed
import Layers
import Messages
import Torch

/// Gradients behind one another in memory that stays, and their sums over ranks; whatever type the numbers have.
protocol FlatSums: AnyObject {
  /// Whether these are still the tensors of the parameters.
  func fits(_ parameters: [Parameter]) -> Bool

  /// Takes a gradient times `factor`, and begins what sums can be begun by it.
  func receive(_ gradient: Tensor, at index: Int, times factor: Double) throws

  /// Takes the gradients that were not received, and gives the sums of all: by parameter, `nil` where no rank has one.
  func finish(_ gradients: [Tensor?], times factor: Double) throws -> [Tensor?]

  /// Gives each parameter of its owner to the others.
  func exchangeParameters(_ shards: ParameterShards) throws
}

final class FlatGradients<Number: ReducibleNumber & TensorElement & BinaryFloatingPoint>: FlatSums {
  private let communicator: Communicator
  private let parameters: [Parameter]
  /// What the parameters held when places were given to them.
  private let values: [Tensor]
  /// The parameters that are trained, the last first.
  private let order: [Int]
  /// Where in `order` a parameter stands.
  private let positions: [Int?]
  /// Where each begins, by position, and where the last ends.
  private let starts: [Int]
  /// The places as tensors that lie as their parameters do, by position.
  private let views: [Tensor]
  private let all: UnsafeMutableBufferPointer<Number>
  private let total: Int

  private var isFilled: [Bool]
  /// How many positions from the first on are filled without a gap.
  private var filled = 0
  /// Up to where sums were begun.
  private var begun = 0
  private var underWay: [PendingOperation] = []
  /// Pieces under way at a time: few, which stay in the cache.
  private let mostUnderWay = 4

  /// Memory that all views keep.
  private final class Memory {
    let numbers: UnsafeMutableBufferPointer<Number>

    init(_ count: Int) {
      let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(1, count) * MemoryLayout<Number>.stride, alignment: 64)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      numbers = bytes.bindMemory(to: Number.self)
    }

    deinit { UnsafeMutableRawBufferPointer(numbers).deallocate() }
  }

  init(_ parameters: [Parameter], _ communicator: Communicator) throws {
    self.communicator = communicator
    self.parameters = parameters
    values = parameters.map(\.value)
    order = parameters.indices.reversed().filter { parameters[$0].isTrainable }
    var positions = [Int?](repeating: nil, count: parameters.count)
    var starts: [Int] = []
    var end = 0
    for (position, index) in order.enumerated() {
      positions[index] = position
      starts.append(end)
      // Each begins at a cache line.
      end += (parameters[index].count + 15) / 16 * 16
    }
    starts.append(end)
    // Behind the last: for each parameter, how many ranks have a gradient of it.
    total = end + order.count
    let memory = Memory(total)
    views = try order.enumerated().map { position, index in
      try Self.view(of: memory, at: starts[position], like: parameters[index].value)
    }
    (self.positions, self.starts, all) = (positions, starts, memory.numbers)
    isFilled = order.map { _ in false }
  }

  private static func view(of memory: Memory, at start: Int, like value: Tensor) throws -> Tensor {
    guard value.count > 0 else { return .zeros(value.shape, dtype: Number.dtype) }
    // Kernels on lists of tensors read storage in order, whatever strides say.
    let strides = value.strides
    let axes =
      value.isContiguous
      ? Array(strides.indices)
      : strides.indices.sorted { (-strides[$0], $0) < (-strides[$1], $1) }
    let part = UnsafeRawBufferPointer(
      UnsafeMutableBufferPointer(rebasing: memory.numbers[start..<start + value.count]))
    let stored = try Tensor.onMemory(
      part, shape: axes.map { value.size($0) }, dtype: Number.dtype, owner: memory)
    var back = axes
    for (place, axis) in axes.enumerated() { back[axis] = place }
    return value.isContiguous ? stored : stored.permuted(back)
  }

  func fits(_ parameters: [Parameter]) -> Bool {
    zip(parameters, values).allSatisfy { $0.value === $1 }
      && parameters.indices.allSatisfy { parameters[$0].isTrainable == (positions[$0] != nil) }
  }

  // MARK: - Gradients

  func receive(_ gradient: Tensor, at index: Int, times factor: Double) throws {
    guard let position = positions[index] else { return }
    require(
      !isFilled[position],
      "a second gradient of a parameter of shape \(gradient.shape) came before a step took the first"
    )
    fill(position, gradient, factor)
    while filled < order.count, isFilled[filled] { filled += 1 }
    try send(upTo: starts[filled])
  }

  func finish(_ gradients: [Tensor?], times factor: Double) throws -> [Tensor?] {
    for (position, index) in order.enumerated() {
      if !isFilled[position] { fill(position, gradients[index], factor) }
      all[starts[order.count] + position] = gradients[index] == nil ? 0 : 1
    }
    try send(upTo: total)
    for operation in underWay { try operation.wait() }
    try communicator.finishAside()
    underWay = []
    (filled, begun) = (0, 0)
    isFilled = order.map { _ in false }
    var result = [Tensor?](repeating: nil, count: gradients.count)
    for (position, index) in order.enumerated()
    where all[starts[order.count] + position] != 0 {
      result[index] = Self.fitted(views[position], to: values[index])
    }
    return result
  }

  private func fill(_ position: Int, _ gradient: Tensor?, _ factor: Double) {
    let view = views[position]
    isFilled[position] = true
    guard let gradient, factor != 0 else {
      // What counts nothing may be no number: a mean over nothing.
      return view.zeroInPlace()
    }
    if factor != 1, gradient.device == .cpu, gradient.dtype == Number.dtype {
      return view.assignProduct(gradient, Tensor(factor).to(Number.dtype))
    }
    view.copyInPlace(from: gradient)
    if factor != 1 { view.multiplyInPlace(factor) }
  }

  /// Begins the sums of whole pieces up to a place; at the very end of what is left, too.
  private func send(upTo end: Int) throws {
    let length = Communicator.pieceBytes / MemoryLayout<Number>.stride
    while end - begun >= length || (end == total && begun < end) {
      let piece = UnsafeMutableBufferPointer(rebasing: all[begun..<min(begun + length, end)])
      begun += piece.count
      if communicator.training.overlaps {
        communicator.sumAside(piece)
      } else if communicator.training.wire != .exact {
        try communicator.sumGradients(piece)
      } else {
        if underWay.count == mostUnderWay { try underWay.removeFirst().wait() }
        underWay.append(try communicator.beginSum(piece))
      }
    }
    while let first = underWay.first, try first.progress() { underWay.removeFirst() }
  }

  /// As the optimizer takes it: of the parameter's type and device, in its layout.
  private static func fitted(_ view: Tensor, to value: Tensor) -> Tensor {
    let converted = view.to(value.device).to(value.dtype)
    if converted.hasLayout(of: value) { return converted }
    let fitted = Tensor.empty(like: value)
    fitted.copyInPlace(from: converted)
    return fitted
  }

  // MARK: - Parameters

  func exchangeParameters(_ shards: ParameterShards) throws {
    for (position, index) in order.enumerated()
    where shards.owners[index] == communicator.rank {
      views[position].copyInPlace(from: values[index].detach())
    }
    var first = 0
    while first < order.count {
      let owner = shards.owners[order[first]]
      let next = (first..<order.count).first { shards.owners[order[$0]] != owner } ?? order.count
      let part = UnsafeMutableBufferPointer(rebasing: all[starts[first]..<starts[next]])
      try communicator.broadcast(UnsafeMutableRawBufferPointer(part), from: owner)
      first = next
    }
    for (position, index) in order.enumerated()
    where shards.owners[index] != communicator.rank {
      parameters[index].assign(views[position])
    }
  }
}
