import Datasets
import Formats
import Foundation
import Layers
import Optimizers
import Parallel
import Synchronization
import TestSupport
import Testing
import Torch
import Tracking

@testable import Training

extension SerialTests {
  @Suite struct TrainerTests {
    @Test func aSmallNetworkLearns() throws {
      RandomGenerator.seedAll(0)
      let model = Sequential(
        Dense(2, 32), Activation(.relu), Dense(32, 32), Activation(.relu), Dense(32, 2))
      let task = SupervisedTask.classifier(
        model, optimizer: Optimizer(Adam(learningRate: 0.01), for: model),
        loader: try BatchLoader(
          ToySets.twoMoons(count: 1000, seed: 1), .init(batchSize: 64, seed: 0)),
        validation: ToySets.twoMoons(count: 1000, seed: 2))
      let before = try task.validate(StepScope())
      let outcome = try Trainer(
        TrainingOptions(steps: 300, precision: .fp32, validationInterval: 100)
      ).fit(task)
      #expect(outcome.steps == 300 && !outcome.stoppedEarly && outcome.firstStep == 0)
      #expect(try #require(outcome.validation["validation/accuracy"]) > 0.97)
      let loss = try #require(outcome.validation["validation/loss"])
      #expect(loss < 0.2 * (before["validation/loss"] ?? 0))
      #expect(outcome.metrics.keys.sorted() == ["gradientNorm", "learningRate", "loss"])
      let bf16 = try Trainer(TrainingOptions(steps: 20, precision: .bf16)).fit(task)
      #expect(try #require(bf16.metrics["loss"]) < 0.3)
      #expect(bf16.precision == "bfloat16 autocast as asked")
    }

    @Test func callbacksComeInOrder() throws {
      let task = ScriptedTask()
      task.validation = { _ in ["score": 1] }
      let recorder = Recorder()
      var drawn: [Int] = []
      let every = Every(2) { drawn.append($0.step) }
      _ = try Trainer(
        TrainingOptions(steps: 5, logInterval: 2, validationInterval: 4),
        callbacks: [recorder, every]
      ).fit(task)
      #expect(
        recorder.calls == [
          "begin 0", "before 0", "after 1", "before 1", "after 2 logged", "before 2", "after 3",
          "before 3", "after 4 logged", "validated 4", "before 4", "after 5 logged", "validated 5",
          "end 5",
        ])
      #expect(drawn == [2, 4, 5])
    }

    @Test func aCallbackCanStopTraining() throws {
      let stop = BeforeUpdate { $0.shouldStop = $0.step == 3 }
      var drawn: [Int] = []
      let outcome = try Trainer(
        TrainingOptions(steps: 10), callbacks: [stop, Every(2) { drawn.append($0.step) }]
      ).fit(ScriptedTask())
      #expect(outcome.steps == 4 && outcome.stoppedEarly)
      #expect(drawn == [2, 4])
    }

    @Test func schedulesByEpochAndByStep() throws {
      let task = ScriptedTask()
      task.batchesPerEpoch = 3
      let optimizer = Optimizer(SGD(), for: task.model)
      var steps: [Int: Double] = [:]
      let schedule = BeforeUpdate { state in
        optimizer.learningRate = state.epoch < 50 ? 1e-2 : state.epoch < 80 ? 1e-3 : 1e-4
      }
      let read = BeforeUpdate { state in
        let seen = steps[state.epoch] ?? optimizer.learningRate
        #expect(seen == optimizer.learningRate)
        steps[state.epoch] = seen
      }
      _ = try Trainer(TrainingOptions(steps: 3 * 81), callbacks: [schedule, read]).fit(task)
      #expect([0, 49, 50, 79, 80].map { steps[$0] } == [1e-2, 1e-2, 1e-3, 1e-3, 1e-4])

      // Warm-up over ten epochs: 0.001 (k + 1) / steps / 10.
      var rates: [Double] = []
      let warmUp = BeforeUpdate { state in
        optimizer.learningRate = 0.001 * Double(state.step + 1) / 3 / 10
        rates.append(optimizer.learningRate)
      }
      _ = try Trainer(TrainingOptions(steps: 30), callbacks: [warmUp]).fit(task)
      #expect(abs(rates[0] - 0.001 / 30) < 1e-18 && abs(rates[29] - 0.001) < 1e-18)
      let ready = Schedule.warmUp(30)
      for (step, rate) in rates.enumerated() { #expect(abs(0.001 * ready(step) - rate) < 1e-18) }
    }

    @Test func aChangedLossWeightCountsFromTheNextBatch() throws {
      let task = try moons()
      let model = Sequential(Dense(2, 3))
      var smoothing = 0.1
      // A rate of 0 keeps the model, so only the weight changes the loss of the one batch.
      let weighted = SupervisedTask(
        model, optimizer: Optimizer(SGD(learningRate: 0), for: model), loader: task.loader
      ) { logits, batch in
        let logs = logits.logSoftmax(axis: -1)
        let truth = logits.crossEntropy(batch.labels ?? Tensor([0]))
        return (1 - smoothing) * truth - smoothing * logs.mean()
      }
      var losses: [Double] = []
      final class Losses: Callback {
        var values: [Double] = []
        func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
          values.append(metrics["loss"] ?? .nan)
        }
      }
      let record = Losses()
      let change = BeforeUpdate { if $0.step == 3 { smoothing = 0.01 } }
      let batch = try task.loader.next()
      task.loader.state = .init(epoch: 0, position: 0)
      _ = try Trainer(
        TrainingOptions(steps: 5, precision: .fp32, logInterval: 1, overfitsOneBatch: true),
        callbacks: [change, record]
      ).fit(weighted)
      losses = record.values
      let logits = model(batch.input)
      let truth: Double = logits.crossEntropy(try #require(batch.labels)).item()
      let uniform: Double = -logits.logSoftmax(axis: -1).mean().item()
      for (step, loss) in losses.enumerated() {
        let weight = step < 3 ? 0.1 : 0.01
        #expect(abs(loss - ((1 - weight) * truth + weight * uniform)) < 1e-6, "step \(step)")
      }
      #expect(losses.count == 5 && abs(losses[2] - losses[3]) > 1e-4)
    }

    @Test func theBestCheckpointIsThatOfTheBestEpoch() throws {
      try withTemporaryFolder { folder in
        let scores = [0.5, 0.7, 0.9, 0.9, 0.6, .nan, 0.8]
        let task = ScriptedTask()
        task.validation = { ["mine": scores[$0 - 1]] }
        let run = try newRun(folder + "/run")
        let trainer = Trainer(
          TrainingOptions(
            steps: 7, validationInterval: 1, keptCheckpoints: 1,
            monitor: Monitor("mine", better: .higher)), run: run)
        let outcome = try trainer.fit(task)
        #expect(outcome.best?.step == 3 && outcome.best?.value == 0.9 && task.updates == 7)
        #expect(run.folder.checkpoints().complete().map(\.step) == [3, 7])
        let file = try SafetensorsFile(
          path: run.folder.checkpointsPath + "/step-000003/model.safetensors")
        #expect(try file.tensor("weight").doubles() == [3])
        try trainer.restoreBest(task, outcome)
        #expect(task.updates == 3)

        let other = Trainer(
          TrainingOptions(steps: 7, validationInterval: 1, monitor: Monitor("her", better: .lower)))
        #expect(
          message { _ = try other.fit(ScriptedTask()) }
            == "the monitored figure 'her' is not among those of validation: there are none")
        #expect(
          message { _ = try other.fit(task) }
            == "the monitored figure 'her' is not among those of validation: mine")
        #expect(
          message { try other.restoreBest(task, outcome) }.hasPrefix("there is no best checkpoint"))
      }
    }

    @Test func checkpointsAreKeptAsAsked() throws {
      try withTemporaryFolder { folder in
        let run = try newRun(folder + "/run")
        _ = try Trainer(
          TrainingOptions(steps: 23, checkpointInterval: 5, keptCheckpoints: 3), run: run
        ).fit(ScriptedTask())
        #expect(run.folder.checkpoints().complete().map(\.step) == [15, 20, 23])
        let names = try FileManager.default.contentsOfDirectory(atPath: run.folder.checkpointsPath)
        #expect(names.count == 3)
      }
    }

    @Test func figuresThatAreNoNumbersStopTraining() throws {
      try withTemporaryFolder { folder in
        let run = try newRun(folder + "/run")
        let task = ScriptedTask()
        task.loss = { $0 == 7 ? .nan : 1 }
        let trainer = Trainer(TrainingOptions(steps: 9, checkpointInterval: 3), run: run)
        let text = message { _ = try trainer.fit(task) }
        #expect(text.hasPrefix("loss became nan at step 7; the checkpoint of step 6 is still good"))
        #expect(!text.contains("\n"))
        #expect(run.folder.checkpoints().complete().map(\.step) == [3, 6])
        task.loss = { _ in .infinity }
        let bare = message { _ = try Trainer(TrainingOptions(steps: 9)).fit(task) }
        #expect(bare.hasPrefix("loss became inf at step 1; a lower learning rate"))
      }
    }

    @Test func aDryRunWritesNothing() throws {
      try withTemporaryFolder { folder in
        let run = try newRun(folder + "/run")
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder)
        let task = try moons()
        let outcome = try Trainer(
          TrainingOptions(
            steps: 50, logInterval: 1, validationInterval: 10, checkpointInterval: 1, dryRun: true),
          run: run
        ).fit(task)
        #expect(outcome.steps == 1 && outcome.validation["validation/loss"] != nil)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder) == before)
        #expect(try run.folder.metrics().records.isEmpty)
      }
    }

    @Test func oneBatchIsLearntByHeart() throws {
      RandomGenerator.seedAll(2)
      let noise = Dataset(
        inputs: Tensor.normal([64, 8]), labels: Tensor((0..<64).map { $0 * 7 % 3 }))
      let model = Sequential(Dense(8, 64), Activation(.tanh), Dense(64, 3))
      let task = SupervisedTask.classifier(
        model, optimizer: Optimizer(Adam(learningRate: 0.02), for: model),
        loader: try BatchLoader(noise, .init(batchSize: 16, seed: 1)))
      try withTemporaryFolder { folder in
        let run = try newRun(folder + "/run")
        let outcome = try Trainer(
          TrainingOptions(steps: 150, precision: .fp32, overfitsOneBatch: true), run: run
        ).fit(task)
        #expect(try #require(outcome.metrics["loss"]) < 0.01)
        #expect(task.loader.state == .init(epoch: 0, position: 1))
        #expect(run.folder.checkpoints().complete().isEmpty)
        #expect(try run.folder.metrics().records.isEmpty)
      }
    }

    @Test func theGradientNormIsThatOfAllGradients() throws {
      RandomGenerator.seedAll(4)
      let model = Sequential(Dense(3, 5), Activation(.tanh), Dense(5, 2))
      let task = SupervisedTask.classifier(
        model, optimizer: Optimizer(SGD(learningRate: 0), for: model),
        loader: try BatchLoader(
          Dataset(inputs: Tensor.normal([10, 3]), labels: Tensor([0, 1, 0, 1, 1, 0, 0, 1, 1, 1])),
          .init(batchSize: 10)))
      let batch = try task.loader.next()
      let loss = model(batch.input).crossEntropy(try #require(batch.labels))
      let squares = gradients(of: loss, withRespectTo: model.parameters.map(\.value))
        .flatMap { $0.doubles() }.map { $0 * $0 }
      let outcome = try Trainer(TrainingOptions(steps: 1, precision: .fp32)).fit(task)
      let expected = squares.reduce(0, +).squareRoot()
      #expect(abs(try #require(outcome.metrics["gradientNorm"]) - expected) < 1e-6 * expected)
    }

    @Test func timeIsUp() throws {
      let outcome = try Trainer(TrainingOptions(steps: 1_000_000, maximumSeconds: 0.05))
        .fit(ScriptedTask())
      #expect(outcome.stoppedEarly && outcome.steps > 0 && outcome.seconds < 5)
    }

    final class Lines: ProgressReporter {
      let lines = Mutex<[String]>([])
      func begin(_ phase: String, total: Int?, unit: String) {
        lines.withLock { $0.append("begin \(phase) \(total ?? -1) \(unit)") }
      }
      func advance(by amount: Int, note: String?) {
        lines.withLock { $0.append("+\(amount) \(note ?? "")") }
      }
      func end() { lines.withLock { $0.append("end") } }
      func note(_ text: String) { lines.withLock { $0.append(text) } }
    }

    @Test func progressTellsStepsFiguresAndPrecision() throws {
      let progress = Lines()
      _ = try Trainer(TrainingOptions(steps: 3, precision: .fp32), work: Work(progress: progress))
        .fit(ScriptedTask())
      let lines = progress.lines.withLock { $0 }
      #expect(
        lines == [
          "precision: float32 as asked", "begin training 3 steps", "+1 ", "+1 ", "+1 loss 0.3333",
          "end",
        ])
    }

    @Test func validationReportsAnyCodesFigures() throws {
      let task = try moons()
      func loss(_ output: Tensor, _ batch: Batch) -> Tensor {
        output.crossEntropy(batch.labels ?? Tensor([0]))
      }
      let own = SupervisedTask(
        try #require(task.model as? Layer), optimizer: task.optimizer, loader: task.loader,
        figures: { ["size": Double(task.model.parameters.count)] }, loss: loss)
      #expect(try own.validate(StepScope()) == ["size": 6])
    }
  }

  @Suite struct PrecisionTests {
    @Test func isChosenByDevice() throws {
      #expect(Precision.fp32.choice(for: .cpu).dtype == nil)
      #expect(Precision.bf16.choice(for: .cpu).dtype == .bfloat16)
      let (dtype, reason) = Precision.auto.choice(for: .cpu)
      #expect((dtype == .bfloat16) == Processor.current.hasAMX)
      #expect(reason.contains("AMX"))
      #expect(
        message { _ = try Precision(parsing: "fp16") }
          == "precision expects one of auto, fp32, bf16, received 'fp16'")
    }
  }

  @Suite struct LearningRateFinderTests {
    func task(_ learningRate: Double = 1e-3) throws -> SupervisedTask {
      RandomGenerator.seedAll(6)
      let model = Sequential(
        Dense(2, 32), BatchNorm(32), Activation(.relu), Dropout(0.1), Dense(32, 2))
      return SupervisedTask.classifier(
        model, optimizer: Optimizer(HeavyBall(learningRate: learningRate), for: model),
        loader: try BatchLoader(
          ToySets.twoMoons(count: 500, seed: 1), .init(batchSize: 32, seed: 2)))
    }

    func state(_ task: SupervisedTask) -> [(String, NamedState)] {
      (task.checkpointed + randomGenerators(for: .cpu)).map {
        ($0.name, $0.part.checkpoint().copied())
      }
    }

    func expectSame(_ task: SupervisedTask, as before: [(String, NamedState)]) throws {
      for ((name, now), (_, earlier)) in zip(state(task), before) {
        #expect(now.values == earlier.values, "\(name)")
        #expect(Set(now.tensors.keys) == Set(earlier.tensors.keys), "\(name)")
        for (key, tensor) in now.tensors {
          #expect(tensor.equals(try #require(earlier.tensors[key])), "\(key)")
        }
      }
    }

    @Test func putsEverythingBack() throws {
      let task = try task()
      _ = try Trainer(TrainingOptions(steps: 7)).fit(task)
      let before = state(task)
      let curve = try LearningRateFinder(highest: 100, steps: 60).sweep(task, task.optimizer)
      try expectSame(task, as: before)
      #expect(curve.rates.count == curve.losses.count && curve.rates.count > 20)
      #expect(zip(curve.rates, curve.rates.dropFirst()).allSatisfy { $0 < $1 })
      let text = message {
        _ = try LearningRateFinder().sweep(task, task.optimizer, figure: "los")
      }
      #expect(text == "the task reports no figure 'los'")
      try expectSame(task, as: before)
    }

    @Test func suggestsARateThatTrains() throws {
      let first = try task()
      let suggestion = try LearningRateFinder(lowest: 1e-6, highest: 100, steps: 120)
        .sweep(first, first.optimizer).suggestion
      func loss(_ rate: Double) throws -> Double {
        let task = try task(rate)
        _ = try Trainer(TrainingOptions(steps: 60, precision: .fp32)).fit(task)
        return try task.evaluate(on: ToySets.twoMoons(count: 500, seed: 9))["validation/loss"]
          ?? .nan
      }
      let found = try loss(suggestion)
      #expect(found < 0.35, "rate \(suggestion)")
      #expect(try found < loss(suggestion / 300) && found < loss(suggestion * 300))
    }

    @Test func theSteepestFallCounts() {
      let rates = (0..<9).map { pow(10, Double($0)) }
      #expect(
        LearningRateFinder.steepest(rates: rates, losses: [5, 4.9, 4.7, 4, 2, 1.5, 1.4, 3, 9])
          == 1000)
      #expect(LearningRateFinder.steepest(rates: rates, losses: [1, 2, 3, 4, 5, 6, 7, 8, 9]) == 1)
    }
  }
}
