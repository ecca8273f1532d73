import Messages
import Torch

/// A causal model with beginnings that it goes on from: what a search or a sampler asks.
public final class Continuation: NextTokenModel {
  private let model: any CausalModel
  private let prefixes: [[Int]]
  private let segments: [[Int]]?
  private let condition: Tensor?
  private let device: Device
  private var cache = TransformerCache()

  /// - Parameters:
  ///   - prefixes: one for each source, none empty; of any lengths.
  ///   - segments: as long as the prefixes; all 0 by default.
  ///   - condition: `(B, m)`, what normalizations are conditioned by, a row for each source.
  public init(
    _ model: any CausalModel, prefixes: [[Int]], segments: [[Int]]? = nil,
    condition: Tensor? = nil, device: Device = .cpu
  ) {
    require(
      prefixes.allSatisfy { !$0.isEmpty }
        && segments.map { $0.map(\.count) == prefixes.map(\.count) } ?? true,
      "Continuation expected prefixes of at least one token, and segments of the same lengths, received "
        + "lengths \(prefixes.map(\.count)) and \(segments?.map(\.count) ?? [])")
    self.model = model
    self.prefixes = prefixes
    self.segments = segments
    self.condition = condition
    self.device = device
  }

  public func start() -> TokenScores {
    let lengths = prefixes.map(\.count)
    cache = TransformerCache(
      prefixLengths: Set(lengths).count == 1 ? nil : lengths, condition: condition)
    return scores(padded(prefixes), segments.map(padded))
  }

  public func advance(_ tokens: [Int], from parents: [Int]) -> TokenScores {
    cache.select(parents)
    return scores(Tensor(tokens, device: device)[.all, .newAxis], nil)
  }

  private func scores(_ tokens: Tensor, _ segments: Tensor?) -> TokenScores {
    withoutGradients {
      let logits = model.nextLogits(tokens, segments: segments, cache: &cache)
      return TokenScores(
        logits.to(.float32).to(Device.cpu).array(Float.self), vocabularySize: logits.size(1))
    }
  }

  /// Rows `(B, L)`, zeros behind those that are shorter than the longest.
  private func padded(_ rows: [[Int]]) -> Tensor {
    let length = rows.map(\.count).max() ?? 0
    let values = rows.flatMap { $0 + Array(repeating: 0, count: length - $0.count) }
    return Tensor(values, shape: [rows.count, length]).to(device)
  }
}
