import Formats
import Foundation
import Messages
import TestSupport
import Testing
import Tracking

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct UsageTests {
  /// Expects exit status 2 and the explanation.
  func expectUsage(_ command: Command, _ explanation: String) throws {
    let outcome = try command.run()
    #expect(outcome.status == 2, "\(command.arguments)")
    #expect(outcome.errors.contains(explanation), "\(outcome.errors)")
    #expect(outcome.output.isEmpty, "\(command.arguments)")
  }

  @Test func helpNeedsNoLibtorch() throws {
    for arguments in [
      ["--help"], ["run", "-h"], ["recipes", "--help"], ["verify", "-h"], ["doctor", "-h"],
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(binary))
      process.arguments = arguments
      process.environment = ["DANLU_TORCH": "/nowhere"]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 && text.contains("USAGE"))
      if arguments.count > 1 { #expect(text.contains("Examples:"), "\(arguments)") }
    }
  }

  @Test func wrongUsageIsStatus2AndExplained() throws {
    try expectUsage(Command("run"), "a recipe's name is missing; 'danlu recipes' lists them")
    try expectUsage(
      Command("run", "det-epx"), "there is no recipe 'det-epx'; did you mean 'det-exp'?")
    try expectUsage(Command("recipes", "smothing"), "did you mean 'smoothing'?")
    try expectUsage(Command("verify", "det-exp", "dropuot"), "did you mean 'dropout'?")
    try expectUsage(Command("run", "dropout", "--stpes", "3"), "Unknown option '--stpes'")
    try expectUsage(Command("rnu", "dropout"), "rnu")
    try expectUsage(
      Command("run", "dropout", "--set", "ratee=0.5"),
      "dropout has no setting 'ratee'; did you mean 'rate'?")
    try expectUsage(
      Command("run", "dropout", "--set", "rate=often"),
      "setting rate expects a number, received 'often'")
    try expectUsage(
      Command("run", "dropout", "--set", "rate"), "--set expects key=value, received 'rate'")
    try expectUsage(
      Command("run", "dropout", "--steps", "0"), "--steps expects a number from 1, received 0")
    try expectUsage(Command("run", "dropout", "--batch", "-3"), "--batch")
    try expectUsage(Command("run", "dropout", "--steps", "many"), "many")
    try expectUsage(Command("run", "dropout", "--precision", "fp8"), "one of auto, fp32, bf16")
    try expectUsage(
      Command("run", "--resume", "x", "--seed", "3", "--set", "rate=0.5"),
      "--seed, --set cannot be changed")
  }

  @Test func recipesAreListedAsTextAndJSON() throws {
    let text = try Command("recipes").run()
    #expect(text.status == 0 && text.output.contains("det-exp") && text.errors.isEmpty)
    let list = try Command("recipes", "--json").run().json()
    let names = try #require(list.arrayValue).compactMap { $0["name"]?.stringValue }
    #expect(names.contains("dropout") && Set(names).count == names.count)
    let one = try Command("recipes", "dropout").run()
    #expect(
      one.output.contains("rate=0.6") && one.output.contains("https://kexue.fm/archives/4521"))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
  func anAnswerThatCannotBeWrittenIsAFailure() throws {
    for arguments in [["recipes", "--json"], ["recipes"], ["doctor", "--json"]] {
      var command = Command(arguments[0])
      if arguments.count > 1 { command = Command(arguments[0], arguments[1]) }
      command.redirection = "> /dev/full"
      let outcome = try command.run()
      #expect(outcome.status == 1, "\(arguments)")
      #expect(
        outcome.lastError == "danlu: cannot write to standard output: No space left on device")
    }
  }

  @Test func doctorAnswersInJSON() throws {
    let outcome = try Command("doctor", "--json").run()
    #expect(outcome.status == 0 || outcome.status == 1)
    #expect(try outcome.json().members?.isEmpty == false)
  }
}

@Suite(.enabled(if: hasBinary, binaryReason), .enabled(if: hasTorch, torchReason), .serialized)
struct RunCommandTests {
  /// Expects exit status 1 and one line that says so.
  func expectFailure(_ outcome: Command.Outcome, _ explanation: String) {
    #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome)")
    let complaints = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("danlu: ") }
    #expect(complaints.count == 1 && outcome.lastError.contains(explanation), "\(outcome.errors)")
  }

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

  @Test func verifyPrintsTables() throws {
    let outcome = try Command("verify", "dropout", "det-exp", "--json").run()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let summaries = try #require(try outcome.json().arrayValue)
    #expect(summaries.compactMap { $0["recipe"]?.stringValue } == ["dropout", "det-exp"])
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
      expectFailure(
        try Command("run", "dropout", "--out", folder + "/new", "--set", "rate=2").run(),
        "setting rate expects a number between 0 and 1, received 2")
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
      let outcome = try gan(path).run { _ in (run.overview().lastStep ?? 0) > 20 }
      expectInterruption(outcome, path)
      let step = try #require(run.checkpoints().latest()?.step)
      #expect(step > 20 && step < 400)

      // The same run, but its configuration asks for another network.
      let text = try String(contentsOfFile: run.configurationPath, encoding: .utf8)
      #expect(text.contains("\"width\" : 8"))
      let other = text.replacingOccurrences(of: "\"width\" : 8", with: "\"width\" : 16")
      try AtomicFile.write(other, to: run.configurationPath)
      expectFailure(
        try Command("run", "--resume", path).run(), "cannot continue from \(path)/checkpoints/step-"
      )
      try AtomicFile.write(text, to: run.configurationPath)

      let again = try Command("run", "--resume", path).run { errors in
        errors.contains("continuing after step \(step)")
          && (run.overview().lastStep ?? 0) >= (step + 19) / 10 * 10
      }
      expectInterruption(again, path)
      #expect(try #require(run.checkpoints().latest()?.step) > step)

      // A damaged checkpoint is passed over and said so.
      let weights = try #require(run.checkpoints().latest()?.path) + "/generator.safetensors"
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
