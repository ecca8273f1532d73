import Formats
import Foundation
import Messages

/// Collects a stream of ids: in memory up to a limit, beyond it in an unnamed temporary file.
final class TokenStore {
  private var buffer: [UInt32] = []
  private let memoryLimit: Int
  private let directory: String
  private var descriptor: Int32 = -1
  private var written = 0

  var count: Int { written + buffer.count }

  /// - Parameters:
  ///   - memoryLimit: how many tokens stay in memory.
  ///   - directory: where the temporary file goes.
  init(memoryLimit: Int, directory: String) {
    self.memoryLimit = max(1, memoryLimit)
    self.directory = directory
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func append(_ token: UInt32) throws {
    buffer.append(token)
    if buffer.count >= memoryLimit || (descriptor >= 0 && buffer.count >= 1 << 20) { try spill() }
  }

  private func spill() throws {
    if descriptor < 0 {
      var template = Array((directory + "/danlu-tokens-XXXXXX").utf8CString)
      descriptor = mkstemp(&template)
      guard descriptor >= 0 else {
        throw FileError(path: directory, action: "create a temporary file there", code: errno)
      }
      // Without a name it disappears with the process, however that ends.
      unlink(template)
    }
    try buffer.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + start, bytes.count - start)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          throw FileError(path: directory, action: "write a temporary file there", code: errno)
        }
        start += count
      }
    }
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Gives each id its new one, leaves out those whose new id is `droppedWord`, and hands over the
  /// result. `offsets` bound the documents before.
  func finish(offsets: [Int], newIds: [UInt32]) throws -> EncodedCorpus {
    if descriptor < 0 {
      let store = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: buffer.count)
      _ = store.initialize(from: buffer)
      buffer = []
      let bounds = Self.renumber(store, offsets: offsets, newIds: newIds)
      let address = UInt(bitPattern: store.baseAddress)
      return EncodedCorpus(
        tokens: UnsafeBufferPointer(rebasing: store[..<bounds[bounds.count - 1]]), offsets: bounds
      ) { UnsafeMutablePointer<UInt32>(bitPattern: address)?.deallocate() }
    }
    try spill()
    let length = written * MemoryLayout<UInt32>.stride
    let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory, memory != MAP_FAILED else {
      throw FileError(path: directory, action: "map a temporary file there", code: errno)
    }
    let store = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: UInt32.self, capacity: written), count: written)
    let bounds = Self.renumber(store, offsets: offsets, newIds: newIds)
    let address = UInt(bitPattern: memory)
    return EncodedCorpus(
      tokens: UnsafeBufferPointer(rebasing: store[..<bounds[bounds.count - 1]]), offsets: bounds
    ) { munmap(UnsafeMutableRawPointer(bitPattern: address), length) }
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
