// Prices from a CSV file with numbers and categories.
//     swift run -c release tables [SEED]
import Datasets
import Formats
import Layers
import Optimizers
import Torch
import Training

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
RandomGenerator.seedAll(seed)
let table = try Table(csv: "data/houses-train.csv")
let training = try Dataset(table, label: "price")
let test = try Dataset(Table(csv: "data/houses-test.csv").aligned(with: table), label: "price")
let width = training.inputShape[0]
let model = Sequential(
  BatchNorm(width), Dense(width, 64), Activation(.relu), Dense(64, 64), Activation(.relu),
  Dense(64, 1))
let optimizer = Optimizer(Adam(learningRate: 1e-2).withSchedule(.cosine(940)), for: model)
let outcome = try Trainer(TrainingOptions(.epochs(15), validationInterval: .epochs(15))).fit(
  .regressor(
    model, optimizer: optimizer,
    loader: try BatchLoader(training, .init(batchSize: 64, seed: seed)), validation: test))
print("error", outcome.validation["validation/rootMeanSquaredError"] ?? 0)
