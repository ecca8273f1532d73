import Datasets
import Foundation
import Layers
import Parallel
import Recipes
import Reports
import Torch
import Tracking
import Training
import Transformers

/// The toy of the article's method: digits that go up or down modulo 10, and a condition that says which.
struct Directions: Finding {
  private let start: UnchangedAtStart
  private let unconditional: Double
  private let all: Double
  private let partly: Double

  private static let special = 3
  private static let longest = 10

  private static func examples() -> Examples {
    Examples(count: 20_000) { _, random in
      let isUp = random.below(2) == 0
      let (first, length) = (random.below(10), 6 + random.below(5))
      let digits = (0..<length).map { ((first + (isUp ? $0 : -$0)) % 10 + 10) % 10 + special }
      return Example([
        "tokens": .sequence([1] + digits + [2]), "label": .integer(isUp ? 0 : 1),
      ])
    }
  }

  init(_ run: Running<ConditionalTextGenerationArticle.Settings>) throws {
    let steps = run.settings.directionSteps
    let configuration = ConditionedWriter.configuration(
      NewTransformer(layers: 2, hiddenSize: 64, heads: 4), vocabularySize: Self.special + 10,
      maxLength: 16)
    func loader() throws -> BatchLoader {
      try BatchLoader(Self.examples(), .init(batchSize: 32, seed: run.seed))
    }
    func train(_ model: Module, _ name: String, _ steps: Int, loss: @escaping (Batch) -> Tensor)
      throws
    {
      try run.trainWriter(model, named: name, try loader(), steps: steps, rate: 1e-3, loss: loss)
    }
    let language = Transformer(configuration, generator: RandomGenerator(seed: run.seed))
    try train(language, "directions-language", steps) { ConditionedWriter.loss(language, $0) }
    func writer() -> ConditionedWriter {
      let writer = ConditionedWriter(
        configuration, .labels(["up", "down"]), generator: RandomGenerator(seed: run.seed &+ 1))
      writer.move(to: run.device)
      writer.begin(from: language)
      return writer
    }
    let whole = writer()
    start = UnchangedAtStart(
      "directions", "digits", whole, from: language, source: whole.classes,
      try loader().next().moved(to: run.device))
    try train(whole, "directions", max(1, steps * 3 / 4), loss: whole.loss)
    let part = writer()
    part.freezeAll()
    part.freeze(containing: "condition", false)
    part.freeze(containing: "classes", false)
    try train(part, "directions-partly", max(1, steps * 3 / 4), loss: part.loss)

    func share(_ body: Transformer, _ writer: ConditionedWriter?) throws -> Double {
      let labels = (0..<200).map { $0 % 2 }
      let conditions = withoutGradients {
        writer?.classes.map { $0(Tensor(labels, device: run.device)) }
      }
      let texts = try body.evaluating {
        try ConditionedWriter.draw(
          body, conditions: conditions, count: labels.count, start: 1, end: 2,
          maxLength: Self.longest + 2, topP: 1, seed: run.seed, device: run.device)
      }
      return Self.share(texts, labels)
    }
    unconditional = try share(language, nil)
    all = try share(whole.body, whole)
    partly = try share(part.body, part)
  }

  /// The share of pairs of neighbors that go the way their text was asked to.
  private static func share(_ texts: [[Int]], _ labels: [Int]) -> Double {
    var (right, pairs) = (0, 0)
    for (text, label) in zip(texts, labels) {
      for (one, next) in zip(text, text.dropFirst()) {
        pairs += 1
        let step = ((next - one) % 10 + 10) % 10
        let isDigit = one >= special && next >= special
        right += isDigit && step == (label == 0 ? 1 : 9) ? 1 : 0
      }
    }
    return Double(right) / Double(max(1, pairs))
  }

  var claims: [Claim] {
    start.claims + [
      Claim(
        id: "directions-unconditional",
        statement: "without a condition digits go the way that would be asked for by chance",
        measured: unconditional, equals: 0.5, within: 0.1),
      Claim(
        id: "directions", statement: "with it they go the way they are asked to", measured: all,
        atLeast: 0.97),
      Claim(
        id: "directions-partly",
        statement: "so they do where only the maps of the condition and its table are trained",
        measured: partly, atLeast: 0.95),
    ]
  }

  var metrics: [String: Double] {
    [
      "directions/unconditional": unconditional, "directions/all": all,
      "directions/partly": partly,
    ]
  }
}
