import Foundation
import Memory
import Messages
import Parallel
import TestSupport
import Testing

@Suite struct SpillFileTests {
  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }

  @Test func whatIsAppendedIsReadBack() throws {
    try withTemporaryFolder { folder in
      let file = try SpillFile(in: folder)
      let parts = [bytes(3), [], bytes(100_000), bytes(1)]
      for part in parts { try part.withUnsafeBytes { try file.append($0) } }
      let all = parts.flatMap { $0 }
      #expect(file.count == all.count && file.folder == folder)
      for (offset, length) in [(0, all.count), (2, 5), (99_000, 1004), (all.count, 0)] {
        var found = [UInt8](repeating: 0, count: length)
        try found.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        #expect(found == Array(all[offset..<offset + length]))
      }
    }
  }

  @Test func itHasNoNameFromTheStart() throws {
    try withTemporaryFolder { folder in
      let file = try SpillFile(in: folder)
      try bytes(10).withUnsafeBytes { try file.append($0) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func aMappingOutlivesTheFileAndShowsItsBytes() throws {
    try withTemporaryFolder { folder in
      var file: SpillFile? = try SpillFile(in: folder)
      try bytes(5000).withUnsafeBytes { try file?.append($0) }
      let memory = try #require(try file?.map(5000))
      memory.storeBytes(of: 200, toByteOffset: 1, as: UInt8.self)
      var found = [UInt8](repeating: 0, count: 2)
      try found.withUnsafeMutableBytes { try file?.read(at: 0, into: $0) }
      #expect(found == [0, 200])
      file = nil
      #expect(memory.load(fromByteOffset: 4999, as: UInt8.self) == UInt8(4999 % 256))
      munmap(memory, 5000)
    }
  }

  @Test func reservedBytesAreZero() throws {
    try withTemporaryFolder { folder in
      let file = try SpillFile(in: folder)
      try file.reserve(10_000)
      var found = [UInt8](repeating: 1, count: 10_000)
      try found.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
      #expect(file.count == 10_000 && found.allSatisfy { $0 == 0 })
    }
  }

  @Test func problemsNameTheFolder() throws {
    let missing = message { _ = try SpillFile(in: "/nowhere/at/all") }
    #expect(missing.hasPrefix("/nowhere/at/all: cannot create a temporary file there: "))
    try withTemporaryFolder { folder in
      let file = try SpillFile(in: folder)
      // More than any disk: refused now, not when the pages are written.
      #expect(message { try file.reserve(1 << 60) }.hasPrefix("\(folder): cannot reserve "))
      var target = [UInt8](repeating: 0, count: 1)
      let short = message { try target.withUnsafeMutableBytes { try file.read(at: 0, into: $0) } }
      #expect(short.hasPrefix("\(folder): cannot read a temporary file back: "))
    }
  }

  #if os(Linux)
    @Test func aFullDiskIsAnErrorHoweverMuchIsWritten() {
      let full = open("/dev/full", O_WRONLY)
      defer { close(full) }
      for count in [1, 1 << 20] {
        #expect(bytes(count).withUnsafeBytes { writeFully($0, to: full) } == ENOSPC)
      }
      #expect([UInt8]().withUnsafeBytes { writeFully($0, to: full) } == 0)
      #expect(bytes(1).withUnsafeBytes { writeFully($0, to: -1) } == EBADF)
    }
  #endif
}

@Suite struct MemorySizeTests {
  @Test(arguments: [
    ("512", 512), ("2K", 2048), ("512M", 512 << 20), ("2g", 2 << 30), ("1.5GiB", 3 << 29),
    ("1TB", 1 << 40),
  ])
  func sizesArePowersOf1024(_ text: String, _ bytes: Int) {
    #expect(MemorySize.parse(text) == bytes)
  }

  @Test(arguments: ["", "M", "-1M", "0", "1X", "2 GB ", "99999999T", "nan"])
  func whatIsNoSizeIsRefused(_ text: String) { #expect(MemorySize.parse(text) == nil) }

  @Test func sizesAreDescribedInTheLargestUnit() {
    #expect(
      [100, 2048, 3 << 19, 5 << 30].map(MemorySize.describe) == ["100", "2K", "1.5M", "5G"])
  }
}

@Suite struct WorkspacePoolTests {
  private final class Counter { var count = 0 }

  @Test func everyWorkspaceComesBack() throws {
    let pool = WorkspacePool { Counter() }
    try parallelFor(count: 1000, threads: 4) { _ in pool.use { $0.count += 1 } }
    let idle = pool.idle()
    #expect((1...4).contains(idle.count))
    #expect(idle.reduce(0) { $0 + $1.count } == 1000)
  }
}
