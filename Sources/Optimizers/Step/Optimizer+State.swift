import Layers
import Torch

extension Optimizer: Checkpointable {
  /// All that the optimizer remembers: the rule's history, every extension's memory, counts, and the
  /// learning rate.
  ///
  /// Names are `rule.<history>.<parameter>` and `<extension>.<memory>.<parameter>`, as in
  /// `Lookahead.slow.weight`.
  public func checkpoint() -> NamedState {
    var saved = NamedState(values: [
      "steps": .number(Double(stepCount)), "evaluation": .number(Double(evaluation)),
      "learningRate": .number(learningRate),
    ])
    for (name, history) in zip(names, histories) {
      guard let history else { continue }
      saved.values["rule.steps.\(name)"] = .number(Double(history.steps))
      for (slot, tensor) in zip(history.names, history.tensors) {
        saved.tensors["rule.\(slot).\(name)"] = tensor
      }
    }
    for (name, state) in zip(specification.extensionNames, extensions) {
      state.save(to: &saved, prefix: name)
    }
    return saved
  }

  /// Continues exactly from a state. Throws `NamedStateError`, which lists everything that does not
  /// fit, and then changes nothing.
  public func restore(_ saved: NamedState) throws {
    let reader = saved.reader(for: "optimizer")
    try withoutGradients {
      let steps = reader.count("steps")
      let evaluation = reader.count("evaluation")
      let learningRate = reader.number("learningRate")
      let histories = zip(names, parameters).map { name, parameter -> ParameterHistory? in
        guard let count = reader.countIfPresent("rule.steps.\(name)") else { return nil }
        let history = ParameterHistory(
          rule.initialState(for: parameter.value).map { slot, tensor in
            (slot, reader.tensor("rule.\(slot).\(name)", like: tensor))
          })
        history.steps = count
        return history
      }
      let commits = zip(specification.extensionNames, extensions).map { name, state in
        state.restore(from: reader, prefix: name)
      }
      try reader.finish()
      stepCount = steps
      self.evaluation = evaluation
      probed = nil
      self.learningRate = learningRate
      self.histories = histories
      for commit in commits { commit() }
      dropPlan()
    }
  }

  /// Forgets the rule's history of some parameters, by index: others keep it.
  public func forget(_ isForgotten: (Int) -> Bool) {
    for index in histories.indices where isForgotten(index) { histories[index] = nil }
    dropPlan()
  }

  // MARK: - Averages

  /// Exchanges the weights with their moving averages; the next call brings back the exact weights.
  /// Does nothing before the first step.
  public func swapAverages() {
    guard let averaging else {
      fatalError("\(self) keeps no moving average; add .withMovingAverage()")
    }
    averaging.swap()
  }

  /// Whether an extension keeps moving averages of the weights.
  public var keepsAverages: Bool { averaging != nil }

  /// Whether the model holds averages at the moment.
  public var holdsAverages: Bool {
    extensions.contains { ($0 as? MovingAverage.State)?.isSwapped ?? false }
  }

  /// Runs `body` with the averages in the model.
  public func withAverages<Result>(_ body: () throws -> Result) rethrows -> Result {
    swapAverages()
    defer { swapAverages() }
    return try body()
  }

  private var averaging: MovingAverage.State? {
    extensions.last { $0 is MovingAverage.State } as? MovingAverage.State
  }
}
