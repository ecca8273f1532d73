import Messages
import Torch

/// A graph that cannot be built: which tensors are missing and what needs them.
public struct GraphError: Error, CustomStringConvertible, Equatable {
  public let message: String
  public var description: String { message }
}

/// A model from any inputs to any outputs of connected layers, as Keras' functional models.
///
/// Layers are kept by the names of their nodes; a layer used several times has the name of its first
/// use. Any tensors inside can become the outputs of a `subgraph`, and any its inputs: the new model
/// shares its layers with this one and holds only those it needs.
public final class LayerGraph: Layer, MultiLayer {
  public let inputs: [GraphNode]
  public let outputs: [GraphNode]

  private let plan: GraphPlan
  /// Names of modules; those of a graph hold for its subgraphs, so that checkpoints fit both.
  private let moduleNames: [ObjectIdentifier: String]

  /// Traps if `outputs` need an input that `inputs` does not list.
  public convenience init(inputs: [GraphNode], outputs: [GraphNode]) {
    do {
      let plan = try GraphPlan(inputs: inputs, outputs: outputs)
      self.init(plan: plan, inputs: inputs, outputs: outputs, moduleNames: plan.nameModules())
    } catch {
      fatalError("\(error)")
    }
  }

  private init(
    plan: GraphPlan, inputs: [GraphNode], outputs: [GraphNode],
    moduleNames: [ObjectIdentifier: String]
  ) {
    self.plan = plan
    self.inputs = inputs
    self.outputs = outputs
    self.moduleNames = moduleNames
    super.init()
  }

  public override func parts() -> [(name: String, part: Part)] {
    var seen: Set<ObjectIdentifier> = []
    return plan.operations.compactMap { operation in
      guard let module = operation.module, seen.insert(ObjectIdentifier(module)).inserted else {
        return nil
      }
      return (moduleNames[ObjectIdentifier(module)] ?? operation.label, .module(module))
    }
  }

  /// Nodes lead to all that comes before them, held or not.
  override var overridesParts: Bool { true }

  public var outputCount: Int { outputs.count }

  public func forward(_ tensors: [Tensor]) -> [Tensor] {
    require(
      tensors.count == inputs.count,
      "LayerGraph expected \(inputs.count) inputs (\(inputs.map(\.name).joined(separator: ", "))), "
        + "received \(tensors.count)")
    return plan.run(tensors)
  }

  public func callAsFunction(_ tensors: [Tensor]) -> [Tensor] { forward(tensors) }

  /// For graphs with one input and one output.
  public override func forward(_ input: Tensor) -> Tensor {
    require(
      inputs.count == 1 && outputs.count == 1,
      "LayerGraph with \(inputs.count) inputs and \(outputs.count) outputs takes a list of tensors")
    return forward([input])[0]
  }

  /// The names of all tensors in the order in which they come into being.
  public var nodeNames: [String] { plan.nodes.map(\.name) }

  /// The tensor of that name; throws `GraphError` with the nearest one if there is none.
  public func node(_ name: String) throws -> GraphNode {
    guard let node = plan.nodes.first(where: { $0.name == name }) else {
      let near = nearestName(to: name, among: nodeNames)
      throw GraphError(
        message: "the graph has no tensor '\(name)'"
          + (near.map { "; the nearest is '\($0)'" } ?? ""))
    }
    return node
  }

  /// The part between the named tensors, on the same layers.
  ///
  /// Throws `GraphError` if the part needs tensors that are computed before the cut, as by a skip
  /// connection that crosses it, and names them.
  ///
  /// - Parameters:
  ///   - inputs: The tensors that will be given; the graph's own inputs by default.
  ///   - outputs: The tensors that are wanted; the graph's own outputs by default.
  public func subgraph(from inputs: [String]? = nil, to outputs: [String]? = nil) throws
    -> LayerGraph
  {
    let inputs = try inputs?.map(node) ?? self.inputs
    let outputs = try outputs?.map(node) ?? self.outputs
    let part = try GraphPlan(inputs: inputs, outputs: outputs)
    return LayerGraph(plan: part, inputs: inputs, outputs: outputs, moduleNames: moduleNames)
  }

  public override func freshCopy(_ cloning: Cloning) -> Module {
    var copies: [ObjectIdentifier: GraphOperation] = [:]
    func copy(_ node: GraphNode) -> GraphNode {
      GraphNode(copies[ObjectIdentifier(node.operation)] ?? copy(node.operation), index: node.index)
    }
    func copy(_ operation: GraphOperation) -> GraphOperation {
      let kind: GraphOperation.Kind =
        switch operation.kind {
        case .input: .input
        case .layer(let layer): .layer(cloning.copy(layer))
        case .multiple(let module): .multiple(GraphPlan.copy(module, cloning))
        case .function(let body): .function(body)
        }
      let copy = GraphOperation(
        kind, operation.inputs.map { copy($0) }, outputCount: operation.outputCount,
        name: operation.name, label: operation.label)
      copies[ObjectIdentifier(operation)] = copy
      return copy
    }
    return LayerGraph(inputs: inputs.map { copy($0) }, outputs: outputs.map { copy($0) })
  }
}
