/// What an optimizer is made of: a rule, and extensions around it from the inside out.
///
///     let specification = Adam(learningRate: 1e-3)
///       .withWeightDecay(0.01, excluding: ["bias", "norm"])
///       .withLayerAdaptation()
///       .withSchedule(.piecewiseLinear([1000: 1, 20000: 0.1]))
///       .withGradientAccumulation(4)
///     let optimizer = Optimizer(specification, for: model)
///
/// The extension that is applied first is innermost and acts first on the update; a gradient passes
/// the extensions from the outside in before the rule sees it. So order matters: decay before layer
/// adaptation is inside the trust ratio (this is LAMB), decay after it is not; a schedule scales
/// everything that was applied before it, and nothing that comes after.
/// After Su Jianlin, "6个派生优化器的简单介绍及其实现" (kexue.fm/archives/7094).
public protocol OptimizerSpecification: Sendable {
  var rule: any UpdateRule { get }
  /// Innermost first.
  var extensions: [any OptimizerExtension] { get }
}

/// A rule with extensions.
public struct ExtendedRule: OptimizerSpecification {
  public let rule: any UpdateRule
  public let extensions: [any OptimizerExtension]

  public init(rule: any UpdateRule, extensions: [any OptimizerExtension]) {
    self.rule = rule
    self.extensions = extensions
  }
}

extension OptimizerSpecification {
  /// This with one more extension around it.
  public func extended(by outer: any OptimizerExtension) -> ExtendedRule {
    ExtendedRule(rule: rule, extensions: extensions + [outer])
  }

  /// The extensions' names in checkpoints, which no other extension moves: `Lookahead`, and
  /// `Lookahead-2` for one farther out.
  var extensionNames: [String] {
    var seen: [String: Int] = [:]
    return extensions.map { known in
      seen[known.name, default: 0] += 1
      let number = seen[known.name] ?? 1
      return number == 1 ? known.name : "\(known.name)-\(number)"
    }
  }

  /// The rule and the extensions in the order in which they act on the update.
  public var orderDescription: String {
    ([rule.summary] + extensions.map(\.summary)).joined(separator: " → ")
  }
}
