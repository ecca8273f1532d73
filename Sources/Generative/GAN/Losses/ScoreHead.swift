import Messages
import Torch

/// How a discriminator's outputs `(B, k)` are read.
public enum ScoreHead: Sendable {
  /// One output, the score.
  case score
  /// k scores; the players' losses are the weighted average of those of each score. The head of
  /// `CascadingRejection`.
  case scores(weights: [Double])
  /// A code whose mean is the score. How well it correlates with the noise that a fake sample came from
  /// counts in both players' losses, with this weight, so that the discriminator becomes an encoder:
  /// O-GAN (Su Jianlin 2019, kexue.fm/archives/6409, arXiv 1903.01931).
  case code(correlation: Double)

  /// The scores `(B)` for which each term of the losses is computed, with the term's weight.
  func columns(_ outputs: Tensor) -> [(weight: Double, scores: Tensor)] {
    switch self {
    case .score:
      require(
        outputs.size(1) == 1,
        "ScoreHead.score expected outputs (B, 1), received \(outputs.shape)")
      return [(1, outputs.reshaped(-1))]
    case .scores(let weights):
      require(
        outputs.size(1) == weights.count,
        "ScoreHead.scores expected outputs (B, \(weights.count)), received \(outputs.shape)")
      let total = weights.reduce(0, +)
      return zip(weights, outputs.unbound(1)).map { ($0 / total, $1) }
    case .code: return [(1, outputs.mean(axis: 1))]
    }
  }

  /// One score for each sample, `(B)`.
  public func score(_ outputs: Tensor) -> Tensor {
    let columns = columns(outputs)
    if columns.count == 1 { return columns[0].scores }
    return columns.dropFirst().reduce(columns[0].scores * columns[0].weight) {
      $0 + $1.scores * $1.weight
    }
  }
}

/// Pearson's correlation of each code with its noise, `(B)`, both `(B, n)`: the cosine of
/// z − mean z and ẑ − mean ẑ, blind to ẑ ↦ aẑ + b, a > 0.
public func codeCorrelation(_ noise: Tensor, _ codes: Tensor) -> Tensor {
  require(
    noise.rank == 2 && noise.shape == codes.shape,
    "codeCorrelation expected noise and codes (B, n) of one shape, received \(noise.shape) and "
      + "\(codes.shape)")
  func direction(_ values: Tensor) -> Tensor {
    (values - values.mean(axis: 1, keepAxes: true)).normalized(axis: 1, epsilon: 1e-8)
  }
  return (direction(noise) * direction(codes)).sum(axis: 1)
}

/// N(v) = (v − mean v) / std v by row of `(B, n)`, std over n: what O-GAN takes for the code of a sample.
public func standardizedCode(_ codes: Tensor) -> Tensor {
  let centered = codes - codes.mean(axis: 1, keepAxes: true)
  return centered / (centered.square().mean(axis: 1, keepAxes: true).sqrt() + 1e-8)
}
