import Datasets
import Formats
import Foundation
import Optimizers
import Parallel
import TestSupport
import Testing
import Torch
import Tracking
import Training
import Transformers

@testable import Pretraining

@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct PretrainingTrainingTests {
  private static func model(_ objective: PretrainingObjective, dropout: Double = 0) -> Transformer {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = 40
    configuration.hiddenSize = 16
    configuration.numLayers = 2
    configuration.numHeads = 2
    configuration.intermediateSize = 32
    configuration.maxPositions = 24
    configuration.dropoutRate = dropout
    configuration.attentionDropoutRate = dropout
    configuration.heads = [.languageModel]
    configuration.attention = objective.attention
    return Transformer(configuration, generator: RandomGenerator(seed: 1)).move(dtype: .float64)
  }

  /// Rows of very different lengths, so that parts of a batch have different numbers of places.
  private static func batches(
    _ objective: PretrainingObjective, sizes: [Int]
  ) throws -> [Batch] {
    var random = RandomStream(seed: 2)
    let rows = (0..<12).map { index in
      let count = index < 6 ? 20 : 4
      return WordTokens(
        ids: [2] + (0..<count).map { _ in 5 + random.below(35) } + [3],
        words: [-1] + (0..<count).map { $0 / 2 } + [-1])
    }
    var masking = TokenMasking(maskId: 4, vocabulary: 0..<40)
    masking.share = 0.4
    let inputs = PretrainingInputs(objective, masking: masking, length: 24, separator: 3)
    return try sizes.map { size in
      let loader = try BatchLoader(
        Examples(count: 12) { index, _ in PretrainingInputs.example(rows[index]) },
        .init(batchSize: size, seed: 4, order: .sequential, prefetch: 0), transforms: [inputs])
      return loader
    }.flatMap { loader in
      var batches: [Batch] = []
      while let batch = try loader.nextOfEpoch() { batches.append(batch) }
      return batches
    }
  }

  /// Two parts of a batch give the gradient of the whole, which a mean of their means does not.
  @Test(arguments: PretrainingObjective.allCases)
  func partsOfABatch(objective: PretrainingObjective) throws {
    let model = Self.model(objective)
    let optimizer = Optimizer(Adam(), for: model)
    let whole = try Self.batches(objective, sizes: [12])
    let parts = try Self.batches(objective, sizes: [6])
    #expect(whole.count == 1 && parts.count == 2)
    let loader = try BatchLoader(
      Examples(count: 1) { _, _ in Example(.integer(0)) }, .init(batchSize: 1, prefetch: 0))
    let task = PretrainingTask(model, objective, optimizer: optimizer, loader: loader)
    func vector(_ gradients: [Tensor?]) -> Tensor {
      Tensor.concatenate(gradients.compactMap { $0?.flattened() })
    }
    let one = try task.gradients(of: whole)
    let two = try task.gradients(of: parts)
    expectClose(vector(two.gradients), vector(one.gradients), 1e-6)
    expectClose(two.loss, one.loss, 1e-6)
    expectClose(two.accuracy, one.accuracy, 1e-6)
    let means = try parts.map { vector(try task.gradients(of: [$0]).gradients) }
    let meanOfMeans = (means[0] + means[1]) / 2.0
    #expect((meanOfMeans - vector(one.gradients)).abs().max().item() > 1e-4)
  }

  /// The specification's: losses 1, 2, 3 and 10 are 4 on the mean, not 6.
  @Test func sumsAreDividedOnce() {
    func targets(_ count: Int) -> SequenceTargets {
      SequenceTargets(
        at: Tensor.ones([1, count], dtype: .bool), targets: Tensor.zeros([1, count], dtype: .int64))
    }
    /// Logits whose cross-entropy of class 0 is `loss`: p₀ = e^−loss.
    func logits(_ losses: [Double]) -> Tensor {
      Tensor(
        losses.flatMap { [0, log(exp($0) - 1)] }, shape: [losses.count, 2], dtype: .float64)
    }
    let (one, other) = (targets(3), targets(1))
    let sum = one.lossSum(logits([1, 2, 3])).item() + other.lossSum(logits([10])).item()
    #expect(abs(sum / Double(one.count + other.count) - 4) < 1e-9)
    let means = one.loss(logits([1, 2, 3])).item() + other.loss(logits([10])).item()
    #expect(abs(means / 2 - 6) < 1e-9)
  }

  /// Nothing to guess gives no loss, no gradient that is not a number, and no step off the path.
  @Test func windowsWithoutTargets() throws {
    let model = Self.model(.mlm)
    let optimizer = Optimizer(Adam(), for: model)
    let inputs = PretrainingInputs(
      .mlm, masking: TokenMasking(maskId: 4, vocabulary: 0..<40), length: 24, separator: 3)
    let loader = try BatchLoader(
      Examples(count: 2) { _, _ in
        PretrainingInputs.example(WordTokens(ids: [2, 3], words: [-1, -1]))
      }, .init(batchSize: 2, prefetch: 0), transforms: [inputs])
    let task = PretrainingTask(model, .mlm, optimizer: optimizer, loader: loader)
    let (gradients, loss, _) = try task.gradients(of: task.nextBatch())
    #expect(loss.item() == 0)
    #expect(gradients.allSatisfy { $0.map { $0.abs().max().item() == 0 } ?? true })
  }

  @Test(arguments: PretrainingObjective.allCases)
  func leavesAFolder(objective: PretrainingObjective) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try write(toyText(documents: 150), to: path)
      var options = toyOptions(path)
      options.objective = objective
      let session = try PretrainingSession.begin(options, at: folder + "/model")
      let outcome = try session.train()
      #expect(outcome.training.steps == 24 && outcome.tokensPerSecond > 0)
      let validated = try session.runMetrics("heldOut/loss")
      #expect(validated.count == 3 && validated[2] < validated[0])
      let loaded = try PretrainedModel<Transformer>.load(folder: folder + "/model")
      #expect(loaded.model.configuration.attention == objective.attention)
      #expect(loaded.model.languageHead != nil)
      #expect(loaded.tokenizer?.vocabulary.count == loaded.model.configuration.vocabularySize)
      #expect(
        message { _ = try PretrainingSession.resume(at: folder + "/model") }.contains("finished"))
      // What was trained is where another training starts.
      var further = options
      further.model = folder + "/model"
      further.steps = 1
      let next = try PretrainingSession.begin(further, at: folder + "/further").train()
      #expect(next.heldOutLoss < validated[0])
    }
  }

  /// Interrupted again and again in the middle of epochs, training comes to the same bits.
  @Test func resumesInTheMiddleOfAnEpoch() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try write(toyText(documents: 150), to: path)
      let options = toyOptions(path)
      _ = try PretrainingSession.begin(options, at: folder + "/whole").train()
      _ = try PretrainingSession.begin(options, at: folder + "/part")
      var interruptions = 0
      while true {
        let reporter = CancelsAfter(updates: 7)
        do {
          _ = try PretrainingSession.resume(at: folder + "/part").train(reporter.work)
          break
        } catch is Cancelled {
          interruptions += 1
        }
      }
      #expect(interruptions == 3)
      #expect(
        try contents(folder + "/whole/model.safetensors")
          == contents(folder + "/part/model.safetensors"))
    }
  }

  @Test func textAndOptionsThatCannotBe() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      func problem(_ change: (inout PretrainingOptions) -> Void = { _ in }) -> String {
        var options = toyOptions(path)
        change(&options)
        let text = message { _ = try PretrainingSession.begin(options, at: folder + "/model") }
        #expect(!FileManager.default.fileExists(atPath: folder + "/model"))
        return text
      }
      try write("只有一行。\n", to: path)
      #expect(problem().contains("too little text"))
      try write("\n\n", to: path)
      #expect(problem() != "no error")
      #expect(problem { $0.newModel.heads = 3 }.contains("divided"))
      #expect(problem { $0.steps = 0 }.contains("steps"))
      #expect(
        problem {
          $0.objective = .lm
          $0.words = path
        }.contains("mlm"))
      #expect(message { _ = try PretrainingSession.resume(at: folder) }.contains("no run of"))
      // Text that changes between two sessions.
      try write(toyText(documents: 150), to: path)
      _ = try PretrainingSession.begin(toyOptions(path), at: folder + "/model")
      try write(toyText(documents: 151), to: path)
      #expect(
        message { _ = try PretrainingSession.resume(at: folder + "/model") }.contains(
          "must not change"))
    }
  }
}

extension PretrainingSession {
  /// The values of a figure, in the order of their steps.
  fileprivate func runMetrics(_ name: String) throws -> [Double] {
    try RunFolder(path: folder.path + "/training").metrics().records.compactMap { $0.values[name] }
  }
}

/// Asks work to stop once it has reported so many updates.
private final class CancelsAfter: ProgressReporter {
  private let cancellation = Cancellation()
  private let updates: Int
  nonisolated(unsafe) private var isTraining = false
  nonisolated(unsafe) private var count = 0

  init(updates: Int) { self.updates = updates }

  var work: Work { Work(progress: self, cancellation: cancellation) }

  func begin(_ phase: String, total: Int?, unit: String) { isTraining = phase == "training" }
  func advance(by amount: Int, note: String?) {
    guard isTraining else { return }
    count += amount
    if count == updates { cancellation.cancel() }
  }
  func note(_ text: String) {}
  func end() { isTraining = false }
}
