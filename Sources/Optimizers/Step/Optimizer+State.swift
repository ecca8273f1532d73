import Torch

extension Optimizer {
  /// All that the optimizer remembers: the rule's history, every extension's memory, counts, and the
  /// learning rate. Tensors are copies.
  ///
  /// Names are `rule.<history>.<parameter>` and `extension<i>.<memory>.<parameter>`, counted from the
  /// innermost.
  public var state: OptimizerState {
    var state = OptimizerState()
    state.numbers["steps"] = Double(stepCount)
    state.numbers["evaluation"] = Double(evaluation)
    state.numbers["learningRate"] = learningRate
    withoutGradients {
      for (name, history) in zip(names, histories) {
        guard let history else { continue }
        state.numbers["rule.steps.\(name)"] = Double(history.steps)
        for (slot, tensor) in zip(history.names, history.tensors) {
          state.tensors["rule.\(slot).\(name)"] = tensor.clone()
        }
      }
      for (index, runtime) in runtimes.enumerated() {
        runtime.save(to: &state, prefix: "extension\(index)")
      }
    }
    return state
  }

  /// Continues exactly from a state. Throws `OptimizerStateError`, which lists everything that does not
  /// fit, and then changes nothing.
  public func restore(_ state: OptimizerState) throws {
    let reader = StateReader(state)
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
      let commits = runtimes.enumerated().map { index, runtime in
        runtime.restore(from: reader, prefix: "extension\(index)")
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
    runtimes.contains { ($0 as? MovingAverageRuntime)?.isSwapped ?? false }
  }

  /// Runs `body` with the averages in the model.
  public func withAverages<Result>(_ body: () throws -> Result) rethrows -> Result {
    swapAverages()
    defer { swapAverages() }
    return try body()
  }

  private var averaging: MovingAverageRuntime? {
    for case let runtime as MovingAverageRuntime in runtimes.reversed() { return runtime }
    return nil
  }
}
