import Formats
import Foundation
import Messages
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
  /// Changes to the environment.
  var environment: [String: String] = [:]
  /// Whether standard error is a terminal, which gets a bar instead of lines.
  var hasTerminal = false

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
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = try file("output")
    process.standardInput = FileHandle.nullDevice
    let terminal = hasTerminal ? try Terminal() : nil
    process.standardError = try terminal?.device ?? file("errors")
    func errors() -> String { terminal?.read() ?? text("errors") }
    try process.run()
    if let interrupt {
      while process.isRunning, !interrupt(errors()) { usleep(20_000) }
      process.interrupt()
    }
    // A terminal that nobody reads would block the command.
    while terminal != nil, process.isRunning {
      _ = errors()
      usleep(20_000)
    }
    process.waitUntilExit()
    #expect(
      process.terminationReason == .exit, "\(arguments) died of signal \(process.terminationStatus)"
    )
    return Outcome(
      status: process.terminationStatus, output: text("output"), errors: errors())
  }
}

/// A terminal as the command sees it, and what was written to it.
private final class Terminal {
  let device: FileHandle
  private let descriptor: Int32
  private var bytes: [UInt8] = []

  init() throws {
    var outside: Int32 = -1
    var inside: Int32 = -1
    guard openpty(&outside, &inside, nil, nil, nil) == 0 else {
      throw FileError(path: "a terminal", action: "open", code: errno)
    }
    descriptor = outside
    device = FileHandle(fileDescriptor: inside, closeOnDealloc: true)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// Everything that was written so far.
  func read() -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Expects exit status 2, the explanation, and nothing on standard output.
func expectUsage(
  _ arguments: String..., says explanation: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let outcome = try Command(arguments).run()
  #expect(outcome.status == 2, "\(arguments)", sourceLocation: sourceLocation)
  #expect(
    outcome.errors.contains(explanation) && outcome.errors.contains("--help' for more"),
    "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.output.isEmpty, "\(arguments)", sourceLocation: sourceLocation)
}

/// Expects exit status 1 and one line that says so.
func expectFailure(
  _ outcome: Command.Outcome, _ explanation: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    outcome.status == 1 && outcome.output.isEmpty, "\(outcome)", sourceLocation: sourceLocation)
  let complaints = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("danlu: ") }
  #expect(
    complaints.count == 1 && outcome.lastError.contains(explanation), "\(outcome.errors)",
    sourceLocation: sourceLocation)
}

/// Expects that `danlu` with `arguments` succeeds; returns what it said.
@discardableResult
func succeed(
  _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
) throws -> Command.Outcome {
  let outcome = try Command(arguments).run()
  #expect(
    outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
  return outcome
}

extension Command.Outcome {
  /// The fields of each line of standard output.
  var rows: [[String]] { Self.rows(of: output) }

  static func rows(of text: String, separator: Character = "\t") -> [[String]] {
    text.split(separator: "\n").map {
      $0.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
  }
}

/// The text of a file.
func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
