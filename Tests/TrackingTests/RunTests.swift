import Formats
import Foundation
import Messages
import Reports
import TestSupport
import Testing

@testable import Tracking

@Suite struct RunTests {
  static let configuration = RunConfiguration(
    recipe: "gan-single-loss", seed: .max, settings: ["batch": 64, "data": nil, "rate": 0.1],
    versions: ["danlu": "0.1.0"], created: Date(timeIntervalSince1970: 1_700_000_000))

  /// Seconds pass one by one, so that two runs write the same times.
  final class Clock {
    var now = 1_700_000_000.0
    func read() -> Double {
      now += 1
      return now
    }
  }

  func log(_ run: Run, _ steps: ClosedRange<Int>) throws {
    for step in steps {
      try run.log(["loss": 1 / Double(step), "norm": step == 3 ? .nan : 2], step: step)
      if step % 2 == 0 {
        let image = Image(width: 2, height: 1, color: [UInt8(step)])
        try run.log(image: image, tag: "samples", step: step)
      }
    }
  }

  func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func theFolderIsThatOfTheDesign() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/run"
      let run = try Run.create(Self.configuration, at: path)
      try log(run, 1...4)
      try run.log(text: "诗", tag: "poem/second", step: 4)
      try run.log(histogramOf: [1, 2, 3], tag: "weights", step: 4)
      let claim = Claim(id: "a", statement: "s", measured: 0.5, atMost: 1)
      let summary = try run.finish(steps: 4, metrics: ["fid": 12.5], claims: [claim])
      try run.write(Report(title: "t"))

      #expect(
        try Folder.names(in: path).map { $0.hasPrefix("events.") ? "events" : $0 } == [
          "checkpoints", "claims.json", "config.json", "events", "metrics.jsonl", "report.html",
          "samples",
        ])
      #expect(
        try Folder.names(in: path + "/samples") == [
          "poem-second-000004.txt", "samples-000002.png", "samples-000004.png",
        ])
      let back = RunFolder(path: path)
      #expect(try back.configuration() == Self.configuration)
      #expect(try back.summary() == summary)
      let (records, problems) = try back.metrics()
      #expect(problems.isEmpty && records.map(\.step) == [1, 2, 3, 4])
      #expect(records[2].values["norm"]?.isNaN == true && records[1].values["loss"] == 0.5)
      let events = try EventFile.read(path: try #require(back.eventPaths.first))
      #expect(events.problem == nil && events.events.count == 1 + 4 + 2 + 2)
    }
  }

  @Test func theSummaryIsTheIssuesObject() throws {
    let summary = RunSummary(
      recipe: "r", run: "runs/r", seconds: 1.5, steps: 3, metrics: ["x": .infinity],
      claims: [Claim(id: "a", statement: "s", measured: 2, atLeast: 1)])
    let json = try JSONValue(encoding: summary)
    #expect(json.members?.map(\.key) == ["claims", "metrics", "recipe", "run", "seconds", "steps"])
    #expect(json["metrics"] == ["x": "Infinity"])
    let claim = try #require(json["claims"]?.arrayValue?.first)
    #expect(claim.members?.map(\.key) == ["expected", "holds", "id", "measured", "statement"])
    #expect(claim["measured"]?.doubleValue == 2 && claim["expected"] == "≥ 1")
    #expect(try JSONValue(encoding: json.decoded(as: RunSummary.self)) == json)
  }

  /// Killed after step 5 with torn files, resumed from a checkpoint of step 3: as if never killed.
  @Test func aResumedRunEqualsAnUninterruptedOne() throws {
    try withTemporaryFolder { folder in
      func records(_ path: String) throws -> [String] {
        let metrics = try RunFolder(path: path).metrics()
        #expect(metrics.problems.isEmpty)
        return metrics.records.map { "\($0.step) \($0.values.sorted { $0.key < $1.key })" }
      }
      func events(_ path: String) throws -> [String] {
        let read = try EventFile.read(path: try #require(RunFolder(path: path).eventPaths.first))
        #expect(read.problem == nil)
        return read.events.map { "\($0.step) \($0.content)" }
      }
      let whole = folder + "/whole"
      let torn = folder + "/torn"
      try log(try Run.create(Self.configuration, at: whole, clock: Clock().read), 1...8)
      do {
        let run = try Run.create(Self.configuration, at: torn, clock: Clock().read)
        try log(run, 1...3)
        try run.training().commit(step: 3) { try AtomicFile.write("w", to: $0 + "/w") }
        try log(run, 4...5)
      }
      let killed = RunFolder(path: torn)
      for path in [killed.metricsPath, try #require(killed.eventPaths.first)] {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"step\": 6, \"lo".utf8))
        try file.close()
      }
      try Data().write(to: URL(fileURLWithPath: torn + "/.claims.json.abc.partial"))
      let seconds = try #require(killed.metrics().records.first { $0.step == 3 }?.wall)

      let run = try Run.resume(at: torn, clock: Clock().read)
      #expect(run.configuration == Self.configuration && run.seconds >= seconds)
      #expect(run.seconds < seconds + 10)
      try log(run, 4...8)
      #expect(try records(torn) == records(whole))
      #expect(try events(torn) == events(whole))
      #expect(try contentsOfDirectory(torn + "/samples") == contentsOfDirectory(whole + "/samples"))
      #expect(
        try !FileManager.default.contentsOfDirectory(atPath: torn).contains {
          $0.hasSuffix(".partial")
        })
    }
  }

  func contentsOfDirectory(_ path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try Folder.names(in: path) {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
    }
    return files
  }

  @Test func refusesForeignAndTakenFolders() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("x", to: folder + "/thesis.tex")
      let foreign = message { _ = try Run.create(Self.configuration, at: folder) }
      #expect(foreign == "\(folder): is not empty and not a run; choose a new or an empty folder")
      #expect(try Folder.names(in: folder) == ["thesis.tex"])

      _ = try Run.create(Self.configuration, at: folder + "/run")
      let taken = message { _ = try Run.create(Self.configuration, at: folder + "/run") }
      #expect(taken.contains("already holds a run, which can be resumed"))
      let none = message { _ = try Run.resume(at: folder) }
      #expect(none.contains("is not a run"))
      let file = message { _ = try Run.create(Self.configuration, at: folder + "/thesis.tex") }
      #expect(!file.contains("no error") && !file.contains("\n"))
      let unwritable = message { _ = try Run.create(Self.configuration, at: "/proc/run") }
      #expect(unwritable.hasPrefix("/proc/run: cannot create the folder"))
    }
  }

  @Test func aSecondWriterIsRefused() throws {
    try withTemporaryFolder { folder in
      let run = try Run.create(Self.configuration, at: folder + "/run")
      #expect(throws: FileError.self) { try Run.resume(at: folder + "/run") }
      try run.log(["loss": 1], step: 1)
    }
  }

  @Test func claimsFromMeasurements() {
    #expect(Claim(id: "", statement: "", measured: 0.5, atMost: 0.5).holds)
    #expect(!Claim(id: "", statement: "", measured: .nan, atMost: 0.5).holds)
    #expect(!Claim(id: "", statement: "", measured: .nan, atLeast: 0.5).holds)
    let equal = Claim(id: "", statement: "", measured: 1.01, equals: 1, within: 0.02)
    #expect(equal.holds && equal.expected == "1 ± 0.02" && equal.measuredText == "1.01")
  }
}

@Suite struct RunQueryTests {
  @Test func damagedRunsAreReportedBesideTheOthers() throws {
    try withTemporaryFolder { folder in
      let good = try Run.create(RunTests.configuration, at: folder + "/a-good")
      try good.log(["loss": 1, "first": 5], step: 1)
      try good.log(["loss": 0.5], step: 2)
      try good.training().commit(step: 2) { try AtomicFile.write("w", to: $0 + "/w") }
      try good.finish(steps: 2, metrics: [:], claims: [])
      let half = try Run.create(RunTests.configuration, at: folder + "/b-half")
      try AtomicFile.write("{\"step\":1,\"loss\":2}\ngarbage\n", to: half.folder.metricsPath)
      try Folder.create(folder + "/c-broken")
      try AtomicFile.write("{\"recipe\":", to: folder + "/c-broken/config.json")
      try Folder.create(folder + "/d-no-run")

      let runs = try RunFolder.runs(in: folder).map { $0.overview() }
      #expect(runs.map(\.status) == [.finished, .unfinished, .damaged])
      #expect(runs[0].lastMetrics == ["loss": 0.5, "first": 5] && runs[0].lastStep == 2)
      #expect(runs[0].checkpointStep == 2 && runs[0].problems.isEmpty)
      #expect(runs[1].lastMetrics == ["loss": 2])
      #expect(runs[1].problems == ["\(folder)/b-half/metrics.jsonl: record 2 is damaged"])
      #expect(runs[2].problems == ["\(folder)/c-broken/config.json: damaged: not valid JSON"])
      #expect(throws: FileError.self) { try RunFolder.runs(in: folder + "/nowhere") }
    }
  }

  @Test func aConfigurationThatLacksSomethingSaysWhat() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("{\"recipe\": \"x\"}", to: folder + "/config.json")
      let overview = RunFolder(path: folder).overview()
      #expect(overview.status == .damaged)
      #expect(overview.problems.first?.contains("damaged: it lacks") == true)
    }
  }
}

@Suite struct CheckpointStoreTests {
  struct Stop: Error {}

  @Test func onlyCompleteOnesCount() throws {
    try withTemporaryFolder { folder in
      let store = CheckpointStore(path: folder + "/checkpoints")
      #expect(store.latest() == nil)
      for step in [5, 20, 1_000_000] {
        try store.commit(step: step, note: ["loss": 0.5]) {
          try AtomicFile.write("weights \(step)", to: $0 + "/model.safetensors")
        }
      }
      #expect(store.complete().map(\.step) == [5, 20, 1_000_000])
      #expect(try Folder.names(in: store.path) == ["step-000005", "step-000020", "step-1000000"])
      #expect(store.latest()?.note == ["loss": 0.5])

      try AtomicFile.write("short", to: store.path + "/step-1000000/model.safetensors")
      #expect(store.latest()?.step == 20)
      try FileManager.default.removeItem(atPath: store.path + "/step-000020/manifest.json")
      #expect(store.latest()?.step == 5)
      try AtomicFile.write("{\"step\":5}", to: store.path + "/step-000005/manifest.json")
      #expect(store.latest() == nil)
    }
  }

  @Test func damagedOnesArePassedOver() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      var run: Run? = try Run.create(RunTests.configuration, at: path)
      let store = RunFolder(path: path).checkpoints()
      for step in [1, 2, 3, 4] {
        try run?.log(["loss": 1], step: step)
        try run?.training().commit(step: step) {
          try AtomicFile.write("weights \(step)", to: $0 + "/w")
        }
      }
      run = nil
      // The same size with another byte, and a file cut short.
      try AtomicFile.write("weightz 3", to: store.path + "/step-000003/w")
      try AtomicFile.write("weig", to: store.path + "/step-000004/w")
      let (checkpoint, problems) = store.latestIntact()
      #expect(checkpoint?.step == 2 && problems.count == 2)
      #expect(problems.first?.contains("step-000004/w: has 4 bytes, 9 were written") == true)
      #expect(problems.last?.contains("step-000003/w: is not what was written") == true)

      let resumed = try Run.resume(at: path)
      #expect(resumed.problems == problems)
      #expect(store.complete().map(\.step) == [1, 2])
      // Records are cut when the next one comes: a training that refuses to go on leaves them.
      #expect(try resumed.folder.metrics().records.map(\.step) == [1, 2, 3, 4])
      try resumed.log(["loss": 1], step: 3)
      #expect(try resumed.folder.metrics().records.map(\.step) == [1, 2, 3])
    }
  }

  @Test func aFailureLeavesTheOldOne() throws {
    try withTemporaryFolder { folder in
      let store = CheckpointStore(path: folder)
      try store.commit(step: 1) { try AtomicFile.write("old", to: $0 + "/w") }
      #expect(throws: Stop.self) {
        try store.commit(step: 1) {
          try AtomicFile.write("new", to: $0 + "/w")
          throw Stop()
        }
      }
      let kept = try #require(store.latest())
      #expect(try String(contentsOfFile: kept.path + "/w", encoding: .utf8) == "old")
      try store.commit(step: 1) { try AtomicFile.write("newer", to: $0 + "/w") }
      #expect(try String(contentsOfFile: kept.path + "/w", encoding: .utf8) == "newer")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["step-000001"])
      try store.remove(kept)
      #expect(store.complete().isEmpty)
    }
  }
}
