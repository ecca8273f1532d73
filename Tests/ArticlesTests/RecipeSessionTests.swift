import Formats
import Foundation
import Parallel
import TestSupport
import Testing
import Torch
import Tracking
import Training

@testable import Articles
@testable import Recipes

extension SerialTests {
  /// Runs recipes with their defaults at seed 0, as `danlu verify` does.
  @Suite(.enabled(if: hasTorch, torchReason)) struct ClaimTests {
    func check(_ recipe: any Recipe.Type) throws {
      try withTemporaryFolder { folder in
        let session = try RecipeSession.begin(
          recipe, options: RecipeOptions(device: "cpu"), assignments: [], at: folder + "/run")
        let summary = try session.run(progress: SilentProgress(), cancellation: Cancellation())
        #expect(!summary.claims.isEmpty)
        #expect(Set(summary.claims.map(\.id)).count == summary.claims.count)
        // Times hang on what else the machine does; Benchmarks/ measures them.
        for claim in summary.claims where !claim.id.hasPrefix("time") {
          #expect(
            claim.holds,
            "\(recipe.card.name) \(claim.id): \(claim.measuredText), expected \(claim.expected)")
        }
        let run = RunFolder(path: folder + "/run")
        #expect(try JSONValue(encoding: run.summary()) == JSONValue(encoding: summary))
        let report = try String(contentsOfFile: run.reportPath, encoding: .utf8)
        for claim in summary.claims { #expect(report.contains(claim.expected)) }
      }
    }

    @Test(arguments: ["det-exp", "initialization", "smoothing", "dropout", "infomap"])
    func smallRecipesHold(_ name: String) throws {
      try check(try RecipeBook.recipe(named: name))
    }

    @Test(.tags(.slow), .enabled(if: runsSlowTests, slowReason))
    func allRecipesHold() throws {
      for recipe in RecipeBook.all { try check(recipe) }
    }
  }

  /// What the session itself does, with a recipe that trains nothing.
  @Suite struct SessionTests {
    /// Logs as many steps as asked, checkpointing each; fails or is interrupted on demand.
    enum Walk: Recipe {
      static let card = RecipeCard(
        name: "det-exp", title: "t", summary: "s.", date: "2020-01-01", archive: 1,
        needsTorch: false, data: "none", duration: "1 s",
        settings: [Setting("failAt", .integer(-1), help: "h")])

      static func run(_ context: RecipeContext) throws -> RecipeResult {
        let store = context.run.folder.checkpoints
        let first = store.latest()?.step ?? 0
        let failure = context.settings.integer("failAt")
        if failure == 0 { throw RecipeError("no data") }
        for step in (first + 1)...context.steps(4) {
          try context.cancellation.check()
          if step == failure { throw RecipeError("failed at \(step)") }
          try context.run.log(["loss": Double(step)], step: step)
          try store.commit(step: step) { try AtomicFile.write("w", to: $0 + "/w") }
        }
        return RecipeResult(steps: context.steps(4), claims: [])
      }
    }

    func begin(_ path: String, _ assignments: [String] = []) throws -> RecipeSession {
      try RecipeSession.begin(
        Walk.self, options: RecipeOptions(steps: 6), assignments: assignments, at: path)
    }

    @Test func aNewRunThatFailsAtOnceLeavesNothing() throws {
      try withTemporaryFolder { folder in
        func fails(_ path: String, at step: Int) throws -> String {
          let session = try begin(path, ["failAt=\(step)"])
          return message {
            _ = try session.run(progress: SilentProgress(), cancellation: Cancellation())
          }
        }
        #expect(try fails(folder + "/new", at: 0) == "no data")
        #expect(!FileManager.default.fileExists(atPath: folder + "/new"))
        try Folder.create(folder + "/empty")
        #expect(try fails(folder + "/empty", at: 0) == "no data")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/empty").isEmpty)
        #expect(try fails(folder + "/late", at: 3) == "failed at 3")
        #expect(try RunFolder(path: folder + "/late").metrics().records.count == 2)
      }
    }

    @Test func badOptionsMakeNoFolder() throws {
      try withTemporaryFolder { folder in
        #expect(message { _ = try begin(folder + "/x", ["failat=1"]) }.contains("'failAt'"))
        #expect(
          message {
            _ = try RecipeSession.begin(
              Walk.self, options: RecipeOptions(precision: "fp8"), assignments: [],
              at: folder + "/x")
          }.contains("unknown precision 'fp8'"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/x"))
      }
    }

    @Test func foldersThatCannotBeResumed() throws {
      try withTemporaryFolder { folder in
        func refusal(_ path: String, _ name: String? = nil) -> String {
          message {
            _ = try RecipeSession.resume(
              at: path, expecting: name, find: RecipeBook.recipe(named:))
          }
        }
        #expect(refusal(folder).contains("is not a run: it has no config.json"))
        #expect(refusal(folder + "/nowhere").contains("is not a run"))
        _ = try begin(folder + "/run")
        #expect(
          refusal(folder + "/run", "dropout") == "\(folder)/run is a run of det-exp, not of dropout"
        )
        try AtomicFile.write("{\"recipe\":", to: folder + "/run/config.json")
        #expect(refusal(folder + "/run").contains("config.json: damaged"))
        try AtomicFile.write(
          "{\"recipe\":\"nope\",\"seed\":0,\"settings\":{},\"versions\":{},\"created\":\"\"}",
          to: folder + "/run/config.json")
        #expect(refusal(folder + "/run").contains("there is no recipe 'nope'"))
        try AtomicFile.write(
          "{\"recipe\":\"det-exp\",\"seed\":0,\"settings\":{},\"versions\":{},\"created\":\"\"}",
          to: folder + "/run/config.json")
        if hasTorch { #expect(refusal(folder + "/run").contains("holds no options of a recipe")) }
      }
    }

    /// The run's lock ends with this function.
    func finish(_ path: String) throws -> RunSummary {
      try RecipeSession.resume(
        at: path, expecting: "smoothing", find: RecipeBook.recipe(named:)
      )
      .run(progress: SilentProgress(), cancellation: Cancellation())
    }

    @Test(.enabled(if: hasTorch, torchReason))
    func anInterruptedRecipeIsResumedWithItsOptions() throws {
      try withTemporaryFolder { folder in
        let path = folder + "/run"
        let cancelled = Cancellation()
        cancelled.cancel()
        do {
          let session = try RecipeSession.begin(
            Smoothing.self, options: RecipeOptions(seed: 3, device: "cpu"),
            assignments: ["points=500"], at: path)
          #expect(throws: Cancelled.self) {
            try session.run(progress: SilentProgress(), cancellation: cancelled)
          }
        }
        #expect(RecipeSession.finishedSummary(at: path) == nil)
        let resumed = try finish(path)
        let whole = try RecipeSession.begin(
          Smoothing.self, options: RecipeOptions(seed: 3, device: "cpu"),
          assignments: ["points=500"], at: folder + "/whole"
        ).run(progress: SilentProgress(), cancellation: Cancellation())
        #expect(resumed.metrics == whole.metrics && resumed.claims == whole.claims)
        let told = try #require(RecipeSession.finishedSummary(at: path))
        #expect(try JSONValue(encoding: told) == JSONValue(encoding: resumed))
        try FileManager.default.moveItem(atPath: path, toPath: folder + "/moved")
        #expect(RecipeSession.finishedSummary(at: folder + "/moved")?.run == folder + "/moved")
      }
    }
  }
}
