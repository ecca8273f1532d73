import Messages
import Torch

/// The part of every batch that one of several ranks takes: neighbouring rows, all ranks' together the
/// whole batch. What a batch holds in all does not depend on how many ranks there are.
public struct BatchPart: Sendable, Equatable {
  public let rank: Int
  public let size: Int

  /// All of a batch.
  public static let whole = BatchPart(rank: 0, of: 1)

  public init(rank: Int, of size: Int) {
    require(
      size >= 1 && rank >= 0 && rank < size,
      "BatchPart expected a rank below the number of ranks, received \(rank) of \(size)")
    self.rank = rank
    self.size = size
  }

  /// The rows of a batch of `count`; none where there are more ranks than rows.
  public func rows(of count: Int) -> Range<Int> {
    count * rank / size..<count * (rank + 1) / size
  }

  /// The rows that are computed: of a batch without a row for this rank the last one, which counts nothing.
  func computedRows(of count: Int) -> Range<Int> {
    let own = rows(of: count)
    return own.isEmpty && count > 0 ? count - 1..<count : own
  }
}

/// Where a part of a batch stands in the whole one.
struct BatchPlace {
  let part: BatchPart
  let wholeCount: Int
}

extension Batch {
  /// How many examples the whole batch has, those of other ranks included.
  public var wholeCount: Int { place?.wholeCount ?? count }

  /// What this rank's part counts in a mean over the examples of the whole batch; `nil` for a batch that no
  /// other rank has a part of.
  public var share: Double? {
    place.map { Double($0.part.rows(of: $0.wholeCount).count) / Double($0.wholeCount) }
  }

  /// This rank's rows of a tensor with a row for each example of the whole batch: noise, say, that all ranks
  /// have drawn alike.
  public func ownRows(of whole: Tensor) -> Tensor {
    guard let place else { return whole }
    require(
      whole.size(0) == place.wholeCount,
      "Batch.ownRows expected \(place.wholeCount) rows, received shape \(whole.shape)")
    let rows = place.part.computedRows(of: place.wholeCount)
    return whole.narrowed(0, start: rows.lowerBound, length: rows.count)
  }
}
