import Foundation
import Memory
import Messages

/// Collects a stream of ids: in memory up to a limit, beyond it in an unnamed temporary file.
final class TokenStore {
  private var buffer: [UInt32] = []
  private let memoryLimit: Int
  private let directory: String
  private var file: SpillFile?
  private var spilled = 0

  var count: Int { spilled + buffer.count }

  /// - Parameters:
  ///   - memoryLimit: how many tokens stay in memory.
  ///   - directory: where the temporary file goes.
  init(memoryLimit: Int, directory: String) {
    self.memoryLimit = max(1, memoryLimit)
    self.directory = directory
  }

  func append(_ token: UInt32) throws {
    buffer.append(token)
    if buffer.count >= memoryLimit || (spilled > 0 && buffer.count >= 1 << 20) { _ = try spill() }
  }

  private func spill() throws -> SpillFile {
    let file = try file ?? SpillFile(in: directory)
    self.file = file
    try buffer.withUnsafeBytes { try file.append($0) }
    spilled += buffer.count
    buffer.removeAll(keepingCapacity: true)
    return file
  }

  /// Gives each id its new one, leaves out those whose new id is `droppedWord`, and hands over the
  /// result. `offsets` bound the documents before.
  func finish(offsets: [Int], newIds: [UInt32]) throws -> EncodedCorpus {
    let tokens: UnsafeMutableBufferPointer<UInt32>
    let release: @Sendable () -> Void
    if spilled > 0 {
      let file = try spill()
      let length = file.count
      let memory = try file.map(length)
      tokens = UnsafeMutableBufferPointer(
        start: memory.bindMemory(to: UInt32.self, capacity: spilled), count: spilled)
      let address = UInt(bitPattern: memory)
      release = { munmap(UnsafeMutableRawPointer(bitPattern: address), length) }
    } else {
      let block = Block(buffer)
      buffer = []
      tokens = block.buffer
      release = { withExtendedLifetime(block) {} }
    }
    let bounds = Self.renumber(tokens, offsets: offsets, newIds: newIds)
    return EncodedCorpus(
      tokens: UnsafeBufferPointer(rebasing: tokens[..<bounds[bounds.count - 1]]), offsets: bounds,
      release: release)
  }

  private static func renumber(
    _ store: UnsafeMutableBufferPointer<UInt32>, offsets: [Int], newIds: [UInt32]
  ) -> [Int] {
    var bounds = [0]
    bounds.reserveCapacity(offsets.count)
    var kept = 0
    for document in 0..<(offsets.count - 1) {
      for index in offsets[document]..<offsets[document + 1] {
        let id = newIds[Int(store[index])]
        if id != droppedWord {
          store[kept] = id
          kept += 1
        }
      }
      bounds.append(kept)
    }
    return bounds
  }
}
