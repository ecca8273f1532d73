import Foundation
import Messages

/// Plain values that are appended one by one, without bounds checks on reading.
///
/// It grows by `realloc`, which moves large blocks by their page tables and does not copy them: no moment
/// needs twice the memory, as growing an `Array` does.
///
/// `@unchecked Sendable`: one thread appends; after that threads read.
public final class GrowingBlock<Element: BitwiseCopyable>: @unchecked Sendable {
  // Exclusive access is the caller's promise above; checking it at run time costs a seventh of an import.
  @exclusivity(unchecked) public private(set) final var pointer: UnsafeMutablePointer<Element>
  @exclusivity(unchecked) public private(set) final var count = 0
  @exclusivity(unchecked) private final var capacity: Int

  public init(capacity: Int = 16) {
    self.capacity = max(1, capacity)
    pointer = Self.resized(nil, to: self.capacity)
  }

  deinit { free(pointer) }

  @inline(__always)
  public final func append(_ value: Element) {
    if count == capacity { reserve(count + 1) }
    pointer[count] = value
    count &+= 1
  }

  public final func append(_ values: UnsafeBufferPointer<Element>) {
    guard let start = values.baseAddress, values.count > 0 else { return }
    reserve(count + values.count)
    (pointer + count).update(from: start, count: values.count)
    count += values.count
  }

  public final subscript(index: Int) -> Element {
    @inline(__always) get { pointer[index] }
    @inline(__always) set { pointer[index] = newValue }
  }

  public final func removeAll() { count = 0 }

  public var buffer: UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: pointer, count: count)
  }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }

  private final func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    capacity = max(wanted, capacity + capacity / 2)
    pointer = Self.resized(pointer, to: capacity)
  }

  private static func resized(
    _ old: UnsafeMutablePointer<Element>?, to capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let bytes = capacity * MemoryLayout<Element>.stride
    guard let memory = realloc(old, bytes) else {
      fatalError("out of memory for \(MemorySize.describe(bytes))")
    }
    return memory.bindMemory(to: Element.self, capacity: capacity)
  }
}
