#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A fixed-size block of plain values without bounds checks: the search spends its time in such
/// blocks. Large blocks come from the system untouched, so memory that is never written costs nothing.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  // Unchecked: a buffer is filled by one owner; after that it is shared for reading only.

  private(set) var pointer: UnsafeMutablePointer<Element>
  private(set) var count: Int

  /// `count` values, all bits zero.
  init(zeros count: Int) {
    guard let memory = calloc(max(1, count), MemoryLayout<Element>.stride) else {
      fatalError("out of memory for \(count) values of \(Element.self)")
    }
    pointer = memory.bindMemory(to: Element.self, capacity: count)
    self.count = count
  }

  convenience init(_ values: [Element]) {
    self.init(zeros: values.count)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: values.count) }
    }
  }

  deinit { free(pointer) }

  subscript(index: Int) -> Element {
    @inline(__always) get { pointer[index] }
    @inline(__always) set { pointer[index] = newValue }
  }

  /// Gives back what lies behind the first `newCount` values.
  func shrink(to newCount: Int) {
    precondition(newCount <= count, "Buffer.shrink expected at most \(count), received \(newCount)")
    guard newCount < count else { return }
    let bytes = max(1, newCount) * MemoryLayout<Element>.stride
    if let memory = realloc(pointer, bytes) {
      pointer = memory.bindMemory(to: Element.self, capacity: newCount)
    }
    count = newCount
  }

  var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
