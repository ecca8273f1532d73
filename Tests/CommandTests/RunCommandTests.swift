import Formats
import Foundation
import Messages
import TestSupport
import Testing
import Tracking

@Suite(.enabled(if: hasBinary, binaryReason), .enabled(if: hasTorch, torchReason), .serialized)
struct RunCommandTests {
  @Test func aRunPrintsItsSummaryAndLeavesItsFolder() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let outcome = try Command("run", "dropout", "--out", path, "--json", "--seed", "1").run()
      #expect(outcome.status == 0, "\(outcome.errors)")
      let summary = try outcome.json()
      #expect(summary["recipe"]?.stringValue == "dropout" && summary["run"]?.stringValue == path)
      #expect(summary["seconds"]?.doubleValue != nil && summary["steps"]?.integerValue != nil)
      #expect(summary["metrics"]?.members?.isEmpty == false)
      let claims = try #require(summary["claims"]?.arrayValue)
      for claim in claims {
        #expect(
          claim.members?.map(\.key).sorted() == [
            "expected", "holds", "id", "measured", "statement",
          ])
      }
      let written = try JSONValue(
        parsing: Array(Data(contentsOf: URL(fileURLWithPath: path + "/claims.json"))))
      #expect(try written == JSONValue(parsing: outcome.output))
      #expect(FileManager.default.fileExists(atPath: path + "/report.html"))

      // A finished run is not run again: its summary comes back.
      let again = try Command("run", "--resume", path, "--json").run()
      #expect(again.status == 0 && again.errors.contains("\(path) is finished"))
      #expect(try again.json() == summary)
      let text = try Command("run", "--resume", path).run()
      #expect(text.status == 0 && text.output.contains("claims hold"))

      expectFailure(
        try Command("run", "dropout", "--out", path).run(),
        "already holds a run; continue it by --resume")
      expectFailure(
        try Command("run", "det-exp", "--resume", path + "/samples").run(), "is not a run")
      try FileManager.default.removeItem(atPath: path + "/claims.json")
      expectFailure(
        try Command("run", "det-exp", "--resume", path).run(),
        "is a run of dropout, not of det-exp")
    }
  }

  @Test func verifyPrintsTheClaimsOfEachRecipe() throws {
    let outcome = try succeed("verify", "dropout", "det-exp", "--json")
    let summaries = try #require(try outcome.json().arrayValue)
    #expect(summaries.compactMap { $0["recipe"]?.stringValue } == ["dropout", "det-exp"])
    for summary in summaries {
      let claims = try #require(summary["claims"]?.arrayValue)
      #expect(claims.count > 3 && claims.allSatisfy { $0["holds"]?.boolValue == true })
      let folder = try #require(summary["run"]?.stringValue)
      #expect(!FileManager.default.fileExists(atPath: folder), "run folders are removed")
    }
    try withTemporaryFolder { folder in
      let text = try succeed("verify", "dropout", "--out", folder + "/kept")
      let claims = try #require(summaries[0]["claims"]?.arrayValue)
      for claim in claims {
        let statement = try #require(claim["statement"]?.stringValue)
        #expect(text.output.contains("✓ \(statement)\n    expected "))
      }
      #expect(
        text.output.contains(
          "\(claims.count) of \(claims.count) claims hold.  \(folder)/kept/dropout/report.html"))
      #expect(RunFolder(path: folder + "/kept/dropout").isRun)
    }
  }

  @Test func foldersThatCannotBeWritten() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("x", to: folder + "/thesis.tex")
      expectFailure(
        try Command("run", "dropout", "--out", folder).run(),
        "is not empty and not a run; choose a new or an empty folder")
      expectFailure(
        try Command("run", "dropout", "--out", folder + "/thesis.tex/run").run(), "thesis.tex")
      expectFailure(
        try Command("run", "dropout", "--out", "/proc/run").run(), "/proc/run: cannot create")
      #expect(try Folder.names(in: folder) == ["thesis.tex"])
      expectFailure(
        try Command("run", "dropout", "--out", folder + "/new", "--device", "cuda:7").run(), "cuda")
      try expectUsage(
        "run", "dropout", "--out", folder + "/new", "--set", "rate=2",
        says: "setting rate expects a number between 0 and 1, received '2'")
      #expect(try Folder.names(in: folder) == ["thesis.tex"])
      expectFailure(try Command("run", "--resume", folder).run(), "is not a run")
      expectFailure(try Command("run", "--resume", folder + "/nowhere").run(), "is not a run")
    }
  }

  @Test(.enabled(if: SmallDisk.canMount, "mounting a small disk needs root"))
  func aFullDiskIsExplained() throws {
    for kilobytes in [8, 24, 64] {
      try SmallDisk.with(kilobytes: kilobytes) { disk in
        let outcome = try Command("run", "dropout", "--out", disk + "/run").run()
        if outcome.status != 0 { expectFailure(outcome, "No space left on device") }
        if kilobytes == 8 { #expect(outcome.status == 1) }
        let left = try FileManager.default.subpathsOfDirectory(atPath: disk)
        #expect(!left.contains { $0.hasSuffix(".partial") }, "\(left)")
      }
    }
  }

  @Test func anInterruptIsStatus130AndTheRunGoesOn() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = RunFolder(path: path)
      let outcome = try Command("run", "smoothing", "--out", path).run { _ in run.isRun }
      expectInterruption(outcome, path)
      let resumed = try Command("run", "--resume", path, "--json").run()
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(try resumed.json()["recipe"]?.stringValue == "smoothing")
    }
  }

  func expectInterruption(_ outcome: Command.Outcome, _ path: String) {
    #expect(outcome.status == 130 && outcome.output.isEmpty, "\(outcome.errors)")
    #expect(outcome.lastError == "interrupted; continue with: danlu run --resume \(path)")
  }

  /// The smallest GAN that the first recipe trains.
  func gan(_ path: String, _ more: [String] = []) -> Command {
    Command(
      ["run", "gan-single-loss", "--out", path, "--steps", "400", "--batch", "8"]
        + ["--set", "width=8", "--set", "noise=4", "--set", "images=1000", "--device", "cpu"] + more
    )
  }

  @Test func anInterruptedTrainingKeepsItsCheckpoint() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = RunFolder(path: path)
      let checkpoints = run.checkpoints(of: "one-loss-seed-0")
      let outcome = try gan(path).run { _ in (run.overview().lastStep ?? 0) > 20 }
      expectInterruption(outcome, path)
      let step = try #require(checkpoints.latest()?.step)
      #expect(step > 20 && step < 400)

      // The same run, but its configuration asks for another network.
      let text = try text(run.configurationPath)
      let other = text.replacing(/"width" ?: 8/, with: "\"width\": 16")
      #expect(other != text)
      try AtomicFile.write(other, to: run.configurationPath)
      expectFailure(
        try Command("run", "--resume", path).run(), "cannot continue from \(checkpoints.path)/step-"
      )
      try AtomicFile.write(text, to: run.configurationPath)

      let again = try Command("run", "--resume", path).run { errors in
        errors.contains("continuing after step \(step)")
          && (run.overview().lastStep ?? 0) >= (step + 19) / 10 * 10
      }
      expectInterruption(again, path)
      #expect(try #require(checkpoints.latest()?.step) > step)

      // A damaged checkpoint is passed over and said so.
      let weights = try #require(checkpoints.latest()?.path) + "/generator.safetensors"
      try AtomicFile.write("nothing", to: weights)
      let third = try Command("run", "--resume", path).run { $0.contains("continuing after step") }
      expectInterruption(third, path)
      #expect(third.errors.contains("a damaged checkpoint is passed over: \(weights)"))
      #expect(third.errors.contains("continuing after step \(step)"))
    }
  }

  @Test func damagedDataIsExplained() throws {
    try withTemporaryFolder { folder in
      func failure(_ name: String, _ fill: (String) throws -> Void, _ explanation: String) throws {
        let data = folder + "/" + name
        try Folder.create(data)
        try fill(data)
        let outcome = try gan(folder + "/run", ["--data", data]).run()
        expectFailure(outcome, explanation)
        #expect(!FileManager.default.fileExists(atPath: folder + "/run"), "\(name)")
      }
      let header: [UInt8] = [0, 0, 8, 3, 0, 0, 4, 0, 0, 0, 0, 28, 0, 0, 0, 28]
      let picture = Image(
        width: 28, height: 28, channels: 1, pixels: (0..<784).map { UInt8($0 % 251) })
      try failure("empty", { _ in }, "no images: expected IDX, CIFAR (.bin) or PNG files")
      try failure(
        "idx", { try AtomicFile.write(header + [1, 2, 3], to: $0 + "/images-idx3-ubyte") },
        "images-idx3-ubyte")
      try failure(
        "header", { try AtomicFile.write(Array(header[..<9]), to: $0 + "/images-idx3-ubyte") },
        "images-idx3-ubyte")
      try failure(
        "png",
        { path in
          try picture.writePNG(to: path + "/a.png")
          let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/a.png")))
          try AtomicFile.write(Array(bytes[..<(bytes.count / 2)]), to: path + "/a.png")
        }, "a.png")
      try failure(
        "few", { try picture.writePNG(to: $0 + "/a.png") }, "1 images are too few for batches of 8")
      expectFailure(
        try gan(folder + "/run", ["--data", folder + "/nowhere"]).run(), "nowhere: no such folder")
      #expect(!FileManager.default.fileExists(atPath: folder + "/run"))
    }
  }
}

/// A file system of a given size in memory.
enum SmallDisk {
  static let canMount: Bool = (try? with(kilobytes: 64) { _ in true }) ?? false

  static func with<Result>(kilobytes: Int, _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      guard try shell("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder) == 0
      else {
        throw FileError(path: folder, reason: "cannot mount")
      }
      defer { _ = try? shell("umount", folder) }
      return try body(folder)
    }
  }

  private static func shell(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
