import Generative
import Recipes
import Training

/// What a round of each task takes, in milliseconds: the median of 11 turns, in each of which every task
/// makes a round. The tasks are trained by it.
func roundTimes<Settings>(
  _ tasks: [AdversarialTask], turns: Int = 11, _ run: Running<Settings>
) throws -> [Double] {
  var times = [[Double]](repeating: [], count: tasks.count)
  let scope = StepScope(device: run.device)
  try run.work.phase("timing", of: turns, unit: "turns") { phase in
    for turn in 0...turns {
      for (index, task) in tasks.enumerated() {
        let round = try task.nextBatch()
        let start = ContinuousClock.now
        _ = try task.update(round, step: turn, scope)
        run.device.synchronize()
        // The first turn warms up.
        if turn > 0 { times[index].append((ContinuousClock.now - start) / .milliseconds(1)) }
      }
      try phase.advance(turn > 0 ? 1 : 0)
    }
  }
  return times.map { $0.sorted()[$0.count / 2] }
}
