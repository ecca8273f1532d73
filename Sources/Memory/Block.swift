import Foundation
import Messages

/// A fixed-size block of plain values without bounds checks: what hot loops read and write.
///
/// `@unchecked Sendable`: threads that share a block write to disjoint parts, hold a lock, or only
/// read; each user says which.
public final class Block<Element: BitwiseCopyable>: @unchecked Sendable {
  @usableFromInline enum Origin {
    case heap
    /// Whole pages of the system, of that many bytes.
    case pages(Int)
  }

  public let pointer: UnsafeMutablePointer<Element>
  // Only `shrink` changes it, which no reading overlaps. Other modules honor that through a getter they
  // inline; a stored property they would check at each reading, in loops that do little else.
  @exclusivity(unchecked) @usableFromInline final var storedCount: Int
  private final var origin: Origin

  @usableFromInline
  init(pointer: UnsafeMutablePointer<Element>, count: Int, origin: Origin) {
    self.pointer = pointer
    storedCount = count
    self.origin = origin
  }

  /// `count` values, all bits zero. Large blocks come from the system as untouched pages, which cost
  /// nothing until they are written.
  @inlinable
  public convenience init(zeros count: Int) {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let (memory, origin) = Block<UInt8>.zeroed(bytes)
    self.init(
      pointer: memory.bindMemory(to: Element.self, capacity: max(1, count)), count: count,
      origin: origin ? .pages(bytes) : .heap)
  }

  /// `count` values that the caller writes before it reads them. Large tables are read at random
  /// places: huge pages spare most of the address translation.
  @inlinable
  public convenience init(uninitializedCount count: Int) {
    let memory = Block<UInt8>.raw(max(1, count) * MemoryLayout<Element>.stride)
    self.init(
      pointer: memory.bindMemory(to: Element.self, capacity: max(1, count)), count: count,
      origin: .heap)
  }

  /// `count` values, each `value`.
  @inlinable
  public convenience init(repeating value: Element, count: Int) {
    self.init(uninitializedCount: count)
    pointer.initialize(repeating: value, count: count)
  }

  @inlinable
  public convenience init(_ values: [Element]) {
    self.init(zeros: values.count)
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { pointer.update(from: start, count: values.count) }
    }
  }

  deinit {
    switch origin {
    case .heap: free(pointer)
    case .pages(let bytes): munmap(pointer, bytes)
    }
  }

  @inlinable
  public final var count: Int {
    @inline(__always) get { storedCount }
  }

  @inlinable
  public final subscript(index: Int) -> Element {
    @inline(__always) get { pointer[index] }
    @inline(__always) set { pointer[index] = newValue }
  }

  /// Forgets what lies behind the first `newCount` values, and gives back its whole pages.
  public func shrink(to newCount: Int) {
    require(newCount <= count, "Block.shrink expected at most \(count), received \(newCount)")
    guard newCount < count else { return }
    storedCount = newCount
    guard case .pages(let mapped) = origin else { return }
    let bytes = max(1, newCount) * MemoryLayout<Element>.stride
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let kept = (bytes + page - 1) / page * page
    guard kept < mapped else { return }
    munmap(UnsafeMutableRawPointer(pointer) + kept, mapped - kept)
    origin = .pages(kept)
  }

  public var buffer: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  public var array: [Element] { Array(buffer) }
}

extension Block where Element == UInt8 {
  /// Zeroed memory, and whether it is made of whole pages.
  @usableFromInline
  static func zeroed(_ bytes: Int) -> (memory: UnsafeMutableRawPointer, isMapped: Bool) {
    if bytes >= 512 << 10 {
      let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      if let memory, memory != MAP_FAILED { return (memory, true) }
    } else if let memory = calloc(bytes, 1) {
      return (memory, false)
    }
    fatalError("out of memory for \(MemorySize.describe(bytes))")
  }

  @usableFromInline
  static func raw(_ bytes: Int) -> UnsafeMutableRawPointer {
    let hugePage = 1 << 21
    var memory: UnsafeMutableRawPointer?
    if bytes < hugePage {
      memory = malloc(bytes)
    } else if posix_memalign(&memory, hugePage, bytes) == 0, let memory {
      #if os(Linux)
        madvise(memory, bytes, MADV_HUGEPAGE)
      #endif
    }
    guard let memory else { fatalError("out of memory for \(MemorySize.describe(bytes))") }
    return memory
  }
}
