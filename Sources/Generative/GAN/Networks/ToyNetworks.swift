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
  public static func pointDiscriminator(
    width: Int = 128, normalized: Bool = false, generator: RandomGenerator? = nil
  ) -> Sequential {
    perceptron(
      [2, width, width, width, 1], .leakyReLU(0.2), normalized: normalized, headBias: false,
      generator: generator)
  }

  /// Dense layers of the given sizes with an activation between; batch norm before it if asked for.
  public static func perceptron(
    _ sizes: [Int], _ activation: ActivationFunction, normalized: Bool = false,
    headBias: Bool = true, generator: RandomGenerator? = nil
  ) -> Sequential {
    var layers: [Layer] = []
    for index in 0..<sizes.count - 1 {
      let isHead = index == sizes.count - 2
      layers.append(
        Dense(
          sizes[index], sizes[index + 1], bias: isHead ? headBias : true,
          weightInitializer: activation == .relu || !isHead ? .heUniform : .glorotUniform,
          generator: generator))
      guard !isHead else { continue }
      if normalized { layers.append(BatchNorm(sizes[index + 1])) }
      layers.append(Activation(activation))
    }
    return Sequential(layers)
  }

  /// A generator of 16×16 gray images: dense → 64×4×4, BN, ReLU; deconv k4s2 → 32, BN, ReLU;
  /// deconv k4s2 → 1, tanh.
  public static func shapeGenerator(noise: Int = 16, generator: RandomGenerator? = nil)
    -> Sequential
  {
    Sequential(
      Dense(noise, 64 * 16, generator: generator), Reshape(64, 4, 4), BatchNorm(64),
      Activation(.relu),
      ConvTranspose2d(64, 32, kernelSize: 4, stride: 2, padding: 1, generator: generator),
      BatchNorm(32), Activation(.relu),
      ConvTranspose2d(32, 1, kernelSize: 4, stride: 2, padding: 1, generator: generator),
      Activation(.tanh))
  }

  /// A discriminator or encoder of 16×16 gray images: conv k4s2 → 32, LeakyReLU; conv k4s2 → 64, BN,
  /// LeakyReLU; dense → `outputs`.
  public static func shapeEncoder(outputs: Int = 1, generator: RandomGenerator? = nil) -> Sequential
  {
    Sequential(
      Conv2d(1, 32, kernelSize: 4, stride: 2, padding: 1, generator: generator),
      Activation(.leakyReLU(0.2)),
      Conv2d(32, 64, kernelSize: 4, stride: 2, padding: 1, generator: generator), BatchNorm(64),
      Activation(.leakyReLU(0.2)), Flatten(), Dense(64 * 16, outputs, generator: generator))
  }
}
