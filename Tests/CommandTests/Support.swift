import Formats
import Foundation
import TestSupport
import Testing

/// The built command: `danlu` beside the tests' own program.
let binary: String? = {
  let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
  var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
  // On macOS the tests lie some folders deeper, in a bundle.
  for _ in 0..<5 {
    let path = folder.appendingPathComponent("danlu").path
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    {
      return path
    }
    folder.deleteLastPathComponent()
  }
  return nil
}()
let hasBinary = binary != nil
let binaryReason: Comment = "the program danlu is not beside the tests; 'swift build' makes it"

/// Whether libtorch can be opened, as the command itself sees it.
let hasTorch: Bool = {
  guard hasBinary, let run = try? Command("recipes", "--json").run(), run.status == 0 else {
    return false
  }
  let trial = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
  defer { try? FileManager.default.removeItem(atPath: trial) }
  return (try? Command("run", "dropout", "--out", trial).run())?.status == 0
}()
let torchReason: Comment = "libtorch is not set up; 'make setup' fetches it"

/// The command as a process.
struct Command {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// The last line on standard error.
    var lastError: String { errors.split(separator: "\n").last.map(String.init) ?? "" }

    func json() throws -> JSONValue { try JSONValue(parsing: output) }
  }

  let arguments: [String]
  /// The shell's words after the command, for redirections.
  var redirection = ""

  init(_ arguments: String...) { self.arguments = arguments }
  init(_ arguments: [String]) { self.arguments = arguments }

  /// Runs to the end, or until `interrupt` says (from what is on standard error so far) that it is
  /// time to send SIGINT.
  func run(interruptWhen interrupt: ((String) -> Bool)? = nil) throws -> Outcome {
    let process = Process()
    if redirection.isEmpty {
      process.executableURL = URL(fileURLWithPath: try #require(binary))
      process.arguments = arguments
    } else {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments =
        ["-c", "exec \"$0\" \"$@\" \(redirection)", try #require(binary)] + arguments
    }
    // Files rather than pipes: no pipe can fill up and block the command.
    let folder = NSTemporaryDirectory() + "danlu-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func file(_ name: String) throws -> FileHandle {
      try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + name))
    }
    func text(_ name: String) -> String {
      (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? ""
    }
    process.standardOutput = try file("output")
    process.standardError = try file("errors")
    process.standardInput = FileHandle.nullDevice
    try process.run()
    if let interrupt {
      while process.isRunning, !interrupt(text("errors")) { usleep(20_000) }
      process.interrupt()
    }
    process.waitUntilExit()
    #expect(
      process.terminationReason == .exit, "\(arguments) died of signal \(process.terminationStatus)"
    )
    return Outcome(
      status: process.terminationStatus, output: text("output"), errors: text("errors"))
  }
}
