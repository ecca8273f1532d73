import Foundation
import Testing

@testable import Formats
@testable import Messages
@testable import Recipes
@testable import Site

@Suite struct QueueTests {
  private static func folder() throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/queue-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private static func program(_ folder: String, _ text: String) throws -> String {
    let path = folder + "/danlu"
    try ("#!/bin/sh\n" + text).write(toFile: path, atomically: true, encoding: .utf8)
    chmod(path, 0o755)
    return path
  }

  private static func queue(_ folder: String, _ program: String?) -> RunQueue {
    RunQueue(RunLibrary(folder: folder), program: program) { _ in }
  }

  /// Waits until `path` holds `text`.
  private func wait(_ path: String, for text: String) async throws -> String {
    var found = ""
    for _ in 0..<200 {
      found = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      if found.contains(text) { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(found.contains(text), "\(path): \(found)")
    return found
  }

  #if os(Linux)
    @Test func aRunHearsSignalsAndHasNothingOfTheSitesOpen() async throws {
      let folder = try Self.folder()
      let program = try Self.program(
        folder, "ls /proc/self/fd | tr '\\n' ' '; grep SigIgn /proc/self/status; echo end\n")
      let lock = try #require(try FileLock(folder + "/lock"))
      // What the site does with the signals that stop it.
      let before = signal(SIGINT, SIG_IGN)
      defer { signal(SIGINT, before) }
      let (reading, writing) = (dup(0), dup(1))
      defer { for one in [reading, writing] { close(one) } }
      let log = folder + "/log"
      _ = try RunProgram(path: program).start([], log: log, lock: lock)
      let text = try await wait(log, for: "end")
      // ls has its own of the folder beside those four.
      #expect(text.hasPrefix("0 1 2 3 4 "), "\(text)")
      #expect(!text.hasPrefix("0 1 2 3 4 5"), "\(text)")
      let ignored = try #require(text.firstMatch(of: /SigIgn:\s*([0-9a-f]+)/)?.1)
      let mask = try #require(UInt64(ignored, radix: 16))
      #expect(mask & (1 << (UInt64(SIGINT) - 1)) == 0)
    }
  #endif

  @Test func aRunHoldsItsLockAsLongAsItLives() async throws {
    let folder = try Self.folder()
    let program = try Self.program(folder, "echo begun; sleep 0.4\n")
    let path = folder + "/lock"
    let runs = RunProgram(path: program)
    do {
      let lock = try #require(try FileLock(path))
      #expect(try FileLock(path) == nil)
      _ = try runs.start([], log: folder + "/log", lock: lock)
    }
    _ = try await wait(folder + "/log", for: "begun")
    #expect(FileLock.isHeld(path))
    for _ in 0..<100 where FileLock.isHeld(path) { try await Task.sleep(for: .milliseconds(20)) }
    #expect(!FileLock.isHeld(path))
  }

  /// A site that was killed after it had written down that it starts a run, and before it did.
  @Test func aRunThatWasAboutToStartIsStarted() async throws {
    let folder = try Self.folder()
    let program = try Self.program(folder, "echo \"started $*\"\n")
    try Folder.create(folder + "/.site")
    let entry =
      #"{"run":"gan-qp-1","recipe":"gan-qp","arguments":["gan-qp","--out","x"]}"#
    try AtomicFile.write(
      #"{"waiting":[],"running":\#(entry),"failed":[]}"#, to: folder + "/.site/queue.json")
    // What it had written by half.
    let half = folder + "/.site/.queue.json.abcdefgh.partial"
    try AtomicFile.write("{", to: half)
    let queue = Self.queue(folder, program)
    #expect(access(half, F_OK) != 0)
    queue.advance()
    _ = try await wait(folder + "/.site/gan-qp-1.log", for: "started run gan-qp --out x")
    for _ in 0..<200 where queue.snapshot.failed.isEmpty {
      queue.advance()
      try await Task.sleep(for: .milliseconds(20))
    }
    // It left no run: it is told once, and not started again.
    #expect(queue.snapshot.failed.map(\.failure) == ["started run gan-qp --out x"])
    #expect(queue.snapshot.pending.isEmpty)
    #expect(access(folder + "/.site/gan-qp-1.lock", F_OK) != 0)
  }

  @Test func oneSiteStartsTheRunsOfAFolder() throws {
    let folder = try Self.folder()
    let program = try Self.program(folder, "exit 0\n")
    let first = Self.queue(folder, program)
    let second = Self.queue(folder, program)
    #expect(throws: Problem.self) {
      try second.start(recipe: "gan-qp", options: RecipeOptions(), settings: [])
    }
    #expect(try first.start(recipe: "gan-qp", options: RecipeOptions(), settings: []).run != "")
    #expect(throws: Problem.self) {
      try Self.queue(folder, nil).start(recipe: "gan-qp", options: .init(), settings: [])
    }
    first.letGo()
    let third = Self.queue(folder, program)
    #expect(third.snapshot.waiting.count == 1)
    #expect(throws: Problem.self) { try first.stop("x") }
  }

  @Test func onlyWhatStandsUnderTheRootCanBeNamed() throws {
    let folder = try Self.folder()
    for path in ["data/texts/deep/deeper/deepest", "data/.hidden", "outside"] {
      try FileManager.default.createDirectory(
        atPath: folder + "/" + path, withIntermediateDirectories: true)
    }
    try AtomicFile.write("x", to: folder + "/data/texts/a.txt")
    try AtomicFile.write("secret", to: folder + "/outside/secret")
    symlink("../outside", folder + "/data/out")
    symlink("texts", folder + "/data/inside")
    let shelf = DataShelf(root: folder + "/data")
    #expect(
      shelf.names.filter { !$0.hasPrefix("inside") } == [
        "texts", "texts/a.txt", "texts/deep", "texts/deep/deeper",
      ])
    #expect(shelf.names.contains("inside/a.txt"))
    #expect(try shelf.path("texts/a.txt") == folder + "/data/texts/a.txt")
    for name in [
      "../outside", "out", "out/secret", "/etc/passwd", "texts/../../outside", ".hidden", "", ".",
      "texts/", "--help",
    ] {
      #expect(throws: Problem.self, "\(name)") { try shelf.path(name) }
    }
    #expect(DataShelf(root: nil).names.isEmpty)
    #expect(throws: Problem.self) { try DataShelf(root: nil).path("texts") }
  }

  @Test func dataIsTakenWhereTheRecipeTakesSome() throws {
    let folder = try Self.folder()
    let queue = Self.queue(folder, try Self.program(folder, "exit 0\n"))
    let options = RecipeOptions(data: folder + "/x")
    let entry = try queue.start(recipe: "gan-qp", options: options, settings: [])
    #expect(entry.arguments.contains("--data"))
    #expect(throws: OptionError.self) {
      try queue.start(recipe: "det-exp", options: options, settings: [])
    }
    #expect(throws: OptionError.self) {
      try queue.start(recipe: "gan-qp", options: RecipeOptions(model: "x"), settings: [])
    }
  }
}
