import Datasets
import Layers
import Optimizers
import Parallel
import Recipes
import Reports
import TextMining
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
    let classes = GroupedText.groups.count
    labelCount = run.settings.labels * classes
    for seed in 0..<Self.seeds {
      var random = RandomStream(seed: run.seed &+ UInt64(seed), stream: 70_551)
      let training = try TopicTexts(count: labelCount, tokenizer, &random)
      let test = try TopicTexts(count: 500, tokenizer, &random)
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
        let steps = 150
        let task = SupervisedTask.classifier(
          model,
          optimizer: Optimizer(
            Adam(learningRate: 5e-4).withWeightDecay(0.01, excluding: ["bias", "[nN]orm"])
              .withClipping(norm: 1).withSchedule(.piecewiseLinear([15: 1, steps: 0])),
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
        atLeast: 0.1)
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

/// Short texts about one of the topics of `GroupedText`: six words, three of them common ones on the mean.
private struct TopicTexts {
  let labels: [Int]
  private let tokens: [[Int]]

  init(count: Int, _ tokenizer: any Tokenizer, _ random: inout RandomStream) throws {
    var labels: [Int] = []
    var tokens: [[Int]] = []
    let groups = GroupedText.groups
    for index in 0..<count {
      let topic = index % groups.count
      let words = (0..<6).map { place -> String in
        guard place == 0 || random.below(2) == 0 else {
          return GroupedText.commonWords[random.below(GroupedText.commonWords.count)]
        }
        return groups[topic].words[random.below(groups[topic].words.count)]
      }
      labels.append(topic)
      tokens.append(try tokenizer.encode(words.joined()).ids)
    }
    self.labels = labels
    self.tokens = tokens
  }

  var source: Examples {
    let (labels, tokens) = (labels, tokens)
    return Examples(count: labels.count) { index, _ in
      Example(["tokens": .sequence(tokens[index])], label: .integer(labels[index]))
    }
  }
}
