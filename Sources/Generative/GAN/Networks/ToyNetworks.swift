import Layers
import Torch

/// Small networks whose training takes seconds.
public enum ToyNetworks {
  /// A generator of points: noise 2 → 128 → 128 → 128 → 2 with ReLU.
  public static func pointGenerator(
    noise: Int = 2, width: Int = 128, normalized: Bool = false, generator: RandomGenerator? = nil
  ) -> Sequential {
    perceptron(
      [noise, width, width, width, 2], .relu, normalized: normalized, headBias: true,
      generator: generator)
  }

  /// A discriminator of points: 2 → 128 → 128 → 128 → 1 with LeakyReLU(0.2), its head without bias.
  ///
  /// - Parameter rejections: Scores of a `CascadingRejection` head in place of the dense one.
  public static func pointDiscriminator(
    width: Int = 128, normalized: Bool = false, rejections: Int? = nil,
    generator: RandomGenerator? = nil
  ) -> Sequential {
    let plain = perceptron(
      [2, width, width, width, 1], .leakyReLU(0.2), normalized: normalized, headBias: false,
      generator: generator)
    guard let rejections else { return plain }
    let head = CascadingRejection(
      width, count: rejections, weightInitializer: .heUniform, generator: generator)
    return Sequential(children: plain.children.dropLast() + [("head", head)])
  }

  /// Dense layers of the given sizes with an activation between; batch norm before it if asked for.
  ///
  /// - Parameter weightInitializer: He's or Glorot's, as suits the activation, unless given.
  public static func perceptron(
    _ sizes: [Int], _ activation: ActivationFunction, normalized: Bool = false,
    headBias: Bool = true, weightInitializer: Initializer? = nil,
    generator: RandomGenerator? = nil
  ) -> Sequential {
    Sequential {
      for index in 0..<sizes.count - 1 {
        let isHead = index == sizes.count - 2
        Dense(
          sizes[index], sizes[index + 1], bias: isHead ? headBias : true,
          weightInitializer: weightInitializer
            ?? (activation == .relu || !isHead ? .heUniform : .glorotUniform),
          generator: generator)
        if !isHead {
          if normalized { BatchNorm(sizes[index + 1]) }
          Activation(activation)
        }
      }
    }
  }
}
