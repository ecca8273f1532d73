import Foundation
import Layers
import Optimizers
import Torch
import Transformers

/// BERT-base with random weights: encoding, a step of masked language modelling, decoding by UniLM's mask.
enum TransformerSpeed {
  static func run(_ arguments: [String]) throws {
    switch arguments.first {
    case "encode":
      guard arguments.count == 4, let batch = Int(arguments[1]), let length = Int(arguments[2])
      else { break }
      return try encode(batch, length, arguments[3])
    case "masked": return masked(arguments.count > 1 ? arguments[1] : "fp32")
    case "decode": return try decode(recomputes: false)
    case "decode-recomputing": return try decode(recomputes: true)
    default: break
    }
    throw TorchError(
      "transformer expected encode B L fp32|bf16|int8, masked fp32|bf16, decode or decode-recomputing"
    )
  }

  private static let vocabulary = 21128

  private static func base(
    _ heads: TransformerHeads = [], _ change: (inout TransformerConfiguration) -> Void = { _ in }
  ) -> Transformer {
    var configuration = TransformerConfiguration(.bert)
    configuration.vocabularySize = vocabulary
    configuration.heads = heads
    change(&configuration)
    return Transformer(configuration)
  }

  private static func tokens(_ batch: Int, _ length: Int) -> Tensor {
    Tensor.randomIntegers(1, vocabulary, shape: [batch, length])
  }

  private static func inPrecision(_ precision: String, _ body: () -> Tensor) -> Tensor {
    precision == "bf16" ? withAutocast(.bfloat16, body) : body()
  }

  private static func encode(_ batch: Int, _ length: Int, _ precision: String) throws {
    let model = base()
    model.evaluate()
    if precision == "bf16" { model.move(dtype: .bfloat16) }
    if precision == "int8" { try model.roundLinearMapsToInt8() } else { model.packLinearMaps() }
    let tokens = tokens(batch, length)
    Rounds(batch > 1 ? 6 : 40) {
      withInferenceMode { _ = model(tokens).hiddenStates }
    }.report("encode \(batch) x \(length) \(precision)", repetitions: 1)
  }

  private static func masked(_ precision: String) {
    let model = base([.languageModel])
    let optimizer = Optimizer(
      Adam(learningRate: 1e-5, epsilon: 1e-8)
        .withWeightDecay(0.01, excluding: ["bias", "[nN]orm"]), for: model)
    let tokens = tokens(16, 128)
    let isPredicted = Tensor.uniform([16, 128]) .< 0.15
    Rounds(5) {
      let targets = SequenceTargets(at: isPredicted, targets: tokens)
      optimizer.step {
        targets.loss(inPrecision(precision) { model.logits(at: targets, tokens) }.to(.float32))
      }
    }.report("masked language model 16 x 128 \(precision)", repetitions: 1)
  }

  /// Reads everything again at each step.
  private final class Recomputing: NextTokenModel {
    let model: Transformer
    let prefix: [Int]
    var rows: [[Int]] = [[]]

    init(_ model: Transformer, _ prefix: [Int]) {
      self.model = model
      self.prefix = prefix
    }

    func start() -> TokenScores {
      rows = [[]]
      return scores()
    }

    func advance(_ tokens: [Int], from parents: [Int]) -> TokenScores {
      rows = zip(tokens, parents).map { rows[$1] + [$0] }
      return scores()
    }

    private func scores() -> TokenScores {
      withInferenceMode {
        let tokens = Tensor(rows.map { prefix + $0 })
        let segments = Tensor(
          rows.map { prefix.map { _ in 0 } + $0.map { _ in 1 } })
        var cache = TransformerCache()
        let logits = model.nextLogits(tokens, segments: segments, cache: &cache)
        return TokenScores(logits.floats(), vocabularySize: logits.size(1))
      }
    }
  }

  private static func decode(recomputes: Bool) throws {
    let model = base([.languageModel]) { $0.attention = .prefix }
    model.evaluate()
    let prefix = tokens(1, 256).integers()
    let options = GenerationOptions(endIds: [0], maxLength: 64)
    let search = BeamSearch(options, beamCount: 4)
    var found: [Int] = []
    Rounds(recomputes ? 1 : 3) {
      let best =
        recomputes
        ? try? search.generate(Recomputing(model, prefix))
        : try? search.generate(
          Continuation(model, prefixes: [prefix], segments: [prefix.map { _ in 0 }]))
      found = best?.first?.first?.tokens ?? []
    }.report(
      recomputes ? "decode recomputing" : "decode", repetitions: 1,
      extra: ", \"tokens\": \(found)")
  }
}
