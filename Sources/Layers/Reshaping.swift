import Messages
import Torch

/// Joins all axes but the batch's: `(B, …)` to `(B, n)`.
public final class Flatten: Layer, Configured {
  public struct Configuration: Sendable {
    /// The first axis that is joined.
    public var axis: Int

    public init(from axis: Int = 1) { self.axis = axis }
  }

  public let configuration: Configuration

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(from axis: Int = 1) { self.init(Configuration(from: axis)) }

  /// Joining the batch's axis would make one sample of all.
  public override var mixesSamples: Bool { configuration.axis == 0 }

  public override func forward(_ input: Tensor) -> Tensor {
    input.flattened(from: configuration.axis)
  }
}

/// Gives each sample another shape: `(B, …)` to `(B, shape…)`; one length may be −1.
public final class Reshape: Layer, Configured {
  public struct Configuration: Sendable {
    public var shape: [Int]

    public init(shape: [Int]) { self.shape = shape }
  }

  public let configuration: Configuration

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(_ shape: Int...) { self.init(shape: shape) }

  public convenience init(shape: [Int]) { self.init(Configuration(shape: shape)) }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    let shape = configuration.shape
    let given = input.shape.dropFirst().reduce(1, *)
    let known = shape.reduce(1) { $1 < 0 ? $0 : $0 * $1 }
    require(
      shape.contains(-1) ? known > 0 && given % known == 0 : given == known,
      "Reshape expected samples of \(known) elements for \(shape), received shape \(input.shape)")
    return input.reshaped([input.size(0)] + shape)
  }
}

/// Reorders the axes of each sample: `Permute(2, 3, 1)` makes `(B, C, H, W)` to `(B, H, W, C)`.
public final class Permute: Layer, Configured {
  public struct Configuration: Sendable {
    public var order: [Int]

    public init(order: [Int]) { self.order = order }
  }

  public let configuration: Configuration

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    super.init()
  }

  public convenience init(_ order: Int...) { self.init(Configuration(order: order)) }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    let order = configuration.order
    require(
      input.rank == order.count + 1,
      "Permute\(order) expected \(order.count + 1) axes, received shape \(input.shape)")
    return input.permuted([0] + order)
  }
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
