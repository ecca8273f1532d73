import ArgumentParser
import Formats
import Foundation
import Messages

/// The files that a command reads and writes, checked before it does anything: no output is an input or
/// another output, and each can be written.
struct FileRoles {
  private var inputs: [(role: String, path: String)] = []
  private var outputs: [(role: String, path: String)] = []

  /// Notes files that are read; `role` is the option or argument that names them.
  mutating func reads(_ role: String, _ paths: [String]) {
    inputs += paths.filter { $0 != "-" }.map { (role, $0) }
  }

  mutating func reads(_ role: String, _ path: String?) { reads(role, path.map { [$0] } ?? []) }

  /// Notes files that are written.
  mutating func writes(_ role: String, _ paths: [String]) {
    outputs += paths.map { (role, $0) }
  }

  mutating func writes(_ role: String, _ path: String?) { writes(role, path.map { [$0] } ?? []) }

  /// Throws `ValidationError` for an output that is an input or another output, `FileError` for one that
  /// cannot be written.
  func check() throws {
    for (place, output) in outputs.enumerated() {
      let file = Identity(output.path)
      guard !file.isStream else { continue }
      if let input = inputs.first(where: { Identity($0.path) == file }) {
        throw ValidationError(
          "\(output.role) would overwrite \(output.path), which is read (\(input.role))")
      }
      if let other = outputs[..<place].first(where: { Identity($0.path) == file }) {
        throw ValidationError(
          "\(output.role) and \(other.role) are the same file, \(output.path)")
      }
      // Found out now, not after hours of work; nothing is left of it.
      _ = try AtomicFile(path: output.path)
    }
  }

  /// What a path leads to, through links and whatever it is spelled like.
  private struct Identity: Equatable {
    /// Of an existing file its device and number, otherwise its folder's and its name.
    private let device: UInt64
    private let number: UInt64
    private let name: String
    /// A pipe or a terminal: writing to it overwrites nothing.
    let isStream: Bool

    init(_ path: String) {
      var status = stat()
      if stat(path, &status) == 0 {
        name = ""
        isStream = status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
      } else {
        let url = URL(fileURLWithPath: path)
        name = url.lastPathComponent
        isStream = false
        if stat(url.deletingLastPathComponent().path, &status) != 0 { status = stat() }
      }
      device = UInt64(status.st_dev)
      number = UInt64(status.st_ino)
    }
  }
}
