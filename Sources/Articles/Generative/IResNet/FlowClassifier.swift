import Datasets
import Generative
import Layers
import Optimizers
import Recipes
import Reports
import Torch
import Training

/// The same blocks as a classifier, bound and not.
struct FlowClassifier: Finding {
  private var rows: [(name: String, accuracy: Double)] = []

  init(_ training: Dataset, _ heldOut: Dataset, _ run: Running<IResNetSettings>) throws {
    for (name, bound) in [("c 0.5", 0.5), ("c 0.9", 0.9), ("no bound", 1e6)] {
      let random = RandomGenerator(seed: run.seed)
      let body = InvertibleResNet.dense(
        2, width: run.settings.width, blocks: 4, bound: bound, iterations: 1, generator: random)
      let model = Sequential(body, Dense(2, 2, generator: random))
      let task: SupervisedTask = .classifier(
        model, optimizer: Optimizer(Adam(learningRate: run.settings.rate), for: model),
        loader: try BatchLoader(
          training, .init(batchSize: run.settings.batch, seed: run.seed)))
      let slug = name.split(separator: " ").joined(separator: "-")
      try run.train(
        task, named: "classifier-\(slug)", steps: max(1, run.settings.steps / 2)
      ) { $0.device = .cpu }
      let answers = model.evaluating { withoutGradients { model(heldOut.inputs) } }.argmax(axis: 1)
      let isRight = heldOut.labels.map { (answers .== $0).to(.float64).mean().item() }
      rows.append((name, isRight ?? .nan))
    }
  }

  var metrics: [String: Double] {
    rows.reduce(into: [:]) { $0["accuracy/\($1.name)"] = $1.accuracy }
  }

  var claims: [Claim] {
    [
      Claim(
        id: "classification",
        statement:
          "the bound hardly hurts a classifier: accuracy with c = 0.9 less that without a bound",
        measured: rows[1].accuracy - rows[2].accuracy, atLeast: -0.02)
    ]
  }

  var section: Report.Section? {
    Report.Section(
      "The same blocks as a classifier",
      [
        .table(
          Report.Table(
            columns: ["four blocks", "accuracy on held-out points"],
            rows: rows.map { [.text($0.name), .number($0.accuracy)] }))
      ])
  }
}
