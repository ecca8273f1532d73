import Foundation

/// Memory for plain values, without bounds checks in the hot loops and without growth.
///
/// `@unchecked Sendable`: threads that share one write to disjoint parts or hold a lock; each user
/// says which.
final class RawArray<Element: BitwiseCopyable>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Element>
  let count: Int

  /// `count` elements, each `value`.
  init(repeating value: Element, count: Int) {
    pointer = Self.allocate(count)
    pointer.initialize(repeating: value, count: count)
    self.count = count
  }

  /// `count` elements that the caller writes before it reads them.
  init(uninitializedCount count: Int) {
    pointer = Self.allocate(count)
    self.count = count
  }

  deinit { pointer.deallocate() }

  /// Large tables are read at random places: huge pages spare most of the address translation.
  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let hugePage = 1 << 21
    guard bytes >= hugePage else { return .allocate(capacity: max(1, count)) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: hugePage)
    #if os(Linux)
      madvise(memory, bytes, MADV_HUGEPAGE)
    #endif
    return memory.bindMemory(to: Element.self, capacity: count)
  }

  @inline(__always)
  subscript(_ index: Int) -> Element {
    get { pointer[index] }
    set { pointer[index] = newValue }
  }
}

/// An amount of memory such as `512M` or `2G`.
public enum MemorySize {
  /// Parses digits and an optional K, M, G or T (powers of 1024, `B` or `iB` may follow).
  public static func parse(_ text: String) -> Int? {
    var digits = Substring(text)
    for suffix in ["iB", "ib", "B", "b"] where digits.hasSuffix(suffix) {
      digits = digits.dropLast(suffix.count)
      break
    }
    let scale: Double =
      switch digits.last.map({ Character($0.uppercased()) }) {
      case "K": 0x1p10
      case "M": 0x1p20
      case "G": 0x1p30
      case "T": 0x1p40
      default: 1
      }
    if scale > 1 { digits = digits.dropLast() }
    guard let number = Double(digits), number > 0, number * scale < 9e18 else { return nil }
    return Int(number * scale)
  }

  public static func describe(_ bytes: Int) -> String {
    for (unit, size) in [("G", 30), ("M", 20), ("K", 10)] where bytes >= 1 << size {
      let value = Double(bytes) / Double(1 << size)
      return value == value.rounded()
        ? "\(Int(value))\(unit)" : String(format: "%.1f%@", value, unit)
    }
    return "\(bytes)"
  }
}

/// What a text-mining operation could not do, in one line: what was asked, what was found, what would
/// work.
public struct TextMiningError: Error, CustomStringConvertible, Equatable {
  public enum Kind: Sendable { case input, option, memory, spill }
  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
