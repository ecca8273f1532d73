import CVectorKernels
import Formats
import Foundation
import Memory
import Messages
import Parallel

/// A matrix of Float32 whose rows start at multiples of 64 bytes and are padded with zeros to a
/// multiple of 16, as the kernels expect: in memory, or in a mapped temporary file that the system
/// pages in and out (document rows are visited in sequence).
final class RowTable: @unchecked Sendable {
  // Unchecked: training threads write rows without locks on purpose (Recht et al. 2011, Hogwild!);
  // a lost update costs less than a lock. Outside training a table has one owner.

  let rows: Int
  let dimension: Int
  let stride: Int
  let base: UnsafeMutablePointer<Float>
  private let length: Int
  private let directory: String?

  /// A table of zeros; in a temporary file of `directory` if that is given.
  init(rows: Int, dimension: Int, directory: String? = nil) throws {
    self.rows = rows
    self.dimension = dimension
    self.directory = directory
    stride = (dimension + 15) / 16 * 16
    length = max(1, rows) * stride * MemoryLayout<Float>.stride
    let memory: UnsafeMutableRawPointer
    if let directory {
      let file = try SpillFile(in: directory)
      try file.reserve(length)
      memory = try file.map(length)
    } else {
      let pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let pages, pages != MAP_FAILED else {
        throw InputError(
          "not enough memory for \(rows) vectors of dimension \(dimension) "
            + "(\(length >> 20) MiB)")
      }
      memory = pages
      #if os(Linux)
        // Large pages (MADV_HUGEPAGE): rows are visited at random, which is hard on the address cache.
        madvise(memory, length, 14)
      #endif
    }
    base = memory.bindMemory(to: Float.self, capacity: length / 4)
  }

  deinit { munmap(base, length) }

  @inline(__always)
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

  /// Fills all rows with uniform numbers of (−½, ½)/dimension, the same at any thread count.
  func fillUniform(seed: UInt64, stream: UInt64, threads: Int) throws {
    let block = 4096
    try parallelFor(count: (rows + block - 1) / block, threads: threads) { part in
      var random = RandomStream(seed: seed, stream: stream << 40 + UInt64(part))
      for index in (part * block)..<min(self.rows, (part + 1) * block) {
        let row = self.row(index)
        for k in 0..<self.dimension {
          row[k] = (Float(random.uniform()) - 0.5) / Float(self.dimension)
        }
      }
    }
  }

  /// Scales every row to unit length.
  func normalizeRows(threads: Int) throws {
    let kernels = vectorKernels().pointee
    let block = 4096
    try parallelFor(count: (rows + block - 1) / block, threads: threads) { part in
      for index in (part * block)..<min(self.rows, (part + 1) * block) {
        kernels.normalize(self.row(index), self.stride)
      }
    }
  }

  /// Whether all numbers are.
  var isFinite: Bool {
    (0..<rows).allSatisfy { index in
      let row = row(index)
      var sum: Float = 0
      for k in 0..<dimension { sum += row[k] * 0 }
      return sum == 0
    }
  }

  /// Copies `values`, `dimension` numbers, into a row.
  func setRow(_ index: Int, _ values: some Collection<Float>) {
    for (k, value) in values.enumerated() { row(index)[k] = value }
  }

  /// All rows without their padding, one after the other.
  var matrix: [Float] {
    [Float](unsafeUninitializedCapacity: rows * dimension) { buffer, count in
      if let start = buffer.baseAddress { copyRows(to: start) }
      count = rows * dimension
    }
  }

  private func copyRows(to start: UnsafeMutablePointer<Float>) {
    for index in 0..<rows {
      (start + index * dimension).update(from: row(index), count: dimension)
    }
  }

  /// Calls `body` with the bytes of all rows without their padding.
  func withMatrixBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    if stride == dimension {
      try body(UnsafeRawBufferPointer(start: base, count: rows * dimension * 4))
    } else {
      // A file's rows are copied to another file: they may not fit into memory.
      let copy = try RowTable(
        rows: (rows * dimension + 15) / 16, dimension: 16, directory: directory)
      copyRows(to: copy.base)
      try body(UnsafeRawBufferPointer(start: copy.base, count: rows * dimension * 4))
    }
  }

  /// Writes text in word2vec's format.
  func writeText(to path: String, name: (Int) -> String) throws {
    try AtomicFile.write(to: path) { file in
      try file.write("\(rows) \(dimension)\n")
      for index in 0..<rows {
        try VectorText.write(
          name: name(index), values: UnsafeBufferPointer(start: row(index), count: dimension),
          to: file)
      }
    }
  }
}
