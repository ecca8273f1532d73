import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct ActivationTests {
  static let functions: [(String, ActivationFunction)] = [
    ("relu", .relu), ("relu6", .relu6), ("leakyReLU", .leakyReLU(0.3)), ("elu", .elu(1)),
    ("gelu", .gelu), ("gelu-tanh", .gelu(approximate: true)), ("silu", .silu), ("mish", .mish),
    ("tanh", .tanh), ("sigmoid", .sigmoid), ("softplus", .softplus), ("softmax", .softmax(axis: 1)),
    ("logSoftmax", .logSoftmax(axis: -1)),
  ]

  @Test(arguments: functions) func equalsPyTorch(_ name: String, _ function: ActivationFunction)
    throws
  {
    try GoldenCase("activation-\(name)").check(Activation(function))
  }

  @Test func preluEqualsPyTorch() throws { try GoldenCase("prelu").check(PReLU(channels: 3)) }
}
