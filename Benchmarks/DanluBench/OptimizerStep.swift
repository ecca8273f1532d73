import Layers
import Optimizers
import Torch

/// One optimizer step with given gradients.
enum OptimizerStep {
  static func run(_ arguments: [String]) throws {
    guard arguments.count >= 2, let specification = rule(arguments[0]),
      let shapes = shapes(arguments[1])
    else {
      throw TorchError("optimizer expected a rule and mlp or encoder, received \(arguments)")
    }
    let device = try Device(parsing: arguments.count > 2 ? arguments[2] : "cpu")
    let parameters = shapes.enumerated().map { index, shape in
      (name: "\(index)", parameter: Parameter(Tensor.normal(shape, device: device)))
    }
    let gradients = shapes.map { Tensor.normal($0, device: device) }
    let optimizer = Optimizer(specification, parameters: parameters)
    let steps = arguments[1] == "mlp" ? 5 : 1
    Rounds(arguments[1] == "mlp" ? 300 : 60) {
      for _ in 0..<steps { optimizer.step(gradients: gradients) }
      device.synchronize()
    }.report("\(arguments[0]) \(arguments[1])", repetitions: steps)
  }

  private static func rule(_ name: String) -> (any OptimizerSpecification)? {
    switch name {
    case "sgd": SGD(learningRate: 1e-5)
    case "momentum": HeavyBall(learningRate: 1e-5)
    case "nesterov": Nesterov(learningRate: 1e-5)
    case "adam": Adam(learningRate: 1e-5)
    case "adamw": AdamW(learningRate: 1e-5)
    case "rmsprop": RMSprop(learningRate: 1e-5)
    case "rmsprop-centered": RMSprop(learningRate: 1e-5, centered: true)
    case "adagrad": Adagrad(learningRate: 1e-5)
    default: nil
    }
  }

  /// `mlp`: 784-256-10, 203 530 numbers in 4 tensors. `encoder`: 12 transformer layers of width 256
  /// with embeddings, 15 million numbers in 199 tensors.
  private static func shapes(_ name: String) -> [[Int]]? {
    switch name {
    case "mlp": return [[256, 784], [256], [10, 256], [10]]
    case "encoder":
      let width = 256
      let attention = Array(repeating: [[width, width], [width]], count: 4).flatMap { $0 }
      let norm = [[width], [width]]
      let feedForward = [[4 * width, width], [4 * width], [width, 4 * width], [width]]
      let layer = attention + norm + feedForward + norm
      return [[21128, width], [512, width], [2, width]] + norm
        + Array(repeating: layer, count: 12).flatMap { $0 } + [[width, width], [width]]
    default: return nil
    }
  }
}
