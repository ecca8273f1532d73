import CTorch
import Messages

/// The gradients of `output` (summed, if `outputGradient` is absent it must have one element) with
/// respect to `inputs`, in their order.
///
/// - Parameters:
///   - outputGradient: The weight of each element of `output`, of its shape; ones by default.
///   - retainGraph: Keep the graph for another call; implied by `createGraph`.
///   - createGraph: Record the computation of the gradients, so that they can be differentiated.
/// - Returns: One tensor per input; zeros for inputs that `output` does not depend on.
public func gradients(
  of output: Tensor, withRespectTo inputs: [Tensor], outputGradient: Tensor? = nil,
  retainGraph: Bool = false, createGraph: Bool = false, file: StaticString = #fileID,
  line: UInt = #line
) -> [Tensor] {
  gradients(
    of: [output], withRespectTo: inputs, outputGradients: [outputGradient],
    retainGraph: retainGraph, createGraph: createGraph, file: file, line: line)
}

/// The gradients of Σ outputs · outputGradients with respect to `inputs`.
public func gradients(
  of outputs: [Tensor], withRespectTo inputs: [Tensor], outputGradients: [Tensor?]? = nil,
  retainGraph: Bool = false, createGraph: Bool = false, file: StaticString = #fileID,
  line: UInt = #line
) -> [Tensor] {
  optionalGradients(
    of: outputs, withRespectTo: inputs, outputGradients: outputGradients,
    retainGraph: retainGraph, createGraph: createGraph, file: file, line: line
  ).enumerated().map { index, gradient in gradient ?? .zeros(like: inputs[index]) }
}

/// As `gradients`, with `nil` for inputs that the outputs do not depend on.
///
/// - Parameter observe: Given the gradient of each input, by its number, as soon as the pass has it; those of the last
///   layers come first.
public func optionalGradients(
  of outputs: [Tensor], withRespectTo inputs: [Tensor], outputGradients: [Tensor?]? = nil,
  retainGraph: Bool = false, createGraph: Bool = false,
  observe: ((_ input: Int, _ gradient: Tensor) -> Void)? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> [Tensor?] {
  let seeds = outputGradients ?? outputs.map { _ in nil }
  require(
    seeds.count == outputs.count,
    "gradients expected \(outputs.count) output gradients, received \(seeds.count)",
    file: file, line: line)
  // libtorch sums a gradient that is too large down to the output's shape.
  for case (let output, let seed?) in zip(outputs, seeds) {
    require(
      output.hasShape(of: seed),
      "gradients expected an output gradient of shape \(output.shape), received \(seed.shape)",
      file: file, line: line)
  }
  guard !inputs.isEmpty else { return [] }
  let hooks =
    observe.map { observe in
      inputs.enumerated().map { number, input in
        input.onGradient { gradient in
          observe(number, gradient)
          return nil
        }
      }
    } ?? []
  defer { for hook in hooks { hook.remove() } }
  let results = [CTorchTensor?](unsafeUninitializedCapacity: inputs.count) { buffer, count in
    buffer.initialize(repeating: nil)
    count = inputs.count
    guard let start = buffer.baseAddress else { return }
    let status = withExtendedLifetime((outputs, inputs, seeds)) {
      LibTorch.api.gradients(
        outputs.map(\.handle), Int32(outputs.count), seeds.map { $0?.handle },
        inputs.map(\.handle), Int32(inputs.count), retainGraph || createGraph, createGraph, true,
        start)
    }
    if status < 0 {
      trap(TorchError.last("gradients of \(outputs.map(\.summary))"), file: file, line: line)
    }
  }
  return results.map { $0.map(Tensor.init(owning:)) }
}

/// A scalar function's value and its gradients: `body` runs once, with gradients recorded.
public func valueAndGradients(
  withRespectTo inputs: [Tensor], file: StaticString = #fileID, line: UInt = #line,
  _ body: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let value = try withGradients(enabled: true, body)
  return (
    value.detach(), gradients(of: value, withRespectTo: inputs, file: file, line: line)
  )
}

/// Runs `body` without recording operations for differentiation.
///
/// The mode is per thread: `body` is synchronous, and the earlier mode returns when it ends.
/// PyTorch: `no_grad`, `inference_mode`.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  try withGradients(enabled: false, body)
}

/// Runs `body` with recording on or off.
public func withGradients<Result>(enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
  let earlier = LibTorch.api.gradient_mode()
  LibTorch.api.set_gradient_mode(enabled)
  defer { LibTorch.api.set_gradient_mode(earlier) }
  return try body()
}

/// Whether operations are recorded on this thread.
public var areGradientsEnabled: Bool { LibTorch.api.gradient_mode() }

/// Runs `body` in inference mode: as `withoutGradients` and cheaper, but the tensors it makes can
/// never take part in differentiation.
public func withInferenceMode<Result>(_ body: () throws -> Result) rethrows -> Result {
  let inference = LibTorch.api.enter_inference()
  defer { LibTorch.api.leave_inference(inference) }
  return try body()
}

/// Runs `body` with the operations that gain from it in `dtype` (mixed precision).
///
/// Weights stay as they are; their cast copies are cached until the outermost region ends.
public func withAutocast<Result>(
  _ dtype: DType, on device: Device = .cpu, enabled: Bool = true, _ body: () throws -> Result
) rethrows -> Result {
  let kind = Int32(device.kind.rawValue)
  let earlier = LibTorch.api.set_autocast(kind, enabled, dtype.rawValue)
  if earlier < 0 { trap(TorchError.last("autocast on \(device)")) }
  LibTorch.api.nest_autocast(1)
  defer {
    LibTorch.api.nest_autocast(-1)
    _ = LibTorch.api.set_autocast(kind, earlier & 1 == 1, earlier >> 1)
  }
  return try body()
}

/// How many threads an operator uses.
public var threadCount: Int {
  get { Int(LibTorch.api.thread_count()) }
  set { LibTorch.api.set_thread_count(Int32(newValue)) }
}

/// Asks libtorch for algorithms that give the same bits every time, where it has them.
public func setDeterministic(_ enabled: Bool) { LibTorch.api.set_deterministic(enabled) }

extension Tensor {
  /// The same storage without its history: gradients stop here.
  /// PyTorch: `detach`; TensorFlow and Keras: `stop_gradient`.
  public func detach() -> Tensor { ATen.detach.unary(self) }

  /// The same values with gradient zero: sg(x). Another name for `detach`.
  public func stopGradient() -> Tensor { detach() }

  /// Marks a tensor as one to differentiate by, and returns it.
  /// PyTorch: `requires_grad_()`; TensorFlow: `watch`.
  @discardableResult
  public func requiringGradient() -> Tensor {
    requiresGradient = true
    return self
  }
}

extension ATen {
  static let detach = Operator("detach")
}
