import Distributed
import Foundation
import Testing

/// Several ranks of `RankProbe` under the mpirun that set-up found.
struct Ranks {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
    let seconds: Double

    /// What Danlu itself has said: MPI's banners have other lines.
    func says(_ text: String) -> Bool { errors.contains(text) }
  }

  /// `nil` where there is none; tests that need it then say so when they skip.
  static let launcher: String? = MPILibrary.candidates.first?.launcher
  static let reason: Comment =
    "no MPI is set up; 'apt-get install libopenmpi-dev openmpi-bin' and 'make setup' do"

  static let probe: String? = {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
    for _ in 0..<5 {
      let path = folder.appendingPathComponent("RankProbe").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  static func run(
    _ count: Int, _ arguments: String..., environment changes: [String: String] = [:]
  ) throws -> Outcome {
    try start(
      [try #require(launcher), "--oversubscribe", "-n", "\(count)", try #require(probe)]
        + arguments, environment: changes)
  }

  static func start(
    _ arguments: [String], environment changes: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: arguments[0])
    process.arguments = Array(arguments.dropFirst())
    var environment = ProcessInfo.processInfo.environment
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    environment["OMP_NUM_THREADS"] = "1"
    environment.merge(changes) { $1 }
    process.environment = environment
    let folder = NSTemporaryDirectory() + "danlu-ranks-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func file(_ name: String) throws -> FileHandle {
      try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + name))
    }
    process.standardOutput = try file("output")
    process.standardError = try file("errors")
    process.standardInput = FileHandle.nullDevice
    let began = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)), as: UTF8.self)
    }
    return Outcome(
      status: process.terminationStatus, output: try text("output"), errors: try text("errors"),
      seconds: (ContinuousClock.now - began) / .seconds(1))
  }
}
