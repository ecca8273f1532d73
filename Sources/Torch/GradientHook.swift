import CTorch

/// A closure that a tensor's gradient passes on its way through a backward pass.
public final class GradientHook {
  private let tensor: Tensor
  private let number: Int32

  fileprivate init(_ tensor: Tensor, _ number: Int32) {
    self.tensor = tensor
    self.number = number
  }

  /// Later gradients do not pass it.
  public func remove() {
    if LibTorch.api.remove_gradient_hook(tensor.handle, number) < 0 {
      trap(TorchError.last("removal of a gradient hook of \(tensor.summary)"))
    }
  }
}

/// What libtorch keeps of a hook.
private final class GradientClosure {
  let body: (Tensor) -> Tensor?

  init(_ body: @escaping (Tensor) -> Tensor?) { self.body = body }
}

extension Tensor {
  /// Calls `body` with this tensor's gradient, summed over all uses, as soon as a backward pass has it, before it goes
  /// on. What `body` returns takes its place, unless `nil`; it must have the same shape.
  ///
  /// Holds until the hook is removed or the tensor dies. On the CPU `body` runs on the thread that asked for gradients.
  /// PyTorch: `register_hook`.
  @discardableResult
  public func onGradient(_ body: @escaping (_ gradient: Tensor) -> Tensor?) -> GradientHook {
    let context = Unmanaged.passRetained(GradientClosure(body))
    let number = LibTorch.api.add_gradient_hook(
      handle, context.toOpaque(),
      { context, gradient in
        let closure = Unmanaged<GradientClosure>.fromOpaque(context).takeUnretainedValue()
        return closure.body(Tensor(owning: gradient)).map { LibTorch.api.retain($0.handle) }
      },
      { context in Unmanaged<GradientClosure>.fromOpaque(context).release() })
    if number < 0 { trap(TorchError.last("a gradient hook of \(summary)")) }
    return GradientHook(self, number)
  }
}
