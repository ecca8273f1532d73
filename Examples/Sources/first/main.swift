import Datasets
import Layers
import Optimizers
import Torch
import Training

let images = try StrokeImages.dataset(count: 12_000, seed: 0)
let parts = images.split([0.9, 0.1], seed: 0)
let model = Sequential(Flatten(), Dense(784, 256), Activation(.relu), Dense(256, 10))
let optimizer = Optimizer(
  Adam(learningRate: 1e-3).withWeightDecay(0.01)
    .withSchedule(.piecewiseLinear([100: 1, 1000: 0.1])),
  for: model)
let loader = try BatchLoader(parts[0], .init(batchSize: 64, seed: 0))
let task = SupervisedTask.classifier(
  model, optimizer: optimizer, loader: loader, validation: parts[1])
let outcome = try Trainer(TrainingOptions(steps: 1000, validationInterval: 250)).fit(task)
print(outcome.validation)
