import TestSupport
import Testing

@testable import Torch

/// Small additions, subtractions, products and quotients go around libtorch's dispatcher
/// (`LibTorch/direct_operators.h`). `Operator.call` never does: both must agree to the last bit.
@Suite(.enabled(if: hasTorch, torchReason)) struct DirectOperatorTests {
  typealias Binary = @Sendable (Tensor, Tensor) -> Tensor
  static let names = ["add", "sub", "mul", "div"]

  static func direct(_ name: String) -> Binary {
    switch name {
    case "add": { $0 + $1 }
    case "sub": { $0 - $1 }
    case "mul": { $0 * $1 }
    default: { $0 / $1 }
    }
  }

  static func dispatched(_ name: String) throws -> Binary {
    let operation = try Operator(named: "aten::" + name, overload: "Tensor")
    return { left, right in
      guard case .tensor(let result)? = try? operation.call([left, right]).first else {
        fatalError("\(name) gave no tensor")
      }
      return result
    }
  }

  /// Operands of the plain case and of the cases that the direct path must decline.
  static func operands(_ dtype: DType) -> [(Tensor, Tensor)] {
    RandomGenerator.seedAll(7)
    func normal(_ shape: [Int]) -> Tensor { Tensor.normal(shape).to(dtype) }
    return [
      (normal([4, 4]), normal([4, 4])), (normal([]), normal([])),
      (normal([0, 3]), normal([0, 3])),
      (normal([255]), normal([255])), (normal([257]), normal([257])),
      (normal([4, 3]), normal([3])), (normal([4, 4]).transposed(), normal([4, 4])),
      (normal([3, 4]), normal([]).to(.float64)),
      (normal([2, 3]), Tensor([[1, 2, 3], [4, 5, 6]])),
    ]
  }

  @Test(arguments: names) func givesTheBitsOfTheDispatcher(name: String) throws {
    let (direct, dispatched) = (Self.direct(name), try Self.dispatched(name))
    for dtype in [DType.float32, .float64, .bfloat16] {
      for (a, b) in Self.operands(dtype) {
        let (received, expected) = (direct(a, b), dispatched(a, b))
        #expect(received.dtype == expected.dtype && received.shape == expected.shape)
        #expect(received.strides == expected.strides)
        #expect(received.doubles().map(\.bitPattern) == expected.doubles().map(\.bitPattern))
      }
    }
  }

  @Test(arguments: names) func hasTheGradientsOfTheDispatcher(name: String) throws {
    /// First and second derivatives of Σ (a ∘ b)³ for every choice of what is differentiated.
    func derivatives(_ operation: Binary, _ a: Tensor, _ b: Tensor) -> [[Double]] {
      var all: [[Double]] = []
      for wanted in 1...3 {
        let left = wanted & 1 == 0 ? a : a.detach().requiringGradient()
        let right = wanted & 2 == 0 ? b : b.detach().requiringGradient()
        let inputs = [left, right].filter(\.requiresGradient)
        let value = operation(left, right)
        #expect(value.requiresGradient)
        let first = gradients(
          of: (value * value * value).sum(), withRespectTo: inputs, createGraph: true)
        let norm = first.map { ($0 * $0).sum() }.reduce(Tensor(0.0), +)
        all += first.map { $0.doubles() }
        if norm.requiresGradient {
          all += gradients(of: norm, withRespectTo: inputs).map { $0.doubles() }
        }
      }
      return all
    }
    for (a, b) in Self.operands(.float64).prefix(4) {
      let received = derivatives(Self.direct(name), a, b)
      let expected = derivatives(try Self.dispatched(name), a, b)
      #expect(received.map { $0.map(\.bitPattern) } == expected.map { $0.map(\.bitPattern) })
    }
  }

  @Test func keepsTheModesOfTheThread() {
    let a = Tensor.ones([2, 2]).requiringGradient()
    #expect(!withoutGradients { a + a }.requiresGradient)
    #expect(!withInferenceMode { a + a }.requiresGradient)
    #expect((a + a).requiresGradient && !(a + a).isLeaf)
    #expect(!(a.detach() + a.detach()).requiresGradient)
    let product = withAutocast(.bfloat16) { a.matmul(a) + a.matmul(a) }
    #expect(product.dtype == .bfloat16)
  }

  /// A result made here takes part in what libtorch knows of storage, versions and graphs.
  @Test func givesOrdinaryTensors() {
    let a = Tensor([1.0, 2]).requiringGradient()
    let b = a * a
    let cube = b * a
    #expect(gradients(of: cube.sum(), withRespectTo: [a])[0].doubles() == [3, 12])
    let base = a.detach() + a.detach()
    base.multiplyInPlace(2)
    #expect(base.reshaped(2, 1).doubles() == [4, 8])
  }
}
