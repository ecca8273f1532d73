import Formats
import Foundation
import Parallel
import TestSupport
import Testing
import Torch

@testable import FineTuning

@Suite(.enabled(if: hasTorch, torchReason)) struct FineTuningTests {
  /// Each task learns its toy, and the folder says what the model in memory said.
  @Test(arguments: FineTuningTask.allCases) func learnsAToy(task: FineTuningTask) throws {
    try withTemporaryFolder { folder in
      let data = "\(folder)/\(toyName(task))"
      try write(toyData(task, count: 160), to: data)
      var options = toy(task, data)
      options.epochs = task == .generate ? 16 : 6
      let session = try FineTuningSession.begin(options, at: folder + "/run")
      let outcome = try session.train()
      let score = try #require(outcome.scores?.figures.first)
      #expect(score.name == task.mainFigure && score.value > 0.9, "\(task) \(score)")

      let saved = FineTunedFolder(path: folder + "/run")
      let (model, tokenizer) = try saved.load()
      let items = try TextFiles.read(data, for: task, isLabeled: true)
      let predictions = try Predictor(model, tokenizer).predict(items).predictions
      let scores = TaskScores(task, items, predictions)
      #expect(scores.figures[0].value > 0.9)
      let line = predictions[0].json(items[0], task: task, labels: model.settings.labels)
      #expect(line["id"] == "1" && (line.members?.count ?? 0) > 1)
      #expect(
        message { _ = try FineTuningSession.resume(at: folder + "/run") }.contains("finished"))
      #expect(
        message { _ = try FineTuningSession.begin(options, at: folder + "/run") }.contains(
          "resume it"))
    }
  }

  /// Interrupted before the first update and resumed, training comes to the same weights.
  @Test func resumesToTheSameModel() throws {
    try withTemporaryFolder { folder in
      let data = folder + "/toy.tsv"
      try write(toyData(.classify, count: 64), to: data)
      var options = toy(.classify, data)
      options.epochs = 2
      options.newModel.dropout = 0.1
      _ = try FineTuningSession.begin(options, at: folder + "/whole").train()
      do {
        let interrupted = try FineTuningSession.begin(options, at: folder + "/part")
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: Cancelled.self) {
          _ = try interrupted.train(Work(cancellation: cancellation))
        }
      }
      #expect(
        message { _ = try FineTunedFolder(path: folder + "/part").load() }.contains(
          "can be resumed"))
      _ = try FineTuningSession.resume(at: folder + "/part").train()
      let weights = try ["whole", "part"].map {
        try contents("\(folder)/\($0)/model.safetensors")
      }
      #expect(weights[0] == weights[1])
    }
  }

  @Test func everyRegularizationTrains() throws {
    try withTemporaryFolder { folder in
      let data = folder + "/toy.tsv"
      try write(toyData(.classify, count: 48), to: data)
      var options = toy(.classify, data)
      options.epochs = 2
      options.newModel.dropout = 0.1
      options.fastGradient = 0.5
      options.gradientPenalty = 0.1
      options.virtualAdversarial = 0.5
      options.rDrop = 1
      options.average = 0.9
      options.balancesClasses = true
      let session = try FineTuningSession.begin(options, at: folder + "/run")
      let outcome = try session.train()
      #expect(outcome.training.steps == 6)
      let (model, _) = try FineTunedFolder(path: folder + "/run").load()
      #expect(model.settings.labels == ["cold", "warm"])
    }
  }

  @Test func optionsThatCannotBe() throws {
    func problem(_ task: FineTuningTask, _ change: (inout FineTuningOptions) -> Void) -> String {
      var options = toy(task, "none.tsv")
      change(&options)
      return message { try options.check() }
    }
    #expect(problem(.tag) { $0.rDrop = 4 }.contains("classify and pair"))
    #expect(
      problem(.classify) {
        $0.newModel.hiddenSize = 30
        $0.newModel.heads = 4
      }.contains("divided"))
    #expect(problem(.classify) { $0.epochs = 0 }.contains("epochs"))
    #expect(problem(.classify) { $0.validationShare = 1 }.contains("validationShare"))
    #expect(problem(.classify) { _ in } == "no error")
  }

  @Test func foldersThatAreNoRuns() throws {
    try withTemporaryFolder { folder in
      #expect(
        message { _ = try FineTunedFolder(path: folder).load() }.contains("no fine-tuning.json"))
      #expect(
        message { _ = try FineTuningSession.resume(at: folder) }.contains("no run of"))
    }
  }
}
