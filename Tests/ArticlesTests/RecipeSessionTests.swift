import Formats
import Foundation
import Parallel
import Synchronization
import TestSupport
import Testing
import Tracking

@testable import Articles
@testable import Recipes

extension SerialTests {
  /// Runs recipes with their defaults at seed 0, as `danlu verify` does.
  @Suite(.enabled(if: hasTorch, torchReason)) struct ClaimTests {
    func check(_ article: any Article.Type, _ settings: KeyValuePairs<String, String> = [:]) throws
    {
      try withTemporaryFolder { folder in
        let session = try RecipeSession.begin(
          article, options: RecipeOptions(device: "cpu"),
          settings: settings.map { ($0.key, $0.value) }, at: folder + "/run")
        let summary = try session.run()
        #expect(!summary.claims.isEmpty)
        #expect(Set(summary.claims.map(\.id)).count == summary.claims.count)
        if settings.isEmpty {
          // Times hang on what else the machine does; Benchmarks/ measures them.
          for claim in summary.claims where !claim.id.hasPrefix("time") {
            #expect(
              claim.holds,
              "\(article.card.name) \(claim.id): \(claim.measuredText), expected \(claim.expected)")
          }
        }
        let run = RunFolder(path: folder + "/run")
        #expect(try JSONValue(encoding: run.summary()) == JSONValue(encoding: summary))
        let report = try String(contentsOfFile: run.reportPath, encoding: .utf8)
        for claim in summary.claims { #expect(report.contains(claim.expected)) }
      }
    }

    @Test(.tags(.slow), .enabled(if: runsSlowTests, slowReason))
    func allArticlesHold() throws {
      for article in ArticleBook.all { try check(article) }
    }

    /// Those that take a second, and hold.
    @Test(arguments: [
      "dropout", "initialization", "layer-reuse", "det-exp", "custom-optimizers",
    ])
    func quickArticlesHold(_ name: String) throws {
      try check(ArticleBook.article(named: name))
    }

    @Test func theArticlesOnKnowledgeRunSmall() throws {
      try check(TriplesArticle.self, ["people": "300", "questions": "60"])
      try check(ZhidaoArticle.self, ["questions": "1500", "tried": "60"])
      try check(DataMiningArticle.self, ["sentences": "400", "characters": "3000"])
    }

    @Test func theArticleOnSmoothingRunsSmall() throws {
      try check(SmoothingArticle.self, ["points": "200", "share": "0.2"])
    }

    /// Also where no classifier gets a whole batch.
    @Test(arguments: ["4", "640"])
    func theArticleOnDerivedOptimizersRunsSmall(_ examples: String) throws {
      try check(DerivedOptimizersArticle.self, ["examples": examples])
    }

    @Test func theArticleOnReadingRunsSmall() throws {
      try check(
        ReadingComprehensionArticle.self,
        [
          "steps": "5", "questions": "20", "hidden-size": "16", "layers": "1", "heads": "2",
          "batch": "4",
        ])
    }

    @Test func theArticleOnTablesRunsSmall() throws {
      try check(
        NL2SQLArticle.self,
        [
          "steps": "3", "additive-steps": "2", "questions": "20", "hidden-size": "16",
          "layers": "1", "heads": "2", "batch": "4",
        ])
    }

    /// The articles of generative models, small: all claims are measured, though too little is learned.
    @Test(arguments: [
      ("gan-qp", ["point-steps": "2", "gap-steps": "2", "width": "8"]),
      ("wgan-div", ["point-steps": "2", "width": "8"]),
      ("cascading-rejection", ["point-steps": "2", "width": "8"]), ("o-gan", ["width": "8"]),
      ("bigan-qp", ["width": "8"]),
      ("glann", ["images": "256", "epochs": "1", "matching-epochs": "4", "width": "8"]),
      ("vae-infomax", ["width": "8"]),
      ("i-resnet", ["width": "8", "blocks": "2", "image-steps": "2"]),
      ("denoising-density", ["width": "8", "generator-steps": "2"]),
      ("denoising-score", ["width": "8", "walk": "10"]),
    ])
    func theGenerativeArticlesRunSmall(_ name: String, _ settings: [String: String]) throws {
      try withTemporaryFolder { folder in
        var settings = settings
        settings["batch"] = "16"
        if name != "glann" { settings["steps"] = "4" }
        if !name.hasPrefix("denoising"), name != "i-resnet", name != "glann" {
          settings["images"] = "1000"
        }
        let session = try RecipeSession.begin(
          ArticleBook.article(named: name), options: RecipeOptions(device: "cpu"),
          settings: settings.map { ($0.key, $0.value) }, at: folder + "/run")
        let summary = try session.run()
        #expect(summary.claims.count >= 6 - (name == "glann" || name == "bigan-qp" ? 2 : 0))
        #expect(Set(summary.claims.map(\.id)).count == summary.claims.count)
        #expect(
          summary.metrics.count >= 5
            && summary.metrics.values.allSatisfy { $0.doubleValue?.isFinite == true })
      }
    }

    /// Every loss and mode, small: all claims are measured, though too little is learned for them.
    @Test(arguments: ["one-loss", "split", "alternating"])
    func theOneLossArticleRunsSmall(_ mode: String) throws {
      try check(
        GANSingleLossArticle.self,
        [
          "steps": "4", "images": "1000", "width": "8", "noise": "4", "repeats": "2",
          "batch": "16", "mode": mode,
        ])
    }
  }

  /// What the session itself does, with an article of the tests.
  @Suite struct SessionTests {
    func begin(
      _ path: String, _ settings: KeyValuePairs<String, String> = [:],
      options: RecipeOptions = RecipeOptions(seed: 3, device: "cpu")
    ) throws -> RecipeSession {
      try RecipeSession.begin(
        LinearFitArticle.self, options: options, settings: settings.map { ($0.key, $0.value) },
        at: path)
    }

    @Test(.enabled(if: hasTorch, torchReason))
    func theArticleOfTheGuideHolds() throws {
      try withTemporaryFolder { folder in
        let summary = try begin(folder + "/run").run()
        #expect(summary.claims.map(\.id) == ["sgd", "adam"] && summary.holds)
        #expect(summary.steps == 400 && Set(summary.metrics.keys) == ["slope/sgd", "slope/adam"])
        let run = RunFolder(path: folder + "/run")
        #expect(run.trainings == [nil, "sgd", "adam"] || run.trainings == ["sgd", "adam", nil])
        let names = Set(try run.metrics().records.flatMap(\.values.keys))
        #expect(
          names
            == [
              "sgd/loss", "sgd/gradientNorm", "sgd/learningRate", "adam/loss",
              "adam/gradientNorm", "adam/learningRate",
            ])
      }
    }

    @Test(.enabled(if: hasTorch, torchReason))
    func aNewRunThatFailsAtOnceLeavesNothing() throws {
      try withTemporaryFolder { folder in
        let missing = RecipeOptions(data: folder + "/none", device: "cpu")
        func fails(_ path: String) throws -> String {
          let session = try RecipeSession.begin(
            GANSingleLossArticle.self, options: missing, settings: [], at: path)
          return message { _ = try session.run() }
        }
        #expect(try fails(folder + "/new").contains(folder + "/none"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
        try Folder.create(folder + "/empty")
        #expect(try fails(folder + "/empty").contains(folder + "/none"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/empty").isEmpty)
        #expect(
          message { _ = try begin(folder + "/late", ["failing": "true"]).run() }
            == "failed in between")
        #expect(try RunFolder(path: folder + "/late").metrics().records.count == 20)
      }
    }

    @Test func badOptionsMakeNoFolder() throws {
      try withTemporaryFolder { folder in
        func refusal(_ options: RecipeOptions, _ settings: KeyValuePairs<String, String> = [:])
          -> String
        { message { _ = try begin(folder + "/x", settings, options: options) } }
        #expect(refusal(RecipeOptions(), ["stesp": "1"]).contains("did you mean 'steps'"))
        #expect(
          refusal(RecipeOptions(precision: "fp8"))
            == "precision expects one of auto, fp32, bf16, received 'fp8'")
        #expect(
          refusal(RecipeOptions(data: "x"))
            == "data is not taken by linear-fit, which runs on points of a line, drawn from the seed"
        )
        #expect(!FileManager.default.fileExists(atPath: folder + "/x"))
      }
    }

    @Test func foldersThatCannotBeResumed() throws {
      try withTemporaryFolder { folder in
        #expect(
          message { _ = try RecipeSession.recipeName(at: folder) }
            .contains("is not a run: it has no config.json"))
        func refusal(_ configuration: String) throws -> String {
          try AtomicFile.write(configuration, to: folder + "/config.json")
          return message {
            _ = try RecipeSession.recipeName(at: folder)
            _ = try RecipeSession.resume(LinearFitArticle.self, at: folder)
          }
        }
        let damaged = try refusal("{\"recipe\":")
        #expect(damaged.contains("config.json: damaged"))
        #expect(
          try refusal(
            "{\"recipe\":\"linear-fit\",\"seed\":0,\"settings\":{},\"versions\":{},\"created\":\"\"}"
          ).contains("holds no options of a recipe"))
      }
    }

    /// The run's lock ends with this function.
    func resumed(_ path: String) throws -> RunSummary {
      try RecipeSession.resume(LinearFitArticle.self, at: path).run()
    }

    /// Stops when the named training has begun and `steps` steps have been reported.
    final class Stop: ProgressReporter {
      let cancellation = Cancellation()
      let phase: String
      let left: Mutex<Int>
      let isOpen = Mutex(false)

      init(_ phase: String, after steps: Int) {
        self.phase = phase
        left = Mutex(steps)
      }

      func begin(_ phase: String, total: Int?, unit: String) {
        isOpen.withLock { $0 = phase == self.phase }
      }
      func advance(by amount: Int, note: String?) {
        guard isOpen.withLock({ $0 }) else { return }
        left.withLock { left in
          left -= amount
          if left <= 0 { cancellation.cancel() }
        }
      }
      func end() {}
    }

    @Test(
      .enabled(if: hasTorch, torchReason),
      arguments: [
        ("training sgd", 1), ("training sgd", 73), ("training adam", 1), ("training adam", 130),
      ])
    func eachNamedTrainingIsResumed(_ phase: String, _ steps: Int) throws {
      try withTemporaryFolder { folder in
        let path = folder + "/run"
        let stop = Stop(phase, after: steps)
        do {
          let session = try begin(path, ["rate": "0.05"])
          #expect(throws: Cancelled.self) {
            try session.run(Work(progress: stop, cancellation: stop.cancellation))
          }
        }
        #expect(RecipeSession.finishedSummary(at: path) == nil)
        let again = try resumed(path)
        let whole = try begin(folder + "/whole", ["rate": "0.05"]).run()
        #expect(again.metrics == whole.metrics && again.claims == whole.claims)
        #expect(again.steps == whole.steps)
        func records(_ path: String) throws -> [[String: Double]] {
          try RunFolder(path: path).metrics().records.map {
            $0.values.merging(["step": Double($0.step)]) { first, _ in first }
          }
        }
        #expect(try records(path) == records(folder + "/whole"))
        for name in ["sgd", "adam"] {
          func weights(_ path: String) throws -> [UInt8] {
            let store = RunFolder(path: path).checkpoints(of: name)
            return try contents(try #require(store.latest()).path + "/model.safetensors")
          }
          #expect(try weights(path) == weights(folder + "/whole"))
        }
        let told = try #require(RecipeSession.finishedSummary(at: path))
        #expect(try JSONValue(encoding: told) == JSONValue(encoding: again))
        try FileManager.default.moveItem(atPath: path, toPath: folder + "/moved")
        #expect(RecipeSession.finishedSummary(at: folder + "/moved")?.run == folder + "/moved")
      }
    }
  }
}
