import Foundation
import TestSupport
import Testing

@testable import Formats

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("one", to: path)
      try AtomicFile.write("two", to: path)
      #expect(try contents(path) == Array("two".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func pathsOfAnyShapeHaveTheirFolder() {
    let expected = [
      "m": ("", "m"), "a/m": ("a", "m"), "/m": ("/", "m"), "a/b/": ("a", "b"), "/": ("/", ""),
      "//a//b//": ("//a", "b"), "": ("", ""),
    ]
    for (path, parts) in expected { #expect(Folder.split(path) == parts, "\(path)") }
  }

  @Test func anErrorLeavesWhatWasThere() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("one", to: path)
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: path) { file in
          try file.write([UInt8](repeating: 0, count: 1 << 20))
          throw Stop()
        }
      }
      #expect(try contents(path) == Array("one".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.txt"])
    }
  }

  @Test func largeAndSmallWritesKeepTheirOrder() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.bin"
      let parts = [3, 300_000, 5, 262_144, 262_143, 1].enumerated().map {
        [UInt8](repeating: UInt8($0.offset + 1), count: $0.element)
      }
      try AtomicFile.write(to: path) { file in for part in parts { try file.write(part) } }
      #expect(try contents(path) == parts.flatMap { $0 })
    }
  }

  @Test func keepsSymbolicLinksAndPermissions() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("one", to: folder + "/real")
      chmod(folder + "/real", 0o640)
      symlink("real", folder + "/link")
      try AtomicFile.write("two", to: folder + "/link")
      #expect(try contents(folder + "/real") == Array("two".utf8))
      var status = stat()
      stat(folder + "/real", &status)
      #expect(status.st_mode & 0o777 == 0o640)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "real")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
  func aFullDiskIsOneLine() {
    let text = message {
      try AtomicFile.write([UInt8](repeating: 1, count: 100), to: "/dev/full")
    }
    #expect(text == "/dev/full: cannot write: No space left on device")
  }

  @Test func missingFoldersAndFoldersAsFiles() throws {
    #expect(
      message { try AtomicFile.write("x", to: "/nonexistent/a") }
        == "/nonexistent/a: cannot write: No such file or directory")
    try withTemporaryFolder { folder in
      #expect(message { try AtomicFile.write("x", to: folder) }.contains("is a directory"))
    }
  }

  @Test func foldersAppearWholeOrNotAtAll() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/sub/step-1"
      #expect(throws: Stop.self) {
        try Folder.createAtomically(path) { temporary in
          try AtomicFile.write("x", to: temporary + "/a")
          throw Stop()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/sub").isEmpty)
      try Folder.createAtomically(path) { try AtomicFile.write("x", to: $0 + "/a") }
      #expect(try Folder.names(in: path) == ["a"])
      #expect(message { try Folder.createAtomically(path) { _ in } }.contains("exists already"))
      #expect(message { try Folder.create(path + "/a/b") }.contains("is a file"))
    }
  }
}
