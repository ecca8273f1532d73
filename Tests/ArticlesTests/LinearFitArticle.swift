import Datasets
import Layers
import Messages
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// An article made by CONTRIBUTING's "To add an article", step by step: two named trainings of a line,
/// one claim each.
enum LinearFitArticle: Article {
  static let card = RecipeCard(
    name: "linear-fit", title: "Two fits of a line",
    summary: "Fits y = 2x − 1 by two optimizers.", date: "2019-01-01", archive: 1,
    data: "points of a line, drawn from the seed", duration: "1 s")

  struct Settings: RecipeSettings {
    @Knob("the rules' learning rate", in: 1e-6...1) var rate = 0.1
    @Knob("updates of each", in: 1...) var steps = 200
    @Knob("fails in between, for tests") var failing = false
  }

  static func findings(_ run: Running<Settings>) throws -> [any Finding] {
    let rules: [(name: String, rule: any OptimizerSpecification)] = [
      ("sgd", SGD(learningRate: run.settings.rate)),
      ("adam", Adam(learningRate: run.settings.rate)),
    ]
    return try rules.map { name, rule in
      if name == "adam", run.settings.failing { throw InputError("failed in between") }
      let model = Dense(1, 1, generator: RandomGenerator(seed: run.seed))
      let points = Tensor.normal([64, 1], generator: RandomGenerator(seed: run.seed &+ 1))
      let task = SupervisedTask(
        model, optimizer: Optimizer(rule, for: model),
        loader: try BatchLoader(Dataset(inputs: points), .init(batchSize: 16, seed: run.seed))
      ) { output, batch in output.squaredError(batch.input * 2 - 1) }
      try run.train(task, named: name, steps: run.settings.steps) { $0.checkpointInterval = 20 }
      return Slope(name: name, weight: model.weight.value.item())
    }
  }
}

/// The slope that a fit found.
private struct Slope: Finding {
  let name: String
  let weight: Double

  var claims: [Claim] {
    [
      Claim(
        id: name, statement: "\(name) finds the slope 2", measured: weight, equals: 2, within: 0.05)
    ]
  }
  var metrics: [String: Double] { ["slope/\(name)": weight] }
}
