import Foundation
import Memory
import Messages

/// Where the numbers of a corpus lie while it grows and afterwards.
///
/// `@unchecked Sendable`: one thread appends; after that it is only read.
final class CorpusStorage: @unchecked Sendable {
  private(set) var count = 0
  private let spillFolder: String
  private var memory: UnsafeMutablePointer<UInt16>?
  private let reserved: Int
  private var file: SpillFile?

  /// - Parameter memoryLimit: bytes above which the numbers go to a file in `spillFolder`.
  init(memoryLimit: Int, spillFolder: String) {
    self.spillFolder = spillFolder
    reserved = max(1 << 16, memoryLimit)
    // Address space only: pages become memory when they are written.
    let mapping = mmap(
      nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if let mapping, mapping != MAP_FAILED {
      memory = mapping.bindMemory(to: UInt16.self, capacity: reserved / 2)
    }
  }

  deinit { release() }

  var isSpilled: Bool { file != nil }
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
      try spill(numbers)
    }
    count += numbers.count
    last = numbers[numbers.count - 1]
  }

  private func spill(_ numbers: UnsafeBufferPointer<UInt16>) throws {
    do {
      let file = try file ?? SpillFile(in: spillFolder)
      if self.file == nil {
        self.file = file
        let stored = UnsafeBufferPointer(start: memory, count: memory == nil ? 0 : count)
        try file.append(UnsafeRawBufferPointer(stored))
        release()
      }
      try file.append(UnsafeRawBufferPointer(numbers))
    } catch let error as FileError {
      throw InputError(
        "\(error) (the text does not fit in memory: name a folder by `spillFolder` that has room for two "
          + "bytes a character, or give more `memory`)")
    }
  }

  func withNumbers<Result>(
    _ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt16>) throws -> Result
  ) throws -> Result {
    if let memory {
      return try body(UnsafeBufferPointer(start: memory + range.lowerBound, count: range.count))
    }
    let buffer = Block<UInt16>(uninitializedCount: range.count)
    try file?.read(at: range.lowerBound * 2, into: UnsafeMutableRawBufferPointer(buffer.buffer))
    return try body(UnsafeBufferPointer(buffer.buffer))
  }
}
