import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ModuleTests {
  final class Leaf: Layer {
    let weight = Parameter(Tensor.ones([2, 3]))
    let bias: Parameter? = Parameter(Tensor.zeros([3]))
    let scale: Parameter? = nil
    let mean = Parameter(Tensor.zeros([3]), role: .state)
  }

  final class Tree: Module {
    let first = Leaf()
    let list = [Leaf(), Leaf()]
    let table = ["b": Leaf(), "a": Leaf()]
    let shared: Leaf
    override init() {
      shared = list[0]
      super.init()
    }
  }

  final class Forgetful: Layer {
    let weight = Parameter(Tensor.ones([2]))
    let hidden: () -> Tensor
    override init() {
      let lost = Parameter(Tensor.ones([3]))
      hidden = { lost.value }
      super.init()
    }
  }

  @Test func namesFollowTheProperties() {
    let names = Tree().namedParameters().map(\.name)
    #expect(
      names
        == ["first", "list.0", "list.1", "table.a", "table.b"].flatMap {
          ["\($0).weight", "\($0).bias", "\($0).mean"]
        })
  }

  @Test func sharedParametersCountOnce() {
    let tree = Tree()
    #expect(tree.parameters.count == 10)
    #expect(tree.allNames().count == 18)
  }

  @Test func aForgottenParameterIsAnError() async {
    await #expect(processExitsWith: .failure) {
      _ = Forgetful().parameters
    }
  }

  @Test func modulesBuiltBetweenAreNotForgotten() {
    let first = Leaf()
    let between = Leaf()
    final class Wrapper: Module {
      let inner: Leaf
      init(_ inner: Leaf) {
        self.inner = inner
        super.init()
      }
    }
    #expect(Wrapper(first).parameters.count == 2)
    #expect(between.parameters.count == 2)
  }

  @Test func modeReachesAllModules() {
    let tree = Tree().evaluate()
    #expect(tree.list[1].isTraining == false)
    tree.train()
    #expect(tree.table["a"]?.isTraining == true)
  }
}
