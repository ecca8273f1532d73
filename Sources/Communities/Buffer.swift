import Requirements

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A fixed-size block of plain values without bounds checks: the search spends its time in such
/// blocks. Large ones come from the system as untouched pages, which cost nothing until they are
/// written, and go back to it at once.
final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  // Unchecked: a buffer is filled by one owner; after that it is shared for reading only.

  private(set) var pointer: UnsafeMutablePointer<Element>
  private(set) var count: Int
  /// The size of the pages, where the block is made of whole pages.
  private var mappedBytes: Int?

  private static var leastMappedBytes: Int { 512 << 10 }

  /// `count` values, all bits zero.
  init(zeros count: Int) {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    var memory: UnsafeMutableRawPointer?
    if bytes >= Self.leastMappedBytes {
      memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if memory == MAP_FAILED { memory = nil }
      mappedBytes = bytes
    } else {
      memory = calloc(bytes, 1)
    }
    guard let memory else { fatalError("out of memory for \(count) values of \(Element.self)") }
    pointer = memory.bindMemory(to: Element.self, capacity: count)
    self.count = count
  }

  convenience init(_ values: [Element]) {
    self.init(zeros: values.count)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: values.count) }
    }
  }

  deinit {
    if let mappedBytes {
      munmap(pointer, mappedBytes)
    } else {
      free(pointer)
    }
  }

  subscript(index: Int) -> Element {
    @inline(__always) get { pointer[index] }
    @inline(__always) set { pointer[index] = newValue }
  }

  /// Gives back what lies behind the first `newCount` values.
  func shrink(to newCount: Int) {
    require(newCount <= count, "Buffer.shrink expected at most \(count), received \(newCount)")
    guard newCount < count else { return }
    count = newCount
    let bytes = max(1, newCount) * MemoryLayout<Element>.stride
    if let mappedBytes {
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let kept = (bytes + page - 1) / page * page
      if kept < mappedBytes {
        munmap(UnsafeMutableRawPointer(pointer) + kept, mappedBytes - kept)
        self.mappedBytes = kept
      }
    } else if let memory = realloc(pointer, bytes) {
      pointer = memory.bindMemory(to: Element.self, capacity: newCount)
    }
  }

  var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
