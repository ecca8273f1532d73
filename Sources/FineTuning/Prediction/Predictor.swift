import Datasets
import Messages
import Parallel
import Tokenizers
import Torch
import Training
import Transformers

/// Applies a fine-tuned model: windows of similar length go through it together, whatever items they are of.
public struct Predictor {
  public let model: FineTunedModel
  public let tokenizer: any Tokenizer
  public var batchSize = 32
  /// Beams of generated texts.
  public var beams = 1
  /// The most tokens of an answer.
  public var longestAnswer = 40
  public var scope = StepScope()

  public init(_ model: FineTunedModel, _ tokenizer: any Tokenizer) {
    self.model = model
    self.tokenizer = tokenizer
  }

  public var settings: FineTunedSettings { model.settings }

  /// What is predicted, and how many items were cut off for their length.
  public struct Result: Sendable {
    public var predictions: [Prediction]
    public var cutCount: Int
  }

  /// One prediction for each item, in their order. Throws `Cancelled`.
  public func predict(_ items: [TextItem], work: Work = .silent) throws -> Result {
    let maker = TextWindows(tokenizer, task: settings.task, maxLength: settings.maxLength)
    let made = try parallelMap(count: items.count, threads: defaultThreadCount) {
      try maker.windows(of: items[$0])
    }
    var places: [(item: Int, window: TextWindow)] = []
    for (index, entry) in made.enumerated() {
      for window in entry.windows { places.append((index, window)) }
    }
    let order = places.indices.sorted {
      (places[$0].window.count, $0) > (places[$1].window.count, $1)
    }
    var found = [WindowResult?](repeating: nil, count: places.count)
    try work.phase("predicting", of: places.count, unit: "texts") { phase in
      try model.evaluating {
        try withoutGradients {
          for start in stride(from: 0, to: order.count, by: batchSize) {
            let batch = Array(order[start..<min(order.count, start + batchSize)])
            let results = try results(batch.map { places[$0].window })
            for (index, result) in zip(batch, results) { found[index] = result }
            try phase.advance(batch.count)
          }
        }
      }
    }
    var predictions = items.map { Prediction(id: $0.id) }
    var parts = [[(window: TextWindow, result: WindowResult)]](repeating: [], count: items.count)
    for (place, result) in zip(places, found) {
      if let result { parts[place.item].append((place.window, result)) }
    }
    for index in items.indices { join(parts[index], items[index], &predictions[index]) }
    return Result(predictions: predictions, cutCount: made.count { $0.isCut })
  }

  /// What a window gives.
  private enum WindowResult {
    case classes([Double])
    /// Of tokens, both ends included.
    case spans([(label: Int, first: Int, last: Int)])
    case answer(SpanExtraction.Span?, none: Double)
    case text(String, score: Double)
  }

  private func results(_ windows: [TextWindow]) throws -> [WindowResult] {
    if settings.task == .generate { return try generated(windows) }
    let batch = batch(windows)
    let scores = scope.forward { model.scores(batch) }.to(.float32).to(Device.cpu)
    switch settings.task {
    case .classify, .pair:
      return scores.softmax(axis: 1).rows.map { .classes($0) }
    case .tag:
      let mask = batch.attentionMasks["tokens"].to(Device.cpu)
      let classes: [[Int]]
      if let field = model.field {
        classes = field.decode(scores, mask: mask)
      } else {
        let width = scores.size(1)
        let best = scores.argmax(axis: 2).integers()
        classes = windows.enumerated().map {
          Array(best[$0.offset * width..<$0.offset * width + $0.element.count])
        }
      }
      return classes.map { .spans(TokenTags.spans($0)) }
    case .pointer:
      return SpanScores.decode(scores).map { spans in
        .spans(spans.map { ($0.kind, $0.first, $0.last) })
      }
    case .extract:
      let firsts = scores[.all, .all, 0].rows
      let lasts = scores[.all, .all, 1].rows
      return windows.indices.map { index in
        .answer(
          SpanExtraction.best(
            first: firsts[index], last: lasts[index], in: windows[index].places,
            longest: longestAnswer), none: firsts[index][0] + lasts[index][0])
      }
    case .generate: return []
    }
  }

  private func generated(_ windows: [TextWindow]) throws -> [WindowResult] {
    let endings = ["[SEP]", "</s>", "<|endoftext|>"].compactMap(tokenizer.vocabulary.id)
    let options = GenerationOptions(
      endIds: Set(endings.prefix(1)), maxLength: max(1, settings.maxLength / 4))
    let continuation = Continuation(
      model.body, prefixes: windows.map(\.encoding.ids),
      segments: windows.map(\.encoding.segmentIds), device: scope.device)
    let texts = try scope.forward {
      try BeamSearch(options, beamCount: beams, lengthPenalty: 1).generate(continuation)
    }
    return texts.map { best in
      .text(tokenizer.decode(best.first?.tokens ?? []), score: best.first?.score ?? 0)
    }
  }

  private func batch(_ windows: [TextWindow]) -> Batch {
    let length = max(1, windows.map(\.count).max() ?? 0)
    func padded(_ values: (TextWindow) -> [Int]) -> Tensor {
      let rows = windows.flatMap { values($0) + Array(repeating: 0, count: length - $0.count) }
      return Tensor(rows, shape: [windows.count, length]).to(scope.device)
    }
    let mask = padded { Array(repeating: 1, count: $0.count) } .!= 0
    return Batch(
      inputs: NamedTensors([
        ("tokens", padded(\.encoding.ids)), ("segments", padded(\.encoding.segmentIds)),
      ]), attentionMasks: NamedTensors([("tokens", mask)]))
  }

  /// Makes one prediction of what the windows of an item gave.
  private func join(
    _ parts: [(window: TextWindow, result: WindowResult)], _ item: TextItem,
    _ prediction: inout Prediction
  ) {
    var best: (window: TextWindow, span: SpanExtraction.Span)?
    var none = Double.infinity
    var spans: Set<TextItem.Span> = []
    for (window, result) in parts {
      switch result {
      case .classes(let probabilities):
        prediction.probabilities = probabilities
        let label = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
        prediction.label = label.map { settings.labels[$0] }
      case .spans(let found):
        for span in found
        where window.places.contains(span.first) && window.places.contains(span.last)
          && window.own.contains(span.first)
        {
          spans.insert(
            TextItem.Span(settings.labels[span.label], window.scalars(span.first, span.last)))
        }
      case .answer(let span, let silence):
        none = min(none, silence)
        if let span, span.score > best?.span.score ?? -.infinity { best = (window, span) }
      case .text(let text, let score):
        prediction.text = text
        prediction.score = score
      }
    }
    prediction.spans = spans.sorted {
      ($0.range.lowerBound, $0.range.upperBound, $0.label)
        < ($1.range.lowerBound, $1.range.upperBound, $1.label)
    }
    if let best {
      prediction.score = best.span.score - none
      if !settings.allowsNoAnswer || best.span.score > none {
        let place = best.window.scalars(best.span.first, best.span.last)
        prediction.place = place
        prediction.text = item.text.scalars(place)
      }
    }
  }
}

extension Tensor {
  /// The numbers of a matrix.
  fileprivate var rows: [[Double]] {
    let values = to(.float64).doubles()
    let width = size(1)
    return (0..<size(0)).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
