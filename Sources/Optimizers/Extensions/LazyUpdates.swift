import Torch

/// Lazy updates of embedding tables: only the rows seen in the batch change, those whose gradient is
/// not all zero.
///
/// With a tied output layer every row has a gradient, and this does nothing.
public struct LazyUpdates: OptimizerExtension {
  /// What happens to the rule's history in rows not seen.
  public enum History: Sendable {
    /// It stands still with the row.
    case stands
    /// It moves as with a gradient of zero: moments decay. bert4keras does this.
    case moves
  }

  /// Names of the tables.
  public let patterns: [String]
  public let history: History

  public init(_ patterns: [String], history: History = .stands) {
    self.patterns = patterns
    self.history = history
  }

  public var summary: String {
    "lazy(\(patterns.joined(separator: ", "))\(history == .moves ? ", history moves" : ""))"
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireMatch(patterns, in: parameters, summary)
    let tables = parameters.weights.indices.filter {
      NamePattern.matches(parameters.weights[$0].name, anyOf: patterns)
    }
    return State(tables: Set(tables), history: history)
  }

  private final class State: ExtensionState {
    let tables: Set<Int>
    let history: History

    init(tables: Set<Int>, history: History) {
      self.tables = tables
      self.history = history
    }

    override var influence: ExtensionInfluence { .update }

    override var lazyParameters: Set<Int> { history == .stands ? tables : [] }

    override func transform(_ update: inout Update) {
      for (position, index) in update.indices.enumerated() where tables.contains(index) {
        let gradient = update.gradients[position]
        let direction = update.directions[position]
        let seen = SeenRows.mask(of: gradient)
          .reshaped([-1] + Array(repeating: 1, count: max(0, gradient.rank - 1)))
        update.directions[position] =
          Tensor.zeros(like: direction).replacing(with: direction, where: seen)
      }
    }
  }
}

/// Which rows of a table a batch has seen.
enum SeenRows {
  /// Whether the row's gradient has an element that is not zero, by row.
  static func mask(of gradient: Tensor) -> Tensor {
    gradient.rank < 2 ? gradient .!= 0 : (gradient.flattened(from: 1) .!= 0).any(axis: 1)
  }
}

extension OptimizerSpecification {
  /// Updates only the rows seen in the batch of the tables whose names match.
  public func withLazyUpdates(
    of patterns: [String], history: LazyUpdates.History = .stands
  ) -> ExtendedRule {
    extended(by: LazyUpdates(patterns, history: history))
  }
}
