import Messages
import Torch

/// Pulls features towards a learnt center of their class: ½ Σ (c_y − f)², per sample.
///
/// Features `(B, D)` and classes `(B)` give `(B)`; the sum over D is not averaged. Gradients flow to
/// both the features and the centers. Wen et al. 2016, with centers learnt by the optimizer.
/// `centers` is `(classes, D)`, uniform within ±0.05.
public final class CenterLoss: Module, Configured {
  public struct Configuration: Sendable {
    public var classes: Int
    /// D.
    public var featureSize: Int
    public var initializer: Initializer

    public init(classes: Int, featureSize: Int, initializer: Initializer = .uniform()) {
      self.classes = classes
      self.featureSize = featureSize
      self.initializer = initializer
    }
  }

  public let configuration: Configuration
  public let centers: Parameter

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    centers = Parameter(
      configuration.initializer(
        [configuration.classes, configuration.featureSize], generator: generator))
    super.init()
  }

  public convenience init(
    classes: Int, featureSize: Int, initializer: Initializer = .uniform(),
    generator: RandomGenerator? = nil
  ) {
    self.init(
      Configuration(classes: classes, featureSize: featureSize, initializer: initializer),
      generator: generator)
  }

  public func callAsFunction(_ features: Tensor, classes: Tensor) -> Tensor {
    require(
      features.rank == 2 && features.size(1) == centers.shape[1]
        && classes.shape == [features.size(0)],
      "CenterLoss expected features (B, \(centers.shape[1])) and classes (B), "
        + "received shapes \(features.shape) and \(classes.shape)")
    return (centers.value.embedding(classes) - features).square().sum(axis: 1) * 0.5
  }
}
