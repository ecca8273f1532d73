import Datasets
import Formats
import Foundation
import Layers
import Messages
import Optimizers
import TestSupport
import Testing
import Torch
import Tracking

@testable import Training

extension SerialTests {
  /// What training must refuse, count and leave as it was.
  @Suite struct CorrectnessTests {
    let data = Dataset(
      inputs: Tensor.normal([24, 4], generator: RandomGenerator(seed: 1)),
      labels: Tensor((0..<24).map { $0 % 3 }))

    func task(
      _ model: Layer = Dense(4, 3), _ rule: any OptimizerSpecification = Adam(learningRate: 0.1),
      data: Dataset? = nil, _ configuration: BatchLoader.Configuration = .init(batchSize: 8),
      validation: Dataset? = nil
    ) throws -> SupervisedTask {
      .classifier(
        model, optimizer: Optimizer(rule, for: model),
        loader: try BatchLoader(data ?? self.data, configuration), validation: validation)
    }

    /// A callback with a state, the name of whoever wrote it.
    final class Owner: Callback, Checkpointable {
      let name: String
      var owner = "nobody"
      init(_ name: String) { self.name = name }
      func checkpoint() -> NamedState { NamedState(values: ["name": .string(name)]) }
      func restore(_ state: NamedState) { owner = state.values["name"]?.stringValue ?? "?" }
    }
    /// One that keeps the name of its type.
    final class Keeper: Callback, Checkpointable {
      func checkpoint() -> NamedState { NamedState() }
      func restore(_ state: NamedState) {}
    }
    final class Silent: Callback {}

    // MARK: - Accumulation

    @Test(arguments: [3, 10]) func stepsAreUpdates(steps: Int) throws {
      let net = Dense(4, 3)
      let before = net.weight.value.clone()
      let task = try task(net, Adam(learningRate: 0.1).withGradientAccumulation(4))
      let outcome = try Trainer(TrainingOptions(steps: steps)).fit(task)
      #expect(outcome.steps == steps && task.optimizer.stepCount == steps)
      #expect(!before.equals(net.weight.value))
      #expect(task.optimizer.checkpoint().values["GradientAccumulation.received"]?.doubleValue == 0)
      // 3 batches an epoch.
      #expect(task.loader.state == .init(epoch: steps * 4 / 3, position: steps * 4 % 3))
    }

    @Test(arguments: [1, 2, 3]) func theLastWindowOfSoManyEpochsHasTheMeanOfWhatCame(epochs: Int)
      throws
    {
      RandomGenerator.seedAll(3)
      let net = Dense(4, 3)
      let twin = Dense(4, 3)
      twin.weight.assign(net.weight.value)
      try #require(twin.bias).assign(try #require(net.bias).value)
      let task = try task(net, SGD(learningRate: 0.5).withGradientAccumulation(2))
      let outcome = try Trainer(TrainingOptions(.epochs(epochs), precision: .fp32)).fit(task)
      #expect(outcome.steps == (3 * epochs + 1) / 2)
      #expect(task.loader.state == .init(epoch: epochs, position: 0))
      #expect(task.optimizer.checkpoint().values["GradientAccumulation.received"]?.doubleValue == 0)
      // The same by hand: means of two batches, of one at the end of an odd number.
      let optimizer = Optimizer(SGD(learningRate: 0.5), for: twin)
      let loader = try BatchLoader(data, .init(batchSize: 8))
      let batches = try (0..<3 * epochs).map { _ in try loader.next() }
      for start in stride(from: 0, to: batches.count, by: 2) {
        let window = batches[start..<min(batches.count, start + 2)]
        optimizer.step {
          window.map { twin($0.input).crossEntropy($0.labels!) }
            .reduce(Tensor(0.0).to(.float32)) { $0 + $1 } / Double(window.count)
        }
      }
      expectClose(net.weight.value, twin.weight.value, 1e-6)
    }

    @Test func moreEpochsGoOnWhereAWindowWasClosed() throws {
      try withTemporaryFolder { folder in
        func train(_ epochs: Int) throws -> (Trainer.Outcome, SupervisedTask) {
          let run =
            RunFolder(path: folder).isRun ? try Run.resume(at: folder) : try newRun(folder)
          let task = try self.task(Dense(4, 3), Adam(learningRate: 0.1).withGradientAccumulation(2))
          return (try Trainer(TrainingOptions(.epochs(epochs)), run: run).fit(task), task)
        }
        try FileManager.default.removeItem(atPath: folder)
        #expect(try train(1).0.steps == 2)
        let (outcome, task) = try train(2)
        // 3 batches are left: a whole window and the rest.
        #expect(outcome.steps == 4 && task.loader.state == .init(epoch: 2, position: 0))
        #expect(try train(2).0.firstStep == 4)
      }
    }

    @Test func schedulesCountUpdates() throws {
      var rates: [Double] = []
      let task = try task(
        Dense(4, 3), SGD(learningRate: 1).withSchedule(.cosine(8)).withGradientAccumulation(4))
      let record = Every(1) { rates.append($0.metrics["learningRate"] ?? .nan) }
      _ = try Trainer(TrainingOptions(steps: 8, logInterval: 1), callbacks: [record]).fit(task)
      expectClose(rates, (0..<8).map { Schedule.cosine(8)($0) }, 1e-12)
    }

    @Test func theLoggedLossIsTheMeanSinceTheLastLog() throws {
      let task = ScriptedTask()
      task.averagedFigures = ["loss"]
      var logged: [Double] = []
      let record = Every(2) { logged.append($0.metrics["loss"] ?? .nan) }
      task.loss = { Double($0) }
      _ = try Trainer(TrainingOptions(steps: 5, logInterval: 2), callbacks: [record]).fit(task)
      #expect(logged == [1.5, 3.5, 5])
    }

    // MARK: - Callbacks

    func begin(_ path: String, _ callbacks: [any Callback]) throws {
      _ = try Trainer(TrainingOptions(steps: 5), run: try newRun(path), callbacks: callbacks)
        .fit(try task())
    }

    func resume(_ path: String, _ callbacks: [any Callback]) throws {
      _ = try Trainer(
        TrainingOptions(steps: 10), run: try Run.resume(at: path), callbacks: callbacks
      ).fit(try task())
    }

    @Test func callbacksAreKnownByName() throws {
      try withTemporaryFolder { folder in
        try begin(folder + "/one", [Owner("a")])
        try resume(folder + "/one", [Silent(), Owner("a")])
        try begin(folder + "/two", [Owner("a"), Owner("b")])
        let (a, b) = (Owner("a"), Owner("b"))
        try resume(folder + "/two", [b, a])
        #expect(a.owner == "a" && b.owner == "b")
        try begin(folder + "/three", [Keeper(), Silent(), Silent()])
        let missing = message { try resume(folder + "/three", []) }
        #expect(
          missing.hasSuffix("it holds a state of the callback 'Keeper', which this training lacks"))
        let extra = message { try resume(folder + "/three", [Keeper(), Owner("a")]) }
        #expect(extra.hasSuffix("it holds no state of the callback 'a'"))
        let twice = message { try begin(folder + "/four", [Keeper(), Keeper()]) }
        #expect(twice.hasPrefix("two callbacks with a state are called 'Keeper'"))
        let path = message { try begin(folder + "/five", [Owner("../x")]) }
        #expect(path.contains("received '../x'"))
      }
    }

    // MARK: - Resume

    @Test func aRefusedResumeChangesNothing() throws {
      try withTemporaryFolder { folder in
        /// Refuses after the model, the optimizer and the loader have taken their states.
        final class Refusing: Callback, Checkpointable {
          let name = "Keeper"
          func checkpoint() -> NamedState { NamedState() }
          func restore(_ state: NamedState) throws {
            throw InputError("not mine")
          }
        }
        try begin(folder, [Keeper()])
        func refusal(
          _ task: SupervisedTask, _ callback: any Callback = Keeper()
        ) throws -> String {
          let before = task.checkpointed.map { $0.part.checkpoint().copied() }
          RandomGenerator.seedAll(77)
          let random = RandomGenerator.shared(for: .cpu).checkpoint().copied()
          let run = try Run.resume(at: folder)
          let text = message {
            _ = try Trainer(TrainingOptions(steps: 9), run: run, callbacks: [callback]).fit(task)
          }
          let now =
            task.checkpointed.map { $0.part.checkpoint() }
            + [RandomGenerator.shared(for: .cpu).checkpoint()]
          for (now, before) in zip(now, before + [random]) {
            #expect(now.values == before.values)
            for (name, tensor) in now.tensors {
              #expect(tensor.equals(try #require(before.tensors[name])), "\(text): \(name)")
            }
          }
          return text
        }
        #expect(try refusal(try task(Dense(4, 3), SGD())).contains("optimizer: "))
        #expect(try refusal(try task(), Refusing()).hasSuffix("callback 'Keeper': not mine"))
        let other = data.subset(0..<20)
        #expect(
          try refusal(try task(data: other)).contains(
            "data was 24 examples (input: float32 [4], labels: int64 []), is now 20 examples"))
        #expect(
          try refusal(try task(.init(batchSize: 6))).contains("batch size was 8, is now 6"))
        #expect(
          try refusal(try task(.init(batchSize: 8, seed: 4))).contains("seed was 0, is now 4"))
        #expect(
          try refusal(try task(.init(batchSize: 8, order: .sequential)))
            .contains("order was shuffled, is now sequential"))
        #expect(
          try refusal(try task(Dense(4, 3), Adam(learningRate: 0.1).withGradientAccumulation(2)))
            .contains("batches per update was 1, is now 2"))
      }
    }

    func task(_ configuration: BatchLoader.Configuration) throws -> SupervisedTask {
      try task(Dense(4, 3), Adam(learningRate: 0.1), configuration)
    }

    @Test func aCheckpointOfAnEarlierFormatIsRefused() throws {
      try withTemporaryFolder { folder in
        try begin(folder, [])
        let path = folder + "/checkpoints/step-000005/manifest.json"
        let text = String(decoding: try contents(path), as: UTF8.self)
        try AtomicFile.write(
          text.replacingOccurrences(of: "\"format\": 2,", with: ""), to: path)
        #expect(
          message { try resume(folder, []) }.hasSuffix(
            "it was written by another version of Danlu, in format 1; this one reads format 2"))
      }
    }

    @Test(arguments: ["drawn", "stream", "augmented", "balanced"])
    func trainingOnAnySourceResumesExactly(kind: String) throws {
      func loader() throws -> BatchLoader {
        switch kind {
        case "drawn":
          let source = Examples(count: 23) { index, random in
            Example(
              .floats((0..<4).map { _ in Float(random.normal()) }), label: .integer(index % 3))
          }
          return try BatchLoader(source, .init(batchSize: 4, seed: 3))
        case "stream":
          let stream = ExampleStream { epoch in
            var next = 0
            return {
              next += 1
              guard next <= 22 else { return nil }
              return Example(
                .floats((0..<4).map { Float((next * 7 + $0 * epoch) % 5) }),
                label: .integer(next % 3))
            }
          }
          return try BatchLoader(stream, .init(batchSize: 4, seed: 3, shuffleBuffer: 6))
        case "augmented":
          let noise = Transform(isAugmentation: true) { example, random in
            let values = example.input.floats ?? []
            example.input = .floats(values.map { $0 + Float(random.normal()) })
          }
          return try BatchLoader(data, .init(batchSize: 5, seed: 3), transforms: [noise])
        default: return try BatchLoader(data, .init(batchSize: 5, seed: 3, order: .balanced))
        }
      }
      func train(_ path: String, _ pieces: [Int]) throws -> (Tensor, [String]) {
        for (piece, steps) in pieces.enumerated() {
          RandomGenerator.seedAll(piece == 0 ? 1 : 55)
          let model = Sequential(Dense(4, 8), Dropout(0.3), Dense(8, 3))
          let rule = Adam(learningRate: 0.05).withGradientAccumulation(2)
          let run = piece == 0 ? try newRun(path) : try Run.resume(at: path)
          let task = SupervisedTask.classifier(
            model, optimizer: Optimizer(rule, for: model), loader: try loader())
          _ = try Trainer(TrainingOptions(steps: steps, precision: .fp32, logInterval: 3), run: run)
            .fit(task)
          guard piece == pieces.count - 1 else { continue }
          let weights = Tensor.concatenate(model.parameters.map { $0.value.reshaped(-1) })
          return (
            weights.detach(),
            try run.folder.metrics().records.map { "\($0.step) \($0.values["loss"] ?? .nan)" }
          )
        }
        throw InputError("no piece")
      }
      try withTemporaryFolder { folder in
        // Six batches an epoch or so: pieces end within epochs. Ends log, so they end where logs are due.
        let (whole, records) = try train(folder + "/whole", [12])
        let (torn, tornRecords) = try train(folder + "/torn", [3, 6, 12])
        #expect(torn.equals(whole) && tornRecords == records)
      }
    }

    /// A layer that a callback has set free in between is free after a resume, too.
    @Test func whatWasFrozenOrFreedResumesExactly() throws {
      func train(_ path: String, _ pieces: [Int]) throws -> Tensor {
        var weights: Tensor?
        for (piece, steps) in pieces.enumerated() {
          RandomGenerator.seedAll(1)
          let model = Sequential(Dense(4, 4), Dense(4, 3))
          model[0].freezeAll()
          let release = BeforeUpdate { if $0.step == 2 { model[0].freezeAll(false) } }
          let run = piece == 0 ? try newRun(path) : try Run.resume(at: path)
          _ = try Trainer(TrainingOptions(steps: steps), run: run, callbacks: [release])
            .fit(try task(model))
          weights = Tensor.concatenate(model.parameters.map { $0.value.detach().reshaped(-1) })
        }
        return try #require(weights)
      }
      try withTemporaryFolder { folder in
        let whole = try train(folder + "/whole", [8])
        #expect(try train(folder + "/torn", [4, 8]).equals(whole))
      }
    }

    @Test func metricsHaveNamesOfTheirOwn() async throws {
      #expect(F1Score().name == "f1" && F1Score(.micro).name == "microF1")
      #expect(PrecisionScore(.weighted).name == "weightedPrecision")
      let task = try task(validation: data)
      #expect(
        SupervisedTask.classifier(
          task.model as! Layer, optimizer: task.optimizer, loader: task.loader, validation: data,
          metrics: [F1Score(), F1Score(.micro), TopKAccuracy(1), TopKAccuracy(2)]
        ).validationFigures?.count == 5)
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) {
        let model = Dense(4, 3)
        let data = Dataset(inputs: Tensor.ones([4, 4]), labels: Tensor([0, 1, 2, 0]))
        _ = SupervisedTask.classifier(
          model, optimizer: Optimizer(Adam(), for: model),
          loader: try BatchLoader(data, .init(batchSize: 2)), metrics: [F1Score(), F1Score()])
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("metrics of different names, received f1, f1"))
    }

    // MARK: - Modes

    @Test func modesStayAsTheyWere() throws {
      let (body, head) = (BatchNorm(4), Dense(4, 3))
      let dropout = Dropout(0.5)
      let model = Sequential(body, dropout, head)
      body.evaluate()
      final class Watch: Callback {
        let see: () -> Void
        init(_ see: @escaping () -> Void) { self.see = see }
        func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) { see() }
      }
      var seen: [Bool] = []
      let task = try task(model, validation: data)
      let before = body.checkpoint().copied()
      // A callback that leaves the model in another mode does not stop it from training.
      let watch = Watch {
        seen += [model.isTraining, body.isTraining, dropout.isTraining]
        model.evaluate()
      }
      _ = try Trainer(TrainingOptions(steps: 3, validationInterval: 1), callbacks: [watch]).fit(
        task)
      #expect(seen == [true, false, true, true, false, true, true, false, true])
      #expect(model.isTraining && !body.isTraining && dropout.isTraining)
      for (name, tensor) in body.checkpoint().tensors where name.hasPrefix("running") {
        #expect(tensor.equals(try #require(before.tensors[name])), "\(name)")
      }
      _ = try task.evaluate(on: data)
      #expect(model.isTraining && !body.isTraining && dropout.isTraining)
      // A model in inference mode trains as a whole and goes back.
      model.evaluate()
      seen = []
      _ = try Trainer(TrainingOptions(steps: 1), callbacks: [watch]).fit(task)
      #expect(seen == [true, true, true])
      #expect(!model.isTraining && !body.isTraining && !dropout.isTraining)
      _ = try task.evaluate(on: data)
      #expect(!model.isTraining && !dropout.isTraining)
    }

    // MARK: - Numbers

    @Test func statesThatAreNoNumbersStopTraining() throws {
      try withTemporaryFolder { folder in
        for (index, name) in ["runningMean", "optimizer", "averages"].enumerated() {
          let norm = BatchNorm(4)
          let model = Sequential(norm, Dense(4, 3))
          let rule = Adam(learningRate: 0.1).withMovingAverage(0.9)
          let task = try task(model, rule)
          let run = try newRun("\(folder)/\(index)")
          let spoil = BeforeUpdate { state in
            guard state.step == 4 else { return }
            let part: any Checkpointable = name == "runningMean" ? model : task.optimizer
            for (key, tensor) in part.checkpoint().tensors
            where name == "runningMean"
              ? key.contains("runningMean") : key.contains("MovingAverage") == (name == "averages")
            {
              tensor.copyInPlace(from: Tensor.full(like: tensor, .nan))
              break
            }
          }
          let text = message {
            _ = try Trainer(
              TrainingOptions(steps: 6, checkpointInterval: 2), run: run, callbacks: [spoil]
            ).fit(task)
          }
          #expect(text.contains("not finite at step") || text.contains("became nan"), "\(name)")
          #expect(run.folder.checkpoints().complete().map(\.step).allSatisfy { $0 <= 4 })
        }
      }
    }

    @Test func whatCannotTrainIsRefused() throws {
      func refusal(_ options: TrainingOptions, _ task: SupervisedTask) -> String {
        message { _ = try Trainer(options).fit(task) }
      }
      // An optimizer of nothing traps when it is made; its weights may be frozen since.
      let frozen = Dense(4, 3)
      let frozenTask = try task(frozen)
      frozen.freezeAll()
      #expect(
        refusal(TrainingOptions(steps: 1), frozenTask)
          == "all 2 parameters of the optimizer are frozen")
      #expect(
        refusal(TrainingOptions(steps: 1, validationInterval: 1), try task())
          .contains("the task has no validation data"))
      let monitor = Monitor("validation/loss", better: .lower)
      #expect(
        refusal(TrainingOptions(steps: 1, monitor: monitor), try task(validation: data))
          .contains("comes from validation, which is off"))
      #expect(
        refusal(TrainingOptions(steps: 1, validationInterval: 1, monitor: monitor), try task())
          .hasSuffix("the task has no validation data"))
      let unknown = Monitor("validation/lost", better: .lower)
      let net = Dense(4, 3)
      let before = net.weight.value.clone()
      #expect(
        refusal(
          TrainingOptions(steps: 1, validationInterval: 1, monitor: unknown),
          try task(net, validation: data)
        ).hasSuffix("is not among those of validation: validation/accuracy, validation/loss"))
      #expect(before.equals(net.weight.value))
      let unkept = refusal(TrainingOptions(steps: 1, checkpointInterval: 1), try task())
      #expect(
        unkept.hasPrefix("a checkpointInterval was given, but there is no run"), "\(unkept)")
      #expect(
        message {
          let stream = ExampleStream { _ in { nil } }
          _ = try BatchLoader(stream, .init(batchSize: 2, threads: 4))
        } == "a stream is read by one thread, not by 4")
      let endless = ScriptedTask()
      #expect(
        message { _ = try Trainer(TrainingOptions(.epochs(2))).fit(endless) }
          .hasPrefix("2 epochs were asked for"))
    }

    // MARK: - Afterwards

    @Test func theBestWeightsComeBackWithoutARun() throws {
      let task = ScriptedTask()
      let scores = [0.5, 0.7, 0.9, 0.8, 0.6]
      task.validation = { ["mine": scores[$0 - 1]] }
      let trainer = Trainer(
        TrainingOptions(
          steps: 5, validationInterval: 1, monitor: Monitor("mine", better: .higher)))
      let outcome = try trainer.fit(task)
      #expect(task.updates == 5)
      try trainer.restoreBest(task, outcome)
      #expect(task.updates == 3)
    }

    @Test func predictionsAreThoseOfTheJudgedWeights() throws {
      RandomGenerator.seedAll(5)
      let model = Sequential(Dense(4, 16), Dropout(0.5), Dense(16, 3))
      let rule = Adam(learningRate: 0.1).withMovingAverage(0.9)
      let loader = try BatchLoader(data, .init(batchSize: 8))
      let optimizer = Optimizer(rule, for: model)
      let task = SupervisedTask(
        model, optimizer: optimizer, loader: loader, validation: data, metrics: [Accuracy()],
        validatesAverages: true
      ) { $0.crossEntropy($1.labels!) }
      let outcome = try Trainer(
        TrainingOptions(
          .epochs(4), precision: .fp32, validationInterval: .epochs(1),
          monitor: Monitor("validation/loss", better: .lower))
      ).fit(task)
      #expect(outcome.steps == 12)
      // Twice the same, in the order of the data, no gradients, the averages' figures.
      let outputs = try task.predict(data)
      #expect(outputs.shape == [24, 3])
      #expect(try outputs.equals(task.predict(data)))
      let figures = try task.evaluate(on: data)
      #expect(figures == outcome.validation)
      let loss = outputs.crossEntropy(data.labels!).item()
      #expect(abs(loss - figures["validation/loss"]!) < 1e-6)
      #expect(model.isTraining)
      let averaged = optimizer.withAverages {
        model.evaluating { withoutGradients { model(data.inputs) } }
      }
      expectClose(outputs, averaged, 1e-6)
    }

    @Test func aRunNeedsNoRecipeAndGetsItsReport() throws {
      try withTemporaryFolder { folder in
        let run = try Run.create(at: folder + "/run")
        let outcome = try Trainer(TrainingOptions(steps: 20, validationInterval: 10), run: run)
          .fit(try task(validation: data))
        let summary = try run.finish(outcome)
        #expect(summary.claims.isEmpty && summary.metrics["validation/accuracy"] != nil)
        let page = String(decoding: try contents(run.folder.reportPath), as: UTF8.self)
        for text in ["validation/loss", "learningRate", "gradientNorm"] {
          #expect(page.contains(text), "\(text)")
        }
      }
    }

    @Test func aPlateauLowersTheRate() throws {
      let values = [5.0, 4, 4, 4, 4, 4, 3, 3, 3]
      func train(_ pieces: [Int]) throws -> [Double] {
        try withTemporaryFolder { folder in
          var rates: [Double] = []
          for (piece, steps) in pieces.enumerated() {
            let run = piece == 0 ? try newRun(folder + "/run") : try Run.resume(at: folder + "/run")
            let task = OptimizedScript()
            task.script.validation = { ["score": values[$0 - 1]] }
            let plateau = ReduceOnPlateau(
              task.optimizer, monitor: "score", factor: 0.5, patience: 2, cooldown: 1)
            let record = Every(1) { _ in rates.append(task.optimizer.learningRate) }
            _ = try Trainer(
              TrainingOptions(steps: steps, validationInterval: 1), run: run,
              callbacks: [plateau, record]
            ).fit(task)
            rates.append(task.optimizer.learningRate)
          }
          return rates
        }
      }
      let whole = try train([9])
      #expect(whole.last! < 1 && whole.first == 1)
      #expect(try train([3, 6, 9]).last == whole.last)
    }

    /// A script with an optimizer beside it, for callbacks that change its rate.
    final class OptimizedScript: TrainingTask {
      let script = ScriptedTask()
      let model = Dense(1, 1)
      lazy var optimizer = Optimizer(SGD(learningRate: 1), for: model)
      func nextBatch() -> Int { script.nextBatch() }
      func update(_ batch: Int, step: Int, _ scope: StepScope) -> [String: Tensor] {
        script.update(batch, step: step, scope)
      }
      func validate(_ scope: StepScope) -> [String: Double] { script.validate(scope) }
      var checkpointed: [(name: String, part: any Checkpointable)] {
        script.checkpointed + [("optimizer", optimizer)]
      }
    }

    @Test func aTaskOfNamedInputsNeedsNoTypeSpelled() throws {
      final class TwoInputs: Module {
        let table = Embedding(100, 8)
        let head = Dense(9, 3)
        func callAsFunction(_ tokens: Tensor, _ mask: Tensor, _ age: Tensor) -> Tensor {
          let weights = mask.to(.float32).expandingAxis(-1)
          let mean = (table(tokens) * weights).sum(axis: 1) / weights.sum(axis: 1)
          return head(.concatenate([mean, age], axis: 1))
        }
      }
      let rows = (0..<30).map { row in (0...row % 5).map { ($0 * 7 + row) % 100 } }
      let data = Dataset(
        ["tokens": .sequences(Sequences(rows)), "age": .tensor(Tensor.ones([30, 1]))],
        labels: .tensor(Tensor((0..<30).map { $0 % 3 })))
      let model = TwoInputs()
      let outcome = try Trainer(TrainingOptions(.epochs(2), validationInterval: .epochs(1))).fit(
        .classifier(
          model, optimizer: Optimizer(Adam(), for: model),
          loader: try BatchLoader(data, .init(batchSize: 8, order: .bucketed(window: 2))),
          validation: data, metrics: [Accuracy(), F1Score()]
        ) { batch in model(batch.inputs["tokens"], batch.attentionMask, batch.inputs["age"]) })
      #expect(outcome.steps == 8)
      #expect(
        outcome.validation.keys.sorted()
          == ["validation/accuracy", "validation/f1", "validation/loss"])
    }

    /// Ages, flags and token numbers reach the model as they are.
    @Test func wholeNumbersAreNoPixels() throws {
      final class Bag: Layer {
        let table = Embedding(100, 8)
        let head = Dense(8, 2)
        override func forward(_ tokens: Tensor) -> Tensor { head(table(tokens).mean(axis: 1)) }
      }
      let table = Dataset(
        inputs: Tensor([[18, 1], [65, 0], [40, 1]]), labels: Tensor([0, 1, 1]))
      let model = Bag()
      let outcome = try Trainer(TrainingOptions(steps: 1)).fit(
        .classifier(
          model, optimizer: Optimizer(Adam(), for: model),
          loader: try BatchLoader(table, .init(batchSize: 3))))
      #expect(outcome.steps == 1)
    }
  }
}
