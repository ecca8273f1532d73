import Messages
import Torch

/// The operations that lead from given nodes to wanted ones, in order.
struct GraphPlan {
  private(set) var operations: [GraphOperation] = []
  /// All tensors that the plan knows, inputs first.
  private(set) var nodes: [GraphNode] = []

  private var steps: [Step] = []
  private let inputSlots: [Int]
  private var outputSlots: [Int] = []
  private var slotCount = 0

  private struct Step {
    let operation: GraphOperation
    let inputs: [Int]
    let outputs: Range<Int>
    /// Tensors that nothing needs after this step.
    var released: [Int] = []
  }

  /// A tensor: an operation and which of its outputs.
  private struct Key: Hashable {
    let operation: ObjectIdentifier
    let index: Int

    init(_ node: GraphNode) {
      operation = ObjectIdentifier(node.operation)
      index = node.index
    }
  }

  /// Throws `GraphError` if a wanted node needs a tensor that the given ones do not lead to.
  init(inputs: [GraphNode], outputs: [GraphNode]) throws {
    try GraphPlan.check(inputs: inputs, outputs: outputs)
    var slots: [Key: Int] = [:]
    for (slot, node) in inputs.enumerated() { slots[Key(node)] = slot }
    inputSlots = Array(inputs.indices)
    nodes = inputs
    var count = inputs.count
    var planned: [ObjectIdentifier: Range<Int>] = [:]
    var steps: [Step] = []
    var operations: [GraphOperation] = []
    var known = inputs
    func slot(of node: GraphNode) -> Int {
      if let slot = slots[Key(node)] { return slot }
      let operation = node.operation
      if let range = planned[ObjectIdentifier(operation)] { return range.lowerBound + node.index }
      let needed = operation.inputs.map(slot)
      let range = count..<count + operation.outputCount
      count = range.upperBound
      planned[ObjectIdentifier(operation)] = range
      steps.append(Step(operation: operation, inputs: needed, outputs: range))
      operations.append(operation)
      known += range.indices.map { GraphNode(operation, index: $0 - range.lowerBound) }
        .filter { slots[Key($0)] == nil }
      return range.lowerBound + node.index
    }
    outputSlots = outputs.map(slot)
    slotCount = count
    nodes = known
    self.operations = operations
    // Each tensor goes after its last use, so that inference holds no more than it needs.
    var lastUse: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for slot in step.outputs { lastUse[slot] = index }
      for slot in step.inputs { lastUse[slot] = index }
    }
    for (slot, index) in lastUse where !outputSlots.contains(slot) {
      steps[index].released.append(slot)
    }
    self.steps = steps
  }

  func run(_ tensors: [Tensor]) -> [Tensor] {
    var values = [Tensor?](repeating: nil, count: slotCount)
    for (slot, tensor) in zip(inputSlots, tensors) { values[slot] = tensor }
    for step in steps {
      let results = step.operation.run(GraphPlan.filled(step.inputs, values))
      require(
        results.count == step.outputs.count,
        "'\(step.operation.name ?? step.operation.label)' expected to give \(step.outputs.count) "
          + "tensors, gave \(results.count)")
      for (slot, tensor) in zip(step.outputs, results) { values[slot] = tensor }
      for slot in step.released { values[slot] = nil }
    }
    return GraphPlan.filled(outputSlots, values)
  }

  private static func filled(_ slots: [Int], _ values: [Tensor?]) -> [Tensor] {
    slots.map { slot in
      guard let value = values[slot] else { fatalError("a graph lost a tensor") }
      return value
    }
  }

  /// Names the operations that have none yet, and the modules by their first use.
  func nameModules() -> [ObjectIdentifier: String] {
    var taken: Set<String> = []
    let all = nodes.map(\.operation)
    var named: Set<ObjectIdentifier> = []
    for operation in all {
      guard let name = operation.name, named.insert(ObjectIdentifier(operation)).inserted else {
        continue
      }
      require(
        taken.insert(name).inserted, "two operations of a graph are both called '\(name)'")
    }
    for operation in all where operation.name == nil {
      var name = operation.label
      var number = 1
      while !taken.insert(name).inserted {
        name = "\(operation.label)_\(number)"
        number += 1
      }
      operation.name = name
    }
    var names: [ObjectIdentifier: String] = [:]
    for operation in operations {
      guard let module = operation.module else { continue }
      names[ObjectIdentifier(module)] = names[ObjectIdentifier(module)] ?? operation.name
    }
    return names
  }

  /// Opens the existential for `Cloning.copy`.
  static func copy(_ module: some MultiLayer, _ cloning: Cloning) -> any MultiLayer {
    cloning.copy(module)
  }

  // MARK: - What is missing

  private struct Reach {
    /// Whether some given tensor leads here.
    var isDownstream: Bool
    /// Whether everything that is needed is given.
    var isComplete: Bool
  }

  private static func check(inputs: [GraphNode], outputs: [GraphNode]) throws {
    let given = Set(inputs.map(Key.init))
    var reached: [Key: Reach] = [:]
    var crossings: [String] = []
    func reach(_ node: GraphNode) -> Reach {
      if given.contains(Key(node)) { return Reach(isDownstream: true, isComplete: true) }
      if let known = reached[Key(node)] { return known }
      var result = Reach(isDownstream: false, isComplete: true)
      if case .input = node.operation.kind { result.isComplete = false }
      let sources = node.operation.inputs.map { ($0, reach($0)) }
      for (_, source) in sources {
        result.isDownstream = result.isDownstream || source.isDownstream
        result.isComplete = result.isComplete && source.isComplete
      }
      if result.isDownstream {
        for (source, reach) in sources where !reach.isDownstream && !reach.isComplete {
          let crossing = "'\(node.name)' needs '\(source.name)'"
          if !crossings.contains(crossing) { crossings.append(crossing) }
        }
      }
      reached[Key(node)] = result
      return result
    }
    for output in outputs {
      let result = reach(output)
      if !result.isDownstream && !result.isComplete {
        crossings.append("the output '\(output.name)' does not follow from them")
      }
    }
    guard crossings.isEmpty else {
      throw GraphError(
        message:
          "the graph cannot start from \(inputs.map { "'\($0.name)'" }.joined(separator: ", ")): "
          + crossings.joined(separator: "; ")
          + ". Tensors that come from before the cut must be given as inputs, too")
    }
  }
}
