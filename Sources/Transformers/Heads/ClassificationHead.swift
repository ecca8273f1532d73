import Layers
import Torch

/// Logits of classes, `(…, D)` to `(…, K)`: W drop(x) + b, of a text's vector or of each token's.
public final class ClassificationHead: Module, Configured {
  public struct Configuration: Sendable {
    public var inputSize: Int
    public var classCount: Int
    public var dropoutRate = 0.1
    public var weightInitializer = Initializer.truncatedNormal(standardDeviation: 0.02)

    public init(inputSize: Int, classCount: Int) {
      self.inputSize = inputSize
      self.classCount = classCount
    }
  }

  public let configuration: Configuration
  public let dense: Dense
  public let dropout: Dropout

  public init(_ configuration: Configuration, generator: RandomGenerator? = nil) {
    self.configuration = configuration
    dense = Dense(
      configuration.inputSize, configuration.classCount,
      weightInitializer: configuration.weightInitializer, generator: generator)
    dropout = Dropout(configuration.dropoutRate)
    super.init()
  }

  public convenience init(
    _ inputSize: Int, classCount: Int, dropoutRate: Double = 0.1, generator: RandomGenerator? = nil
  ) {
    var configuration = Configuration(inputSize: inputSize, classCount: classCount)
    configuration.dropoutRate = dropoutRate
    self.init(configuration, generator: generator)
  }

  public func callAsFunction(_ states: Tensor) -> Tensor { dense(dropout(states)) }
}
