import Datasets
import Layers
import Optimizers
import Parallel
import Recipes
import Reports
import Tokenizers
import Torch
import Tracking
import Training
import Transformers

/// Few labelled texts: the same model from what it was pre-trained to and from random weights.
struct FewLabels: Finding {
  private static let seeds = 3
  private var pretrained: [Double] = []
  private var scratch: [Double] = []
  private let labelCount: Int

  init(_ trained: TrainedOnText, _ run: Running<PretrainingArticle.Settings>) throws {
    guard let tokenizer = try TokenizerFile.find(in: trained.folder) else {
      fatalError("the run has just written its vocabulary")
    }
    let classes = InventedReviews.labels.count
    labelCount = run.settings.labels * classes
    for seed in 0..<Self.seeds {
      var random = RandomStream(seed: run.seed &+ UInt64(seed), stream: 70_551)
      let training = try LabelledReviews(count: labelCount, tokenizer, &random)
      let test = try LabelledReviews(count: 500, tokenizer, &random)
      for isPretrained in [true, false] {
        let generator = RandomGenerator(seed: run.seed &+ UInt64(seed))
        var reading = CheckpointOptions()
        reading.heads = []
        var configuration = trained.configuration
        configuration.heads = []
        let body =
          isPretrained
          ? try Transformer.load(folder: trained.folder, options: reading, generator: generator)
          : Transformer(configuration, generator: generator)
        let model = MeanClassifier(body, classCount: classes, generator: generator)
        model.move(to: run.device)
        let steps = run.settings.labelSteps
        let task = SupervisedTask.classifier(
          model,
          optimizer: Optimizer(
            Adam(learningRate: run.settings.labelRate).withWeightDecay(
              0.01, excluding: ["bias", "[nN]orm"]
            )
            .withClipping(norm: 1).withSchedule(
              .piecewiseLinear([max(1, steps / 10): 1, steps + 1: 0])),
            for: model),
          loader: try BatchLoader(
            training.source, .init(batchSize: 16, seed: run.seed &+ UInt64(seed)))
        ) { model($0) }
        try run.train(
          task, named: "\(isPretrained ? "pretrained" : "scratch")-\(seed)", steps: steps)
        let logits = try task.predict(test.source, StepScope(device: run.device))
        let found = logits.argmax(axis: 1).integers()
        let right = zip(found, test.labels).count { $0 == $1 }
        let accuracy = Double(right) / Double(test.labels.count)
        if isPretrained { pretrained.append(accuracy) } else { scratch.append(accuracy) }
      }
    }
  }

  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }

  var claims: [Claim] {
    [
      Claim(
        id: "few-labels",
        statement:
          "with \(labelCount) labels the pre-trained model beats the same from random weights: accuracy on 500 "
          + "others, mean of \(Self.seeds) seeds, more by",
        measured: mean(pretrained) - mean(scratch),
        atLeast: 0.05)
    ]
  }

  var metrics: [String: Double] {
    ["fewLabels/pretrained": mean(pretrained), "fewLabels/scratch": mean(scratch)]
  }

  var section: Report.Section? {
    Report.Section(
      "Few labels",
      [
        .table(
          Report.Table(
            columns: ["seed", "pre-trained", "from random weights"],
            rows: pretrained.indices.map {
              [.text("\($0)"), .number(pretrained[$0]), .number(scratch[$0])]
            }))
      ])
  }
}

/// Reviews that do not say outright what is thought of a thing: their words have to be known.
private struct LabelledReviews {
  let labels: [Int]
  private let tokens: [[Int]]

  init(count: Int, _ tokenizer: any Tokenizer, _ random: inout RandomStream) throws {
    labels = (0..<count).map { $0 % InventedReviews.labels.count }
    tokens = try labels.map {
      try tokenizer.encode(InventedReviews.draw($0, hasVerdict: false, &random)).ids
    }
  }

  var source: Examples {
    let (labels, tokens) = (labels, tokens)
    return Examples(count: labels.count) { index, _ in
      Example(["tokens": .sequence(tokens[index])], label: .integer(labels[index]))
    }
  }
}
