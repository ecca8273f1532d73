import Messages
import Torch

/// Layers one after the other, each with a name: "0", "1", … or given ones.
///
///     let model = Sequential(Dense(784, 256), Activation(.relu), Dense(256, 10))
///     let named = Sequential {
///       Conv2d(1, 16, kernelSize: 3).named("convolution")
///       if normalizes { BatchNorm(16).named("norm") }
///       Activation(.relu)
///     }
///     let features = named.head(through: "convolution")
///
/// `head` and `tail` are new models on the same layers: they share weights with this one.
public final class Sequential: Layer {
  public let children: [(name: String, layer: Layer)]

  public init(children: [(name: String, layer: Layer)]) {
    var names: Set<String> = []
    for (name, _) in children {
      require(
        !name.isEmpty && !name.contains(".") && names.insert(name).inserted,
        "Sequential expected distinct names without dots, received \(children.map(\.name))")
    }
    self.children = children
    super.init()
  }

  public convenience init(_ layers: Layer...) { self.init(layers) }

  public convenience init(_ layers: [Layer]) {
    self.init(children: layers.enumerated().map { ("\($0)", $1) })
  }

  public convenience init(_ named: KeyValuePairs<String, Layer>) {
    self.init(children: named.map { ($0.key, $0.value) })
  }

  /// The layers that a builder lists; those without a name are called by their index.
  public convenience init(@LayerBuilder _ layers: () -> [NamedLayer]) {
    self.init(children: layers().enumerated().map { ($1.name ?? "\($0)", $1.layer) })
  }

  public override func parts() -> [(name: String, part: Part)] {
    children.map { ($0.name, .module($0.layer)) }
  }

  public override var mixesSamples: Bool { false }

  public override func forward(_ input: Tensor) -> Tensor {
    children.reduce(input) { $1.layer($0) }
  }

  public var names: [String] { children.map(\.name) }

  public subscript(index: Int) -> Layer {
    require(
      children.indices ~= index, "layer \(index) of a Sequential of \(children.count)")
    return children[index].layer
  }

  public subscript(name: String) -> Layer { children[position(name)].layer }

  /// The part up to and with the named layer.
  public func head(through name: String) -> Sequential {
    Sequential(children: Array(children[...position(name)]))
  }

  /// The part after the named layer: `tail(after: n)(head(through: n)(x))` is the whole.
  public func tail(after name: String) -> Sequential {
    Sequential(children: Array(children[(position(name) + 1)...]))
  }

  private func position(_ name: String) -> Int {
    guard let position = children.firstIndex(where: { $0.name == name }) else {
      fatalError("Sequential has no layer '\(name)'; it has \(names)")
    }
    return position
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    Sequential(children: children.map { ($0.name, cloning.copy($0.layer)) })
  }
}

/// A layer and its name in a `Sequential`; without one it is called by its index.
public struct NamedLayer {
  public let name: String?
  public let layer: Layer
}

extension Layer {
  /// This layer under a name, for `Sequential`.
  public final func named(_ name: String) -> NamedLayer { NamedLayer(name: name, layer: self) }
}

/// Lists layers, with conditions and loops where the list depends on settings.
@resultBuilder public enum LayerBuilder {
  public static func buildExpression(_ layer: Layer) -> [NamedLayer] {
    [NamedLayer(name: nil, layer: layer)]
  }
  public static func buildExpression(_ layer: NamedLayer) -> [NamedLayer] { [layer] }
  public static func buildBlock(_ parts: [NamedLayer]...) -> [NamedLayer] { parts.flatMap(\.self) }
  public static func buildOptional(_ part: [NamedLayer]?) -> [NamedLayer] { part ?? [] }
  public static func buildEither(first part: [NamedLayer]) -> [NamedLayer] { part }
  public static func buildEither(second part: [NamedLayer]) -> [NamedLayer] { part }
  public static func buildArray(_ parts: [[NamedLayer]]) -> [NamedLayer] { parts.flatMap(\.self) }
}
