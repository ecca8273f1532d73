import Formats
import Foundation
import Layers
import Messages
import Optimizers
import Parallel
import TestSupport
import Testing
import Torch
import Tracking

@testable import Training

extension SerialTests {
  @Suite struct ResumeTests {
    static let options = TrainingOptions(
      steps: 14, precision: .fp32, logInterval: 2, validationInterval: 3, checkpointInterval: 5,
      monitor: Monitor("validation/loss", better: .lower, patience: 50))

    /// A callback with a state of its own, which stops training at a step.
    final class Stopper: Callback, Checkpointable {
      let cancellation = Cancellation()
      let last: Int?
      private(set) var sum = 0.0

      init(at last: Int?) { self.last = last }

      func trainingWillBegin(_ state: TrainingState) {
        if state.step == last { cancellation.cancel() }
      }

      func updateDidEnd(_ state: TrainingState, metrics: [String: Double]) {
        sum += metrics["loss"] ?? 0.5
        if state.step == last { cancellation.cancel() }
      }

      func checkpoint() -> NamedState { NamedState(values: ["sum": .number(sum)]) }

      func restore(_ state: NamedState) throws {
        sum = try #require(state.values["sum"]?.doubleValue)
      }
    }

    /// Trains until the end or until after `last` updates; every call is as good as a new process.
    @discardableResult
    func train(_ path: String, until last: Int? = nil) throws -> Trainer.Outcome? {
      let isNew = !RunFolder(path: path).isRun
      let run = isNew ? try newRun(path) : try Run.resume(at: path)
      // Another seed after the first: nothing may come from the new process's own beginning.
      let task = try moons(seed: isNew ? 1 : 99)
      let loader = try moons(seed: 1).loader
      if !isNew { loader.state = .init(epoch: 7, position: 2) }
      RandomGenerator.seedAll(isNew ? 5 : 123)
      let same = SupervisedTask(
        try #require(task.model as? Layer), optimizer: task.optimizer, loader: loader,
        validation: task.validation,
        metrics: [Accuracy()], validatesAverages: true
      ) { $0.crossEntropy($1.labels ?? Tensor([0])) }
      let stopper = Stopper(at: last)
      let trainer = Trainer(
        Self.options, run: run, callbacks: [stopper],
        work: Work(cancellation: stopper.cancellation))
      do {
        return try trainer.fit(same)
      } catch is Cancelled {
        return nil
      }
    }

    /// Everything a run leaves that must not depend on interruptions: the last checkpoint's files and
    /// the records without their times.
    func remains(_ path: String) throws -> [String: [UInt8]] {
      let folder = RunFolder(path: path)
      let last = try #require(folder.checkpoints().latest())
      var files: [String: [UInt8]] = [:]
      for name in try Folder.names(in: last.path) {
        files[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: last.path + "/" + name)))
      }
      let records = try folder.metrics().records.map {
        "\($0.step) \($0.values.sorted { $0.key < $1.key })"
      }
      files["records"] = Array(records.joined(separator: "\n").utf8)
      return files
    }

    func expectEqual(_ found: [String: [UInt8]], _ expected: [String: [UInt8]], _ what: String) {
      #expect(Set(found.keys) == Set(expected.keys), "\(what)")
      for (name, bytes) in expected { #expect(found[name] == bytes, "\(name), \(what)") }
    }

    @Test func anInterruptionAtAnyStepChangesNothing() throws {
      try withTemporaryFolder { folder in
        let outcome = try #require(try train(folder + "/whole"))
        let whole = try remains(folder + "/whole")
        #expect(
          Set(whole.keys) == [
            "model.safetensors", "optimizer.safetensors", "loader.safetensors",
            "callback-Stopper.safetensors", "random-cpu.safetensors", "manifest.json", "records",
          ])
        for step in 0..<14 {
          let path = "\(folder)/\(step)"
          #expect(try train(path, until: step) == nil)
          let resumed = try #require(try train(path))
          #expect(resumed.firstStep == step && resumed.steps == 14)
          #expect(resumed.metrics == outcome.metrics && resumed.validation == outcome.validation)
          #expect(resumed.best?.value == outcome.best?.value)
          #expect(resumed.best?.step == outcome.best?.step)
          expectEqual(try remains(path), whole, "interrupted after step \(step)")
        }
      }
    }

    @Test func manyInterruptionsChangeNothing() throws {
      try withTemporaryFolder { folder in
        try train(folder + "/whole")
        for step in 0..<14 { #expect(try train(folder + "/torn", until: step) == nil) }
        try train(folder + "/torn")
        expectEqual(try remains(folder + "/torn"), try remains(folder + "/whole"), "in 15 pieces")
        // A run that is over stays as it is.
        let again = try #require(try train(folder + "/torn"))
        #expect(again.firstStep == 14 && again.metrics["loss"] != nil)
        expectEqual(try remains(folder + "/torn"), try remains(folder + "/whole"), "once more")
      }
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
      try withTemporaryFolder { folder in
        try train(folder + "/whole")
        let damages: [(String, (String) throws -> Void)] = [
          ("cut", { try AtomicFile.write("short", to: $0 + "/optimizer.safetensors") }),
          ("lost", { try FileManager.default.removeItem(atPath: $0 + "/model.safetensors") }),
          (
            "changed",
            {
              let path = $0 + "/model.safetensors"
              var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
              bytes[bytes.count - 1] ^= 0x40
              try AtomicFile.write(bytes, to: path)
            }
          ),
        ]
        for (name, damage) in damages {
          let path = folder + "/" + name
          try train(path, until: 11)
          try damage(path + "/checkpoints/step-000011")
          let run: Run? = try Run.resume(at: path)
          let problem = try #require(run?.problems.first)
          #expect(problem.contains("step-000011") && !problem.contains("\n"))
        }
        for (name, _) in damages {
          try train(folder + "/" + name)
          expectEqual(try remains(folder + "/" + name), try remains(folder + "/whole"), name)
        }
      }
    }

    @Test func aCheckpointOfAnotherModelIsRefused() throws {
      try withTemporaryFolder { folder in
        try train(folder, until: 4)
        func refusal(_ task: some TrainingTask, callbacks: [any Callback] = [Stopper(at: nil)])
          throws
          -> String
        {
          let run = try Run.resume(at: folder)
          return message { _ = try Trainer(Self.options, run: run, callbacks: callbacks).fit(task) }
        }
        let wide = try moons(width: 17)
        let before = wide.model.checkpoint().copied()
        let other = try refusal(wide)
        #expect(other.hasPrefix("cannot continue from \(folder)/checkpoints/step-000004: model: "))
        #expect(other.contains("'0.weight' has shape [16, 2] in place of [17, 2]"))
        #expect(!other.contains("\n"))
        for (name, tensor) in wide.model.checkpoint().tensors {
          #expect(tensor.equals(try #require(before.tensors[name])))
        }
        let data = try refusal(try moons(batchSize: 10))
        #expect(data.contains("loader: "))
        #expect(data.contains("batch size was 16, is now 10"))
        let foreign = try refusal(ScriptedTask())
        #expect(foreign.contains("batches per update was 2, is now 1"))
      }
    }

    @Test func earlyStoppingAndItsCountersSurvive() throws {
      let values = [5.0, 4, 3, 3.5, 3.5, 2.5, 2.6, 2.7, 2.8, 1, 0]
      func run(_ path: String, pieces: [Int]) throws -> Trainer.Outcome {
        for last in pieces + [-1] {
          let task = ScriptedTask()
          task.validation = { ["score": values[$0 - 1]] }
          let run = RunFolder(path: path).isRun ? try Run.resume(at: path) : try newRun(path)
          let stopper = Stopper(at: last)
          let options = TrainingOptions(
            steps: 11, validationInterval: 1,
            monitor: Monitor("score", better: .lower, patience: 3))
          let trainer = Trainer(
            options, run: run, callbacks: [stopper],
            work: Work(cancellation: stopper.cancellation))
          do {
            let outcome = try trainer.fit(task)
            try trainer.restoreBest(task, outcome)
            #expect(task.updates == 6)
            if last == -1 { return outcome }
          } catch is Cancelled { #expect(last >= 0) }
        }
        throw InputError("not reached")
      }
      try withTemporaryFolder { folder in
        for pieces in [[], [7], [8], [1, 4, 7, 8], [9], [9, 9]] {
          let outcome = try run("\(folder)/\(pieces)", pieces: pieces)
          #expect(outcome.steps == 9 && outcome.stoppedEarly, "\(pieces)")
          #expect(outcome.best?.value == 2.5 && outcome.best?.step == 6)
        }
      }
    }
  }
}
