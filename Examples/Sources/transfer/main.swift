// A body trained in PyTorch on the digits 0 to 4 learns 5 to 9 from forty pictures.
//     swift run -c release transfer [SEED]
import Datasets
import Layers
import Optimizers
import Torch
import Training

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
RandomGenerator.seedAll(seed)
let body = Sequential(
  Conv2d(1, 32, kernelSize: 3, padding: 1), BatchNorm(32), Activation(.relu), MaxPool2d(2),
  Conv2d(32, 64, kernelSize: 3, padding: 1), BatchNorm(64), Activation(.relu), GlobalAveragePool())
try body.load(from: "data/digits.pt", map: .pytorch)
body.freezeAll()
body.evaluate()
let model = Sequential(body, Dense(64, 5))
let training = try Dataset(npz: "data/digits.npz", inputs: ["x_few"], label: "y_few")
let test = try Dataset(npz: "data/digits.npz", inputs: ["x_new"], label: "y_new")
let outcome = try Trainer(TrainingOptions(.epochs(100), validationInterval: .epochs(100))).fit(
  .classifier(
    model, optimizer: Optimizer(Adam(learningRate: 1e-2), for: model),
    loader: try BatchLoader(training, .init(batchSize: 20, seed: seed)), validation: test))
print("accuracy", outcome.validation["validation/accuracy"] ?? 0)
