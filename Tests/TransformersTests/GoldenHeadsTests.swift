import Formats
import Foundation
import Layers
import Parallel
import TestSupport
import Testing
import Torch

@testable import Transformers

/// Against PyTorch in float64 (`Scripts/golden/heads.py`).
@Suite(.enabled(if: hasTorch, torchReason)) struct GoldenHeadsTests {
  private let golden: [String: Tensor]

  init() throws {
    let path = try #require(Bundle.module.path(forResource: "Golden/heads", ofType: "safetensors"))
    let file = try SafetensorsFile(path: path)
    var golden: [String: Tensor] = [:]
    for entry in file.entries { golden[entry.name] = try file.tensor(entry.name) }
    self.golden = golden
  }

  private func tensor(_ name: String) throws -> Tensor { try #require(golden[name]) }

  /// Gives the head the golden weights; holds its output, loss and gradients against the golden ones.
  private func check(
    _ name: String, _ head: Module, output kind: String,
    _ body: (_ states: Tensor) throws -> (output: Tensor, loss: Tensor)
  ) throws {
    head.move(dtype: .float64).evaluate()
    let parameters = head.namedParameters()
    for (key, parameter) in parameters {
      parameter.assign(try tensor("\(name)/parameter.\(key)"))
    }
    let states = try tensor("\(name)/input.states").requiringGradient()
    let (output, loss) = try body(states)
    let expected = try tensor("\(name)/output.\(kind)")
    let isFinite = expected.isFinite()
    #expect(output.isFinite().equals(isFinite))
    expectClose(output.masked(isFinite), expected.masked(isFinite), 1e-10, name)
    expectClose(loss, try tensor("\(name)/loss"), 1e-10, name)
    let found = gradients(of: loss, withRespectTo: [states] + parameters.map(\.parameter.value))
    let keys = ["input.states"] + parameters.map { "parameter.\($0.name)" }
    for (key, gradient) in zip(keys, found) {
      expectClose(gradient, try tensor("\(name)/gradient.\(key)"), 1e-8, "\(name) \(key)")
    }
  }

  private var pointers: GlobalPointer.Configuration {
    var configuration = GlobalPointer.Configuration(inputSize: 6, kindCount: 3)
    configuration.headSize = 4
    return configuration
  }

  @Test func globalPointer() throws {
    let head = GlobalPointer(pointers)
    try check("globalPointer", head, output: "scores") { states in
      let scores = head(states, mask: try tensor("mask"))
      return (scores, SpanScores.loss(scores, spans: try tensor("spans")))
    }
  }

  @Test func efficientGlobalPointer() throws {
    let head = EfficientGlobalPointer(pointers)
    try check("efficientGlobalPointer", head, output: "scores") { states in
      let scores = head(states, mask: try tensor("mask"))
      return (scores, SpanScores.loss(scores, spans: try tensor("spans")))
    }
  }

  @Test func spansAboveTheThreshold() {
    let scores = Tensor.full([2, 2, 3, 3], -1)
    scores[1, 0, 0, 2] = Tensor(3.0)
    scores[1, 1, 1, 1] = Tensor(0.5)
    #expect(
      SpanScores.decode(scores) == [
        [], [.init(kind: 0, first: 0, last: 2), .init(kind: 1, first: 1, last: 1)],
      ])
    #expect(SpanScores.decode(scores, threshold: 1)[1].count == 1)
  }

  @Test func spanExtraction() throws {
    let head = SpanExtraction(6)
    try check("spanExtraction", head, output: "logits") { states in
      let logits = head(states)
      let places = Tensor([2, 4, 0, 1], shape: [2, 2])
      return (logits, SpanExtraction.loss(logits, places: places, allowed: try tensor("mask")))
    }
    let first = [0.0, 3, 1, 0]
    let last = [9.0, 0, 0, 2]
    #expect(
      SpanExtraction.best(first: first, last: last, in: 1..<4, longest: 3)
        == .init(first: 1, last: 3, score: 5))
    #expect(
      SpanExtraction.best(first: first, last: last, in: 1..<4, longest: 2)
        == .init(first: 1, last: 1, score: 3))
    #expect(SpanExtraction.best(first: first, last: last, in: 2..<2, longest: 2) == nil)
  }

  @Test func classification() throws {
    let head = ClassificationHead(6, classCount: 3)
    try check("classification", head, output: "logits") { states in
      let logits = head(states[.all, 0])
      let weights = Tensor([0.5, 1, 2], dtype: .float64)
      return (logits, logits.crossEntropy(Tensor([2, 0]), weight: weights))
    }
  }

  @Test func maskedLanguageModel() throws {
    var options = CheckpointOptions()
    options.dtype = .float64
    let model = try Transformer.load(folder: FamilyTests.folder("bert"), options: options)
    let labels = try tensor("maskedLanguageModel/labels")
    let targets = SequenceTargets(at: labels .>= 0, targets: labels)
    let loss = targets.loss(
      model.logits(at: targets, try tensor("maskedLanguageModel/tokens")))
    expectClose(loss, try tensor("maskedLanguageModel/loss"), 1e-10)
    let gradient = gradients(
      of: loss, withRespectTo: [model.embeddings.tokens.weight.value])[0]
    expectClose(gradient, try tensor("maskedLanguageModel/gradient"), 1e-8)
  }

  @Test func tokensAreMaskedAsBERTDoes() {
    var masking = TokenMasking(maskId: 4, vocabulary: 5..<100)
    let ids = [2] + [Int](repeating: 50, count: 20_000) + [3]
    let isSpecial = ids.map { $0 < 5 }
    var random = RandomStream(seed: 1)
    let (read, isPredicted) = masking.apply(ids, isSpecial: isSpecial, random: &random)
    let predicted = ids.indices.filter { isPredicted[$0] }
    #expect(!isPredicted[0] && !isPredicted[ids.count - 1])
    #expect(abs(Double(predicted.count) / 20_000 - 0.15) < 0.01)
    let masked = Double(predicted.count { read[$0] == 4 }) / Double(predicted.count)
    #expect(abs(masked - 0.8) < 0.03)
    #expect(predicted.contains { read[$0] != 4 && read[$0] != 50 })
    #expect(ids.indices.allSatisfy { isPredicted[$0] || read[$0] == ids[$0] })
    masking.share = 0
    let one = masking.apply(
      [2, 50, 51, 3], isSpecial: [true, false, false, true], random: &random)
    #expect(one.isPredicted.count { $0 } == 1)
  }
}
