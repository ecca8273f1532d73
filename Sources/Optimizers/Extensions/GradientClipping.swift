import Messages
import Torch

/// Gradient clipping: by the norm of all gradients together, or element by element.
///
/// Applied before gradient accumulation it limits the mean gradient of a window; applied after it,
/// each gradient that comes in.
public struct GradientClipping: OptimizerExtension {
  public enum Limit: Sendable {
    /// g ← g · min(1, maximum/‖g‖), the norm over all gradients of a group.
    case norm(Double)
    /// Every element limited to ±maximum.
    case value(Double)
  }

  public let limit: Limit
  /// Patterns of names; each makes a group with a norm of its own, and what matches none is one more.
  public let groups: [String]

  public init(_ limit: Limit, groups: [String] = []) {
    switch limit {
    case .norm(let maximum), .value(let maximum):
      require(maximum > 0, "gradient clipping expected a limit above 0, received \(maximum)")
    }
    self.limit = limit
    self.groups = groups
  }

  public var summary: String {
    let separate = groups.isEmpty ? "" : ", groups \(groups.joined(separator: ", "))"
    switch limit {
    case .norm(let maximum): return "clipping(norm \(maximum)\(separate))"
    case .value(let maximum): return "clipping(value \(maximum))"
    }
  }

  public func makeState(for parameters: ParameterTable) -> ExtensionState {
    NamePattern.requireMatch(groups, in: parameters, summary)
    let group = parameters.weights.map { name, _ in
      groups.firstIndex { NamePattern.matches(name, $0) } ?? groups.count
    }
    let members = Dictionary(grouping: group.indices, by: { group[$0] })
    return State(limit: limit, groups: members.sorted { $0.key < $1.key }.map(\.value))
  }

  private final class State: ExtensionState {
    let limit: Limit
    let groups: [[Int]]

    init(limit: Limit, groups: [[Int]]) {
      self.limit = limit
      self.groups = groups
    }

    override func admit(_ gradients: [Tensor?]) -> [Tensor?]? {
      var limited = gradients
      for group in groups {
        let members = group.filter { gradients[$0] != nil }
        let present = members.compactMap { gradients[$0] }
        guard !present.isEmpty else { continue }
        for (index, gradient) in zip(members, clipped(present)) { limited[index] = gradient }
      }
      return limited
    }

    private func clipped(_ gradients: [Tensor]) -> [Tensor] {
      switch limit {
      case .norm(let maximum):
        let norm = MultiTensor.norms(gradients).norm()
        return MultiTensor.product(gradients, (maximum / norm).clamp(maximum: 1))
      case .value(let maximum): return MultiTensor.clamped(gradients, -maximum, maximum)
      }
    }
  }
}

extension OptimizerSpecification {
  /// Scales gradients down whose common norm is larger than `maximum`.
  /// PyTorch: `clip_grad_norm_`; Keras: `global_clipnorm`.
  ///
  /// - Parameter groups: Patterns of names; each is a group with its own norm, for instance the two
  ///   players of a game.
  public func withClipping(norm maximum: Double, groups: [String] = []) -> ExtendedRule {
    extended(by: GradientClipping(.norm(maximum), groups: groups))
  }

  /// Limits every element of the gradients to ±`maximum`.
  /// PyTorch: `clip_grad_value_`; Keras: `clipvalue`.
  public func withClipping(value maximum: Double) -> ExtendedRule {
    extended(by: GradientClipping(.value(maximum)))
  }
}
