import Layers
import Messages
import Torch

/// The input of a transformer, `(B, L)` to `(B, L, D)`: vectors of tokens, segments and positions, summed,
/// normalized, and mapped to D if they are shorter.
public final class TransformerEmbeddings: Module {
  public let tokens: Embedding
  public let segments: Embedding?
  public let positions: Embedding?
  public let norm: TransformerNorm?
  public let mapping: Dense?
  public let dropout: Dropout

  private let configuration: TransformerConfiguration

  public init(_ configuration: TransformerConfiguration, generator: RandomGenerator? = nil) {
    func table(_ count: Int) -> Embedding {
      Embedding(
        count, configuration.tokenSize, weightInitializer: configuration.initializer,
        generator: generator)
    }
    self.configuration = configuration
    tokens = table(configuration.vocabularySize)
    segments = configuration.segmentCount > 0 ? table(configuration.segmentCount) : nil
    if case .absolute = configuration.positions {
      positions = table(configuration.maxPositions)
    } else {
      positions = nil
    }
    norm =
      configuration.normalizesEmbeddings
      ? TransformerNorm(configuration.tokenSize, configuration, generator: generator) : nil
    mapping =
      configuration.tokenSize == configuration.hiddenSize
      ? nil
      : Dense(
        configuration.tokenSize, configuration.hiddenSize, bias: configuration.hasBias,
        weightInitializer: configuration.initializer, generator: generator)
    dropout = Dropout(configuration.dropoutRate)
    super.init()
  }

  /// - Parameters:
  ///   - segments: `(B, L)`; all 0 by default.
  ///   - positions: `(1, L)` or `(B, L)`.
  public func callAsFunction(
    _ tokens: Tensor, segments: Tensor? = nil, positions: Tensor, condition: Tensor? = nil
  ) -> Tensor {
    require(
      tokens.rank == 2,
      "TransformerEmbeddings expected tokens (B, L), received shape \(tokens.shape)")
    var sum = self.tokens(tokens)
    if let table = self.segments ?? (configuration.sharesSegmentEmbeddings ? self.tokens : nil) {
      if let segments {
        sum = sum + table(segments)
      } else if self.segments != nil {
        sum = sum + table.weight.value[0]
      }
    }
    if let table = self.positions { sum = sum + vectors(of: positions, table) }
    if let norm { sum = norm(sum, condition: condition) }
    sum = dropout(sum)
    return mapping.map { $0(sum) } ?? sum
  }

  /// Rows of the table of positions; beyond its end, N rows stand for N² positions by u of
  /// `hierarchicalPosition`: (i·N + j) ↦ αuᵢ + (1 − α)uⱼ with uᵢ = (pᵢ − αp₀)/(1 − α).
  private func vectors(of positions: Tensor, _ table: Embedding) -> Tensor {
    guard case .absolute(let offset) = configuration.positions else {
      return table(positions)
    }
    let rows = table.count - offset
    let last = positions.count == 0 ? 0 : positions.max().integerItem()
    guard last >= rows else { return table(offset == 0 ? positions : positions + offset) }
    guard let alpha = configuration.hierarchicalPosition else {
      fatalError(
        "\(configuration.family.rawValue) has \(rows) positions, received position \(last); shorten the "
          + "text, or set hierarchicalPosition, such as 0.4")
    }
    require(
      last < rows * rows,
      "\(configuration.family.rawValue) has \(rows * rows) hierarchical positions, received \(last)"
    )
    let weight = table.weight.value.narrowed(0, start: offset, length: rows)
    let base = (weight - weight[0] * alpha) * (1 / (1 - alpha))
    return base.embedding(positions.floorDivide(rows)) * alpha
      + base.embedding(positions.remainder(rows)) * (1 - alpha)
  }
}
