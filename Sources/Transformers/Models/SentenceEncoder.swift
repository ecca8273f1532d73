import Messages
import Tokenizers
import Torch

/// Vectors of texts: the first token's, or the mean of all.
public struct SentenceEncoder {
  public enum Pooling: String, CaseIterable, Sendable {
    /// The state of the first token.
    case first = "cls"
    /// The mean of the states of all tokens.
    case mean
  }

  public let model: Transformer
  public let tokenizer: any Tokenizer
  public var pooling = Pooling.mean
  /// Scale vectors to length 1.
  public var normalizes = false
  /// The most tokens of a text; the rest is cut off.
  public var maxLength: Int
  public var batchSize = 32
  public var device = Device.cpu

  public init(_ model: Transformer, _ tokenizer: any Tokenizer) {
    self.model = model
    self.tokenizer = tokenizer
    maxLength = min(512, model.configuration.maxPositions)
  }

  /// `(N, D)`, float32, one row a text, in their order. Inside, texts of similar length go together.
  ///
  /// Throws `OptionError` if `maxLength` has no room for the special tokens.
  public func encode(_ texts: [String]) throws -> [[Float]] {
    let encodings = try tokenizer.encode(texts, truncation: Truncation(maxLength: maxLength))
    let order = encodings.indices.sorted {
      encodings[$0].count != encodings[$1].count
        ? encodings[$0].count > encodings[$1].count : $0 < $1
    }
    var vectors = [[Float]](repeating: [], count: texts.count)
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let batch = order[start..<min(order.count, start + batchSize)]
      for (index, vector) in zip(batch, vectorsOf(batch.map { encodings[$0] })) {
        vectors[index] = vector
      }
    }
    return vectors
  }

  private func vectorsOf(_ batch: [Encoding]) -> [[Float]] {
    let length = max(1, batch.map(\.count).max() ?? 0)
    func padded(_ values: (Encoding) -> [Int]) -> Tensor {
      let rows = batch.flatMap { values($0) + Array(repeating: 0, count: length - $0.count) }
      return Tensor(rows, shape: [batch.count, length]).to(device)
    }
    let visible = padded { $0.ids.map { _ in 1 } } .!= 0
    return withoutGradients {
      let states = model(
        padded(\.ids), segments: model.configuration.segmentCount > 0 ? padded(\.segmentIds) : nil,
        visible: visible
      ).hiddenStates.to(.float32)
      var vectors: Tensor
      switch pooling {
      case .first: vectors = states[.all, 0]
      case .mean:
        let weights = visible.to(.float32).expandingAxis(2)
        vectors = (states * weights).sum(axis: 1) / weights.sum(axis: 1)
      }
      if normalizes {
        vectors = vectors / vectors.norm(axis: 1, keepAxes: true).clamp(minimum: 1e-12)
      }
      let values = vectors.to(Device.cpu).array(Float.self)
      let size = vectors.size(1)
      return batch.indices.map { Array(values[$0 * size..<($0 + 1) * size]) }
    }
  }
}

extension SentenceEncoder {
  /// Seconds of one product of a model's sizes in both types.
  public struct PrecisionTrial: Sendable {
    public let float: Double
    public let bfloat: Double

    /// Whether 16 bits are worth their digits.
    public var prefersBFloat: Bool { bfloat < 0.8 * float }
  }

  /// Multiplies 512 states by the first map of the feed-forward part, a few times in each type: whether a
  /// processor gains from bfloat16 depends on its instructions and on the sizes.
  public static func precisionTrial(_ configuration: TransformerConfiguration) -> PrecisionTrial {
    func seconds(_ dtype: DType) -> Double {
      withoutGradients {
        let states = Tensor.normal([512, configuration.hiddenSize]).to(dtype)
        let weight = Tensor.normal([configuration.intermediateSize, configuration.hiddenSize])
          .to(dtype)
        _ = states.linear(weight)
        return (0..<5).map { _ in
          let start = ContinuousClock.now
          _ = states.linear(weight)
          return (ContinuousClock.now - start) / .seconds(1)
        }.min() ?? 0
      }
    }
    return PrecisionTrial(float: seconds(.float32), bfloat: seconds(.bfloat16))
  }
}
