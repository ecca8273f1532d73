import Messages

/// Distinct texts in a mapped file, numbered from 0, and the way from a text to its number: one hash, one
/// or two cache misses.
///
/// Three sections: the texts one after the other; their starts, `UInt32` relative to a `UInt64` for each
/// 65,536 texts; hash slots of 8 bytes (32 bits of the hash, number + 1), probed linearly from the slot that
/// the hash's share of 2³² falls on.
///
/// `@unchecked Sendable`: the pointers lead into a mapping that nobody writes to.
public struct TextTable: @unchecked Sendable {
  public let count: Int
  // Kept so that the memory stays mapped.
  private let file: SectionFile
  private let arena: UnsafePointer<UInt8>?
  private let arenaCount: Int
  private let bases: UnsafePointer<UInt64>
  private let starts: UnsafePointer<UInt32>
  private let slots: UnsafePointer<UInt64>
  private let slotCount: Int
  private nonisolated(unsafe) static let nothing = UnsafePointer(
    UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  /// The table that `TextTableBuilder` added to `file` under `prefix`. Throws `FileError` where its sections
  /// do not fit together.
  public init(_ prefix: String, in file: SectionFile) throws {
    self.file = file
    let starts = try file.values(prefix + ".starts", as: UInt32.self)
    let bases = try file.values(prefix + ".bases", as: UInt64.self)
    let slots = try file.values(prefix + ".slots", as: UInt64.self)
    let arena = try file.bytes(prefix + ".texts")
    count = starts.count - 1
    guard count >= 0, bases.count == count >> 16 + 1, slots.count > count,
      let starts = starts.baseAddress, let bases = bases.baseAddress,
      let firstSlot = slots.baseAddress
    else {
      throw FileError(path: file.path, reason: "is damaged: the sections of '\(prefix)' do not fit")
    }
    self.starts = starts
    self.bases = bases
    self.slots = firstSlot
    slotCount = slots.count
    self.arena = arena.baseAddress?.assumingMemoryBound(to: UInt8.self)
    arenaCount = arena.count
  }

  /// The UTF-8 of text `number`, valid while the file is open; nothing for a number that a damaged file made
  /// up.
  @inline(__always)
  public func bytes(_ number: Int) -> UnsafeBufferPointer<UInt8> {
    guard number >= 0, number < count else {
      return UnsafeBufferPointer(start: Self.nothing, count: 0)
    }
    let start = Int(truncatingIfNeeded: bases[number >> 16]) &+ Int(starts[number])
    let next = number &+ 1
    let end = Int(truncatingIfNeeded: bases[next >> 16]) &+ Int(starts[next])
    // Only a damaged file fails this.
    guard let arena, start >= 0, start <= end, end <= arenaCount else {
      return UnsafeBufferPointer(start: Self.nothing, count: 0)
    }
    return UnsafeBufferPointer(start: arena + start, count: end &- start)
  }

  public subscript(number: Int) -> String { String(decoding: bytes(number), as: UTF8.self) }

  /// The number of a text; `nil` if it is not there.
  public func number(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { number(of: $0) }
  }

  @inline(__always)
  public func number(of text: UnsafeBufferPointer<UInt8>) -> Int? {
    number(of: text, hash: TextHash.hash(text))
  }

  /// As `number(of:)`, with the text's `TextHash`.
  @inline(__always)
  public func number(of text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int? {
    let tag = hash >> 32
    var place = TextHash.place(tag, slotCount)
    // A damaged table without an empty slot must not be searched for ever.
    for _ in 0..<slotCount {
      let slot = slots[place]
      let entry = Int(slot & 0xffff_ffff)
      if entry == 0 { return nil }
      if slot >> 32 == tag, entry <= count, TextHash.areEqual(bytes(entry &- 1), text) {
        return entry &- 1
      }
      place &+= 1
      if place == slotCount { place = 0 }
    }
    return nil
  }
}
