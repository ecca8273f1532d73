// Digits of 8×8 pixels by a convolutional network, with a layer and a callback of one's own.
//     swift run -c release images [SEED]
import Datasets
import Layers
import Optimizers
import Torch
import Training

/// y = x + relu(norm(convolution(x))).
final class Residual: Layer {
  let body: Sequential

  init(_ channels: Int) {
    body = Sequential(
      Conv2d(channels, channels, kernelSize: 3, padding: 1), BatchNorm(channels), Activation(.relu))
  }

  override func forward(_ input: Tensor) -> Tensor { input + body(input) }
}

/// Prints every validation.
final class Progress: Callback {
  func validationDidEnd(_ state: TrainingState, metrics: [String: Double]) {
    print("step \(state.step): accuracy \(metrics["validation/accuracy"] ?? 0)")
  }
}

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
RandomGenerator.seedAll(seed)
let training = try Dataset(npz: "data/digits.npz", inputs: ["x_train"], label: "y_train")
let test = try Dataset(npz: "data/digits.npz", inputs: ["x_test"], label: "y_test")
let model = Sequential(
  Conv2d(1, 32, kernelSize: 3, padding: 1), Residual(32), MaxPool2d(2), Residual(32), Flatten(),
  Dense(512, 10))
let outcome = try Trainer(
  TrainingOptions(.epochs(10), validationInterval: .epochs(5)), callbacks: [Progress()]
).fit(
  .classifier(
    model, optimizer: Optimizer(Adam(learningRate: 1e-3), for: model),
    loader: try BatchLoader(training, .init(batchSize: 64, seed: seed)), validation: test))
print("accuracy", outcome.validation["validation/accuracy"] ?? 0)
