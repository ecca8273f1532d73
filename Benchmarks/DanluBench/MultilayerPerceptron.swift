import Layers
import Optimizers
import Torch

/// A training step of a 784-256-10 perceptron on 64 samples with Adam.
enum MultilayerPerceptron {
  static let steps = 2

  static func run() {
    func uniform(_ shape: [Int], _ fanIn: Int) -> Parameter {
      let bound = 1 / Double(fanIn).squareRoot()
      return Parameter((Tensor.uniform(shape) * 2 - 1) * bound)
    }
    let parameters = [
      ("0.weight", uniform([256, 784], 784)), ("0.bias", uniform([256], 784)),
      ("1.weight", uniform([10, 256], 256)), ("1.bias", uniform([10], 256)),
    ]
    let (w0, b0) = (parameters[0].1, parameters[1].1)
    let (w1, b1) = (parameters[2].1, parameters[3].1)
    let images = Tensor.normal([64, 784])
    let labels = Tensor.randomIntegers(0, 10, shape: [64])
    let optimizer = Optimizer(
      Adam(learningRate: 1e-4, epsilon: 1e-8),
      parameters: parameters.map { (name: $0.0, parameter: $0.1) })
    var loss = Tensor(0.0)
    Rounds(1000) {
      for _ in 0..<steps {
        loss = optimizer.step {
          images.linear(w0.value, bias: b0.value).relu().linear(w1.value, bias: b1.value)
            .crossEntropy(labels)
        }
      }
    }.report("step", repetitions: steps, extra: ", \"loss\": \(loss.item())")
  }
}
