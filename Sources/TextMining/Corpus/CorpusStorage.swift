import Formats
import Foundation
import Memory

/// Where the numbers of a corpus lie while it grows and afterwards.
///
/// `@unchecked Sendable`: one thread appends; after that it is only read.
final class CorpusStorage: @unchecked Sendable {
  private(set) var count = 0
  private let memoryLimit: Int
  private let spillFolder: String
  private var memory: UnsafeMutablePointer<UInt16>?
  private let reserved: Int
  private var file: Int32 = -1

  /// - Parameter memoryLimit: bytes above which the numbers go to a file in `spillFolder`.
  init(memoryLimit: Int, spillFolder: String) {
    self.memoryLimit = memoryLimit
    self.spillFolder = spillFolder
    reserved = max(1 << 16, memoryLimit)
    // Address space only: pages become memory when they are written.
    let mapping = mmap(
      nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if let mapping, mapping != MAP_FAILED {
      memory = mapping.bindMemory(to: UInt16.self, capacity: reserved / 2)
    }
  }

  deinit {
    release()
    if file >= 0 { close(file) }
  }

  var isSpilled: Bool { file >= 0 }
  var residentBytes: Int { isSpilled ? 0 : count * 2 }
  /// The number stored last.
  private(set) var last: UInt16?

  private func release() {
    if let memory { munmap(UnsafeMutableRawPointer(memory), reserved) }
    memory = nil
  }

  func append(_ numbers: UnsafeBufferPointer<UInt16>) throws {
    guard let base = numbers.baseAddress, numbers.count > 0 else { return }
    if let memory, (count + numbers.count) * 2 <= reserved {
      (memory + count).update(from: base, count: numbers.count)
    } else {
      if file < 0 { try spill() }
      try write(base, numbers.count)
    }
    count += numbers.count
    last = numbers[numbers.count - 1]
  }

  private func spill() throws {
    let template = (spillFolder as NSString).appendingPathComponent("danlu-corpus-XXXXXX")
    var path = Array(template.utf8CString)
    file = mkstemp(&path)
    guard file >= 0 else {
      throw TextMiningError(
        .spill,
        "cannot create a spill file in \(spillFolder): \(String(cString: strerror(errno))); pass "
          + "--spill FOLDER or more --memory")
    }
    // Without a name it leaves nothing behind, however the process ends.
    unlink(path)
    if let memory { try write(memory, count) }
    release()
  }

  private func write(_ numbers: UnsafePointer<UInt16>, _ count: Int) throws {
    let bytes = UnsafeRawPointer(numbers)
    var written = 0
    while written < count * 2 {
      let result = Foundation.write(file, bytes + written, min(count * 2 - written, 1 << 26))
      if result < 0 {
        if errno == EINTR { continue }
        throw TextMiningError(
          .spill,
          "cannot write the spill file in \(spillFolder): \(String(cString: strerror(errno))) after "
            + "\(MemorySize.describe(self.count * 2 + written)); pass --spill FOLDER with "
            + "room for two bytes a character, or more --memory")
      }
      written += result
    }
  }

  func withNumbers<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt16>) throws -> Result
  ) throws -> Result {
    if let memory {
      return try body(UnsafeBufferPointer(start: memory + range.lowerBound, count: range.count))
    }
    let buffer = Block<UInt16>(uninitializedCount: range.count)
    let target = UnsafeMutableRawPointer(buffer.pointer)
    var read = 0
    while read < range.count * 2 {
      let result = pread(
        file, target + read, range.count * 2 - read, off_t(range.lowerBound * 2 + read))
      if result < 0, errno == EINTR { continue }
      guard result > 0 else {
        throw TextMiningError(
          .spill, "cannot read the spill file back: \(String(cString: strerror(errno)))")
      }
      read += result
    }
    return try body(UnsafeBufferPointer(start: buffer.pointer, count: range.count))
  }
}
