import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct LayerGraphTests {
  /// Two residual blocks and a head.
  private func residual() -> LayerGraph {
    let image = GraphNode.input("image")
    var x = Dense(6, 4, generator: RandomGenerator(seed: 1))(image, named: "stem")
    for block in 1...2 {
      let inner = Dense(4, 4, generator: RandomGenerator(seed: UInt64(block + 1)))(
        x, named: "inner\(block)")
      x = GraphNode.function("add", of: [x, inner], named: "add\(block)") { $0[0] + $0[1] }
    }
    return LayerGraph(inputs: [image], outputs: [Dense(4, 2)(x, named: "logits")])
  }

  private let x = Tensor.normal([3, 6], generator: RandomGenerator(seed: 8))

  @Test func runsAndNamesItsLayers() {
    let graph = residual()
    #expect(graph(x).shape == [3, 2])
    #expect(graph.nodeNames == ["image", "stem", "inner1", "add1", "inner2", "add2", "logits"])
    #expect(
      graph.namedParameters().map(\.name)
        == ["stem", "inner1", "inner2", "logits"].flatMap { ["\($0).weight", "\($0).bias"] })
  }

  @Test func cutsBetweenBlocksShareWeights() throws {
    let graph = residual()
    let head = try graph.subgraph(to: ["add1"])
    let tail = try graph.subgraph(from: ["add1"])
    #expect(tail(head(x)).equals(graph(x)))
    #expect(
      tail.namedParameters().map(\.name) == [
        "inner2.weight", "inner2.bias", "logits.weight", "logits.bias",
      ])
    #expect(
      Set(tail.parameters.map(ObjectIdentifier.init)).isStrictSubset(
        of: Set(graph.parameters.map(ObjectIdentifier.init))))
  }

  @Test func aCutAcrossASkipConnectionNamesTheMissingTensor() throws {
    let graph = residual()
    #expect {
      try graph.subgraph(from: ["inner2"])
    } throws: { error in
      "\(error)".contains("cannot start from 'inner2'")
        && "\(error)".contains("'add2' needs 'add1'")
    }
    let both = try graph.subgraph(from: ["inner2", "add1"])
    let inner = try graph.subgraph(to: ["inner2", "add1"])
    #expect(both(inner([x]))[0].equals(graph(x)))
  }

  @Test func anUnknownTensorIsExplained() {
    #expect {
      try residual().subgraph(from: ["ad1"])
    } throws: { "\($0)".contains("no tensor 'ad1'; the nearest is 'add1'") }
  }

  @Test func outputsBeforeTheCutAreExplained() {
    #expect {
      try residual().subgraph(from: ["add1"], to: ["stem"])
    } throws: { "\($0)".contains("the output 'stem' does not follow") }
  }

  @Test func severalInputsAndOutputs() {
    final class Halves: Module, MultiLayer {
      let outputCount = 2
      let scale = Parameter(Tensor.full([1], 2))
      func forward(_ inputs: [Tensor]) -> [Tensor] { (inputs[0] * scale.value).chunked(2, axis: 1) }
    }
    let (left, right) = (GraphNode.input("left"), GraphNode.input("right"))
    let halves = GraphNode.apply(Halves(), to: [GraphNode.concatenate([left, right])])
    let graph = LayerGraph(inputs: [left, right], outputs: [halves[0] * halves[1], halves[1]])
    let outputs = graph([Tensor.full([1, 2], 3), Tensor.full([1, 2], 5)])
    #expect(outputs[0].doubles() == [60, 60])
    #expect(outputs[1].doubles() == [10, 10])
    #expect(graph.namedParameters().map(\.name) == ["halves.scale"])
    #expect(graph.nodeNames.contains("halves.1"))
  }

  @Test func aSharedLayerCountsOnceAndUnnamedOnesGetNumbers() {
    let dense = Dense(3, 3)
    let input = GraphNode.input("x")
    let graph = LayerGraph(inputs: [input], outputs: [Dense(3, 1)(dense(dense(input)))])
    #expect(
      graph.namedParameters().map(\.name) == [
        "dense.weight", "dense.bias", "dense_2.weight", "dense_2.bias",
      ])
    #expect(graph.parameterCounts.total == 12 + 4)
  }

  @Test func clonesAndNests() {
    let graph = residual()
    let clone = graph.clone()
    #expect(!clone(x).equals(graph(x)))
    clone.copyWeights(from: graph)
    #expect(clone(x).equals(graph(x)))
    let input = GraphNode.input("outer")
    let twice = LayerGraph(
      inputs: [input], outputs: [graph(input, named: "a") + graph(input, named: "b")])
    expectClose(twice(x), graph(x) * 2, 1e-6)
    #expect(twice.parameterCounts.total == graph.parameterCounts.total)
  }

  @Test func aMissingInputTraps() async {
    await #expect(processExitsWith: .failure) {
      let (a, b) = (GraphNode.input("a"), GraphNode.input("b"))
      _ = LayerGraph(inputs: [a], outputs: [a + b])
    }
  }
}
