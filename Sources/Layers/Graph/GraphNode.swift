import Messages
import Torch

/// A tensor that will be there when a `LayerGraph` runs: an input, or an output of an operation on
/// other nodes.
///
///     let image = GraphNode.input("image")
///     let hidden = Dense(784, 64)(image, named: "hidden")
///     let logits = Dense(64, 10)(hidden + Dense(784, 64)(image))
///     let model = LayerGraph(inputs: [image], outputs: [logits])
public final class GraphNode {
  let operation: GraphOperation
  /// Which of the operation's outputs this is.
  let index: Int

  init(_ operation: GraphOperation, index: Int = 0) {
    self.operation = operation
    self.index = index
  }

  /// The name of the operation, with the output's number if it has several. Unnamed operations get
  /// one from the first graph that holds them: the type of the layer, numbered where needed.
  public var name: String {
    let name = operation.name ?? operation.label
    return operation.outputCount == 1 ? name : "\(name).\(index)"
  }

  /// A tensor that comes from outside.
  public static func input(_ name: String) -> GraphNode {
    GraphNode(GraphOperation(.input, [], outputCount: 1, name: name, label: "input"))
  }

  /// The outputs of a module with several inputs or outputs.
  public static func apply(
    _ module: any MultiLayer, to inputs: [GraphNode], named name: String? = nil
  ) -> [GraphNode] {
    outputs(
      GraphOperation(
        .multiple(module), inputs, outputCount: module.outputCount, name: name,
        label: label(of: module)))
  }

  /// A function of several nodes, without weights of its own.
  public static func function(
    _ label: String, of inputs: [GraphNode], named name: String? = nil,
    _ body: @escaping ([Tensor]) -> Tensor
  ) -> GraphNode {
    functions(label, of: inputs, outputCount: 1, named: name) { [body($0)] }[0]
  }

  /// A function with several outputs.
  public static func functions(
    _ label: String, of inputs: [GraphNode], outputCount: Int, named name: String? = nil,
    _ body: @escaping ([Tensor]) -> [Tensor]
  ) -> [GraphNode] {
    outputs(
      GraphOperation(.function(body), inputs, outputCount: outputCount, name: name, label: label))
  }

  /// Joins nodes along an existing axis.
  public static func concatenate(
    _ nodes: [GraphNode], axis: Int = 1, named name: String? = nil
  ) -> GraphNode {
    function("concatenate", of: nodes, named: name) { .concatenate($0, axis: axis) }
  }

  public static func + (left: GraphNode, right: GraphNode) -> GraphNode {
    function("add", of: [left, right]) { $0[0] + $0[1] }
  }

  public static func * (left: GraphNode, right: GraphNode) -> GraphNode {
    function("multiply", of: [left, right]) { $0[0] * $0[1] }
  }

  private static func outputs(_ operation: GraphOperation) -> [GraphNode] {
    (0..<operation.outputCount).map { GraphNode(operation, index: $0) }
  }

  /// `GlobalAveragePool` as `globalAveragePool`.
  static func label(of module: Module) -> String {
    let type = "\(type(of: module))"
    return type.prefix(1).lowercased() + type.dropFirst()
  }
}

extension Layer {
  /// This layer's output for a node. Applying one layer to several nodes shares its weights.
  public final func callAsFunction(_ node: GraphNode, named name: String? = nil) -> GraphNode {
    GraphNode(
      GraphOperation(
        .layer(self), [node], outputCount: 1, name: name, label: GraphNode.label(of: self)))
  }
}

/// A module with several inputs or outputs.
public protocol MultiLayer: Module {
  var outputCount: Int { get }
  func forward(_ inputs: [Tensor]) -> [Tensor]
}

/// One step of a graph. Its output nodes hold it; it holds its input nodes.
final class GraphOperation {
  enum Kind {
    case input
    case layer(Layer)
    case multiple(any MultiLayer)
    case function(([Tensor]) -> [Tensor])
  }

  let kind: Kind
  let inputs: [GraphNode]
  let outputCount: Int
  var name: String?
  let label: String

  init(_ kind: Kind, _ inputs: [GraphNode], outputCount: Int, name: String?, label: String) {
    require(
      name.map { !$0.isEmpty && !$0.contains(".") } ?? true,
      "a graph expected names without dots, received '\(name ?? "")'")
    self.kind = kind
    self.inputs = inputs
    self.outputCount = outputCount
    self.name = name
    self.label = label
  }

  var module: Module? {
    switch kind {
    case .layer(let layer): layer
    case .multiple(let module): module
    case .input, .function: nil
    }
  }

  func run(_ inputs: [Tensor]) -> [Tensor] {
    switch kind {
    case .input: fatalError("the input '\(name ?? label)' was not given")
    case .layer(let layer): return [layer(inputs[0])]
    case .multiple(let module): return module.forward(inputs)
    case .function(let body): return body(inputs)
    }
  }
}
