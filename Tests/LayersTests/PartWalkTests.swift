import Foundation
import Layers
import Optimizers
import TestSupport
import Testing
import Torch

/// Where parts may lie, and what becomes of those that nothing can find.
@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct PartWalkTests {
  struct Block {
    let dense = Dense(4, 4)
    weak var owner: Module?
  }
  enum Choice {
    case none
    case one(Dense)
    case pair(left: Dense, right: Dense)
  }
  final class Box {
    let dense = Dense(2, 2)
  }
  struct Wrapped<Value> { var wrappedValue: Value }

  final class Everything: Module {
    let blocks: [(dense: Dense, norm: LayerNorm)] = [(Dense(4, 4), LayerNorm(4))]
    let unlabeled = (Dense(1, 1, bias: false), 3, Parameter(Tensor.ones([1])))
    let block = Block()
    let nested: [String: [Block?]] = ["b": [Block(), nil], "a": []]
    let choices: [Choice] = [
      .none, .one(Dense(1, 1, bias: false)),
      .pair(left: Dense(1, 1, bias: false), right: Dense(1, 1, bias: false)),
    ]
    let generic = Wrapped(wrappedValue: Dense(1, 1, bias: false))
  }

  @Test func partsAreFoundInEveryKindOfValue() {
    #expect(
      Everything().namedParameters().map(\.name) == [
        "blocks.0.dense.weight", "blocks.0.dense.bias", "blocks.0.norm.weight",
        "blocks.0.norm.bias", "unlabeled.0.weight", "unlabeled.2", "block.dense.weight",
        "block.dense.bias", "nested.b.0.dense.weight", "nested.b.0.dense.bias",
        "choices.1.one.weight", "choices.2.pair.left.weight", "choices.2.pair.right.weight",
        "generic.wrappedValue.weight",
      ])
  }

  struct Weights { let weight = Parameter(Tensor.ones([4, 3])) }
  final class Before: Module {
    let weights = Weights()
    let head = Dense(3, 3)
  }
  final class Nothing: Module {
    let weights = Weights()
  }

  @Test func parametersInStructsAreFoundAnywhere() {
    #expect(Before().namedParameters().map(\.name).count == 3)
    #expect(Nothing().namedParameters().map(\.name) == ["weights.weight"])
  }

  // MARK: - References back

  class Child: Module {
    let dense = Dense(2, 2)
  }
  final class WeakChild: Child {
    weak var parent: Module?
  }
  final class UnownedChild: Child {
    unowned let parent: Module
    init(_ parent: Module) {
      self.parent = parent
      super.init()
    }
  }
  final class Peer: Child {
    weak var other: Peer?
  }
  final class Parent: Module {
    var children: [Child] = []
    let other = Dense(1, 1)
  }

  @Test func referencesThatAreNotStrongAreNoParts() {
    let parent = Parent()
    let child = WeakChild()
    child.parent = parent
    parent.children = [child, UnownedChild(parent)]
    #expect(child.namedParameters().map(\.name) == ["dense.weight", "dense.bias"])
    #expect(parent.parameters.count == 6)
    #expect(parent.namedModules().count == 6)
    let orphan = UnownedChild(Parent())
    #expect(orphan.parameters.count == 2)
    let (first, second) = (Peer(), Peer())
    first.other = second
    second.other = first
    #expect(first.parameters.count == 2)
  }

  @Test func aStructMayReferWeaklyToTheModuleThatHoldsIt() {
    final class Holder: Module {
      var block = Block()
    }
    let holder = Holder()
    holder.block.owner = holder
    #expect(holder.namedParameters().map(\.name) == ["block.dense.weight", "block.dense.bias"])
  }

  @Test func aModuleHeldTwiceIsSharedAndNoCycle() {
    let parent = Parent()
    let child = Child()
    parent.children = [child, child]
    #expect(parent.parameters.count == 4)
    #expect(parent.allNames().count == 6)
  }

  // MARK: - Parts that change

  @Test func aReplacedLayerIsFoundEverywhere() {
    final class Model: Layer {
      var head: Layer = Dense(3, 2)
      lazy var later = Dense(2, 2)
      var optional: Dense?
      override func forward(_ x: Tensor) -> Tensor { later(head(x)) }
    }
    let model = Model()
    #expect(model.parameters.count == 2)
    _ = model.summary()
    model.evaluate()
    model.head = Dense(3, 5, bias: false)
    #expect(model.namedParameters().map(\.name) == ["head.weight"])
    _ = model.later
    model.optional = Dense(1, 1)
    #expect(
      model.namedParameters().map(\.name) == [
        "head.weight", "later.weight", "later.bias", "optional.weight", "optional.bias",
      ])
    #expect(model.summary().contains("later"))
    #expect(model.checkpoint().tensors.count == 5)
    #expect(model.parameterCounts.total == 15 + 6 + 2)
    model.train(false)
    #expect(!model.head.isTraining)
    #expect(model.freeze(containing: "head") == ["head.weight"])
  }

  /// Structures that stay are walked once; a change would otherwise cost every step a walk.
  @Test func layersOfDanluHaveAFixedStructure() {
    let layers: [Module] = [
      Dense(2, 2), BatchNorm(2), Dropout(0.1), Conv2d(1, 1, kernelSize: 1), Embedding(2, 2),
      MultiHeadAttention(4, headCount: 2), LSTM(2, 2), LayerNorm(2), Activation(.relu),
      SpectralNorm(Dense(2, 2)), Sequential(Dense(2, 2), BatchNorm(2)), Upsample2d(2),
      ConvTranspose2d(1, 1, kernelSize: 1), MaxPool2d(2), Lambda { $0 }, PReLU(),
      Embedding(2, 2).tiedProjection(), Reshape(2), Flatten(), Permute(1),
      CenterLoss(classes: 2, featureSize: 2), GroupNorm(groups: 1, channels: 2), RMSNorm(2),
      GaussianDropout(0.1),
    ]
    for layer in layers { #expect(layer.hasFixedStructure, "\(type(of: layer))") }
  }

  // MARK: - What traps

  static let mistakes: [(name: String, message: String, call: @Sendable () -> Void)] = [
    (
      "cycle", "'children.0.parent' of Parent leads back",
      {
        final class Strong: Child {
          var parent: Module?
        }
        let parent = Parent()
        let child = Strong()
        child.parent = parent
        parent.children = [child]
        _ = parent.parameters
      }
    ),
    (
      "object", "'box' of Holder is a Box, which is no Module",
      {
        final class Holder: Module {
          let head = Dense(1, 1)
          let box = Box()
        }
        _ = Holder().parameters
      }
    ),
    (
      "object only", "'box' of Holder is a Box, which is no Module",
      {
        final class Holder: Module {
          let box = Box()
        }
        _ = Holder().parameters
      }
    ),
    (
      "set", "the parts of 'layers' lie in a set",
      {
        final class Item: Dense2, Hashable {
          static func == (left: Item, right: Item) -> Bool { left === right }
          func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
        }
        final class Holder: Module {
          let layers: Set<Item> = [Item()]
        }
        _ = Holder().parameters
      }
    ),
    (
      "nothing", "nothing to train: Empty holds no parameters",
      {
        final class Empty: Module {}
        _ = Optimizer(SGD(), for: Empty())
      }
    ),
    (
      "all frozen", "all 2 parameters of Dense are frozen",
      {
        let dense = Dense(1, 1)
        dense.freezeAll()
        _ = Optimizer(SGD(), for: dense)
      }
    ),
    (
      "another model", "depends on none of the optimizer's parameters",
      {
        let (first, second) = (Dense(1, 1), Dense(1, 1))
        Optimizer(SGD(), for: first).step { second(Tensor.ones([1, 1])).sum() }
      }
    ),
    (
      "replaced", "now with 'head.weight'); make a new optimizer",
      {
        final class Model: Module {
          var head = Dense(1, 1)
        }
        let model = Model()
        let optimizer = Optimizer(SGD(), for: model)
        model.head = Dense(1, 1)
        optimizer.step { model.head(Tensor.ones([1, 1])).sum() }
      }
    ),
  ]
  class Dense2: Module {
    let dense = Dense(1, 1)
  }

  @Test(arguments: mistakes.map(\.name)) func mistakesTrap(name: String) async throws {
    setenv("DANLU_MISTAKE", name, 1)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let name = ProcessInfo.processInfo.environment["DANLU_MISTAKE"]
      PartWalkTests.mistakes.first { $0.name == name }?.call()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let mistake = try #require(Self.mistakes.first { $0.name == name })
    #expect(text.contains(mistake.message), "\(text)")
  }

  // MARK: - Modes and generators

  @Test func aFrozenBodyStaysInInference() {
    final class Model: Layer {
      let body = Sequential(Dense(2, 2), BatchNorm(2), Dropout(0.5))
      let head = Sequential(Dense(2, 2), Dropout(0.5))
      override func forward(_ x: Tensor) -> Tensor { head(body(x)) }
    }
    let model = Model()
    model.body.freezeAll()
    model.body.keepInInference()
    let before = model.body.checkpoint().copied()
    model.train()
    #expect(model.head.isTraining && model.head[1].isTraining)
    #expect(!model.body.isTraining && !model.body[1].isTraining)
    _ = model(Tensor.normal([8, 2]))
    for (name, tensor) in model.body.checkpoint().tensors {
      #expect(before.tensors[name]?.equals(tensor) == true, "\(name)")
    }
    model.body.keepInInference(false)
    #expect(model.body[1].isTraining)
  }

  @Test func whatIsFrozenIsInTheCheckpoint() throws {
    let model = Sequential(Dense(2, 2), Dense(2, 2))
    model[0].freezeAll()
    let state = model.checkpoint().copied()
    model[0].freezeAll(false)
    model.freeze(containing: "1.bias")
    try model.restore(state)
    #expect(model.namedParameters().map(\.parameter.isTrainable) == [false, false, true, true])
    // A state of a version that did not say leaves everything as it is.
    var earlier = state
    earlier.values = [:]
    model[0].freezeAll(false)
    try model.restore(earlier)
    #expect(model.parameters.allSatisfy { $0.isTrainable })
  }

  @Test func evaluatingGivesEveryModuleItsModeBack() {
    let model = Sequential(Dense(2, 2), BatchNorm(2), Dropout(0.5))
    model[1].evaluate()
    let inside = model.evaluating { model.namedModules().map(\.module.isTraining) }
    #expect(inside == [false, false, false, false])
    #expect(model.namedModules().map(\.module.isTraining) == [true, true, false, true])
    _ = model.summary(Tensor.ones([2, 2]))
    #expect(!model[1].isTraining)
  }

  @Test func generatorsOfLayersAreInTheCheckpointAndNotInTheFile() throws {
    let model = Sequential(
      Dense(3, 3), Dropout(0.5, generator: RandomGenerator(seed: 1)),
      GaussianDropout(0.5, generator: RandomGenerator(seed: 2)))
    let x = Tensor.ones([4, 3])
    _ = model(x)
    let state = model.checkpoint().copied()
    let expected = model(x)
    try model.restore(state)
    #expect(model(x).equals(expected))
    #expect(try model.checkpointTensors().map(\.name) == ["0.weight", "0.bias"])
    // One that a module of one's own holds.
    final class Noisy: Layer {
      let random: RandomGenerator? = RandomGenerator(seed: 3)
      override func forward(_ x: Tensor) -> Tensor { x + .normal(like: x, generator: random) }
    }
    let noisy = Sequential(Dense(3, 3), Noisy())
    _ = noisy(x)
    let before = noisy.checkpoint().copied()
    #expect(before.tensors.keys.contains("1.random"))
    let noise = noisy(x)
    try noisy.restore(before)
    #expect(noisy(x).equals(noise))
    var lacking = state
    lacking.tensors["1.randomGenerator"] = nil
    #expect(message { try model.restore(lacking) }.contains("'1.randomGenerator' is missing"))
  }
}
