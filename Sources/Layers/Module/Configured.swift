import Torch

/// A module that a value describes wholly: how it is made, and how it may be set since.
///
/// `configuration` holds every setting, initializers included; what may change after `init` changes
/// there. So `clone` needs nothing else, and `freshCopy` is written once, here. Settings can be read
/// from the module itself: `dense.inputSize` is `dense.configuration.inputSize`.
@dynamicMemberLookup
public protocol Configured: Module {
  associatedtype Configuration: Sendable

  var configuration: Configuration { get }

  /// Where the module draws random numbers from after `init`; `nil`, the process-wide generator of its
  /// device, for most. A clone that is given no generator shares this one.
  var generator: RandomGenerator? { get }

  /// - Parameter generator: Where new weights draw their numbers from; the process-wide one if `nil`.
  init(_ configuration: Configuration, generator: RandomGenerator?)
}

extension Configured {
  public var generator: RandomGenerator? { nil }

  public subscript<Value>(dynamicMember setting: KeyPath<Configuration, Value>) -> Value {
    configuration[keyPath: setting]
  }

  func madeAnew(_ cloning: Cloning) -> Module {
    Self(configuration, generator: cloning.generator ?? generator)
  }
}

/// A layer without settings and weights.
public class PlainLayer: Layer, Configured {
  public struct Configuration: Sendable {
    public init() {}
  }

  public var configuration: Configuration { Configuration() }

  public required init(
    _ configuration: Configuration = Configuration(), generator: RandomGenerator? = nil
  ) {
    super.init()
  }

  public override var mixesSamples: Bool { false }
}
