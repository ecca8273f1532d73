import Foundation
import Layers
import TestSupport
import Testing
import Torch

@testable import Optimizers

/// Traces that Scripts/golden/optimizers.py recorded from PyTorch's optimizers.
@Suite(.enabled(if: hasTorch, torchReason)) struct PyTorchTraceTests {
  struct Golden: Decodable {
    struct Trace: Decodable {
      let w: [Double]
      let b: [Double]
    }
    let traces: [String: Trace]

    static func load() throws -> Golden {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden/optimizers.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
  }

  static let specifications: [(String, any OptimizerSpecification)] = [
    ("SGD", SGD(learningRate: 0.05)),
    ("HeavyBall", HeavyBall(learningRate: 0.02)),
    ("Nesterov", Nesterov(learningRate: 0.02)),
    ("Adam", Adam(learningRate: 0.01)),
    ("AdamW", AdamW(learningRate: 0.01, weightDecay: 0.1)),
    ("RMSprop", RMSprop(learningRate: 0.01, smoothing: 0.95, epsilon: 1e-7)),
    (
      "RMSprop centered",
      RMSprop(learningRate: 0.01, smoothing: 0.95, epsilon: 1e-7, centered: true)
    ),
    ("Adagrad", Adagrad(learningRate: 0.1, epsilon: 1e-8, initialAccumulator: 0.1)),
    (
      "AdamW schedule",
      AdamW(learningRate: 0.01, weightDecay: 0.1).withSchedule(
        Schedule("line") { 1 - 0.1 * Double($0) })
    ),
    ("Adam AMSGrad", Adam(learningRate: 0.05, beta2: 0.5, amsgrad: true)),
    ("AdamW AMSGrad", AdamW(learningRate: 0.05, beta2: 0.5, weightDecay: 0.1, amsgrad: true)),
    ("SGD L2", SGD(learningRate: 0.05).withL2Penalty(0.3)),
    ("HeavyBall L2", HeavyBall(learningRate: 0.02).withL2Penalty(0.3)),
    ("Nesterov L2", Nesterov(learningRate: 0.02).withL2Penalty(0.3)),
    ("Adam L2", Adam(learningRate: 0.01).withL2Penalty(0.3)),
    (
      "RMSprop L2",
      RMSprop(learningRate: 0.01, smoothing: 0.95, epsilon: 1e-7).withL2Penalty(0.3)
    ),
    (
      "Adagrad L2",
      Adagrad(learningRate: 0.1, epsilon: 1e-8, initialAccumulator: 0.1).withL2Penalty(0.3)
    ),
    ("SGD L2 accumulation", SGD(learningRate: 0.05).withL2Penalty(0.3).withGradientAccumulation(3)),
    ("Nesterov accumulation", Nesterov(learningRate: 0.02).withGradientAccumulation(3)),
  ]

  @Test(arguments: specifications.map(\.0), [false, true])
  func tracesAgree(name: String, isGeneral: Bool) throws {
    let trace = try #require(Golden.load().traces[name])
    var specification = try #require(Self.specifications.first { $0.0 == name }).1
    if isGeneral {
      specification = ExtendedRule(
        rule: Unfused(inner: specification.rule), extensions: specification.extensions)
    }
    let w = Parameter(Tensor([[1.0, -2, 3], [0.3, -0.7, 0.25]]))
    let b = Parameter(Tensor([0.4, -1.1]))
    let optimizer = Optimizer(specification, parameters: [("w", w), ("b", b)])
    let curvature = Tensor([[1, 10, 0.1], [0.5, 2, 4]])
    let parts = name.contains("accumulation") ? 3 : 1
    for _ in 0..<7 {
      for part in 1...parts {
        optimizer.step {
          (curvature * w.value.square()).sum() * (Double(part) / 2) + b.value.sin().sum()
        }
      }
    }
    expectClose(w.value.doubles(), trace.w, 1e-12)
    expectClose(b.value.doubles(), trace.b, 1e-12)
  }
}
