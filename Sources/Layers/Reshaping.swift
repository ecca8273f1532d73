import Messages
import Torch

/// Joins all axes but the batch's: `(B, …)` to `(B, n)`.
public final class Flatten: Layer {
  /// The first axis that is joined.
  public let axis: Int

  public init(from axis: Int = 1) {
    self.axis = axis
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor { input.flattened(from: axis) }

  public override func freshCopy(_ cloning: Cloning) -> Module { Flatten(from: axis) }
}

/// Gives each sample another shape: `(B, …)` to `(B, shape…)`; one length may be −1.
public final class Reshape: Layer {
  public let shape: [Int]

  public init(_ shape: Int...) {
    self.shape = shape
    super.init()
  }

  public init(shape: [Int]) {
    self.shape = shape
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    let given = input.shape.dropFirst().reduce(1, *)
    let known = shape.reduce(1) { $1 < 0 ? $0 : $0 * $1 }
    require(
      shape.contains(-1) ? known > 0 && given % known == 0 : given == known,
      "Reshape expected samples of \(known) elements for \(shape), received shape \(input.shape)")
    return input.reshaped([input.size(0)] + shape)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module { Reshape(shape: shape) }
}

/// Reorders the axes of each sample: `Permute(2, 3, 1)` makes `(B, C, H, W)` to `(B, H, W, C)`.
public final class Permute: Layer {
  public let order: [Int]

  public init(_ order: Int...) {
    self.order = order
    super.init()
  }

  init(order: [Int]) {
    self.order = order
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor {
    require(
      input.rank == order.count + 1,
      "Permute\(order) expected \(order.count + 1) axes, received shape \(input.shape)")
    return input.permuted([0] + order)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module { Permute(order: order) }
}

/// Any function of one tensor as a layer. It must not hold parameters: those would stay unknown.
public final class Lambda: Layer {
  public let label: String
  private let body: (Tensor) -> Tensor

  public init(_ label: String = "lambda", _ body: @escaping (Tensor) -> Tensor) {
    self.label = label
    self.body = body
    super.init()
  }

  public override func forward(_ input: Tensor) -> Tensor { body(input) }

  public override func freshCopy(_ cloning: Cloning) -> Module { Lambda(label, body) }
}
