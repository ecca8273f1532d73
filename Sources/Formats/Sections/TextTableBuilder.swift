import CPrefetch
import Memory
import Messages

/// Numbers texts in the order in which they are first seen; the writer of `TextTable`.
///
/// `@unchecked Sendable`: one thread inserts; after that threads read.
public final class TextTableBuilder: @unchecked Sendable {
  private let arena = GrowingBlock<UInt8>(capacity: 1 << 16)
  private let bases = GrowingBlock<UInt64>()
  private let starts = GrowingBlock<UInt32>(capacity: 1 << 12)
  // As in `GrowingBlock`: one thread inserts.
  @exclusivity(unchecked) private var slots = Block<UInt64>(zeros: 1 << 12)
  @exclusivity(unchecked) private var limit = (1 << 12) * 3 / 4

  public init() {}

  public var count: Int { starts.count }
  public var textBytes: Int { arena.count }

  /// The most texts that a table takes: their numbers are 32 bits, one of them spare.
  public static let capacity = Int(UInt32.max) - 1

  /// How long before the insertion of a text each of the cache lines that it touches is asked for.
  public enum Step: Int {
    case text = 8
    case start = 16
    case slot = 32
  }

  /// Asks for a cache line that inserting a text of this hash will touch; the later steps look at what the
  /// earlier ones have fetched.
  @inline(__always)
  public func prefetch(_ step: Step, hash: UInt64) {
    let slot = slots.pointer + TextHash.place(hash >> 32, slots.count)
    if step == .slot { return CPrefetch.prefetch(slot) }
    let entry = Int(slot.pointee & 0xffff_ffff)
    // A text that does not stand in the first slot it could is rare enough.
    guard entry > 0, slot.pointee >> 32 == hash >> 32 else { return }
    if step == .start { return CPrefetch.prefetch(starts.pointer + (entry &- 1)) }
    CPrefetch.prefetch(
      arena.pointer + (Int(bases[(entry &- 1) >> 16]) &+ Int(starts[entry &- 1])))
  }

  /// The number of `text`, a new one if it was not seen before.
  public func insert(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { add($0, hash: TextHash.hash($0), checking: false) }
  }

  /// As `insert`, with the text's `TextHash`; −1, and nothing added, for bytes that are not UTF-8.
  @inline(__always)
  public func insert(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    add(text, hash: hash, checking: true)
  }

  @inline(__always)
  private func add(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64, checking: Bool) -> Int {
    let tag = hash >> 32
    let slotCount = slots.count
    let slots = slots.pointer
    var place = TextHash.place(tag, slotCount)
    while true {
      let slot = slots[place]
      let entry = Int(slot & 0xffff_ffff)
      if entry == 0 {
        if checking, !TextHash.isUTF8(text) { return -1 }
        return append(text, tag: tag, at: place)
      }
      if slot >> 32 == tag, TextHash.areEqual(bytes(entry &- 1), text) { return entry &- 1 }
      place &+= 1
      if place == slotCount { place = 0 }
    }
  }

  @inline(__always)
  public func bytes(_ number: Int) -> UnsafeBufferPointer<UInt8> {
    let start = Int(bases[number >> 16]) &+ Int(starts[number])
    let next = number &+ 1
    let end = next == starts.count ? arena.count : Int(bases[next >> 16]) &+ Int(starts[next])
    return UnsafeBufferPointer(start: arena.pointer + start, count: end &- start)
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, tag: UInt64, at place: Int) -> Int {
    let number = starts.count
    require(number < Self.capacity, "TextTableBuilder has room for \(Self.capacity) texts")
    slots[place] = tag << 32 | UInt64(number + 1)
    if number & 0xffff == 0 { bases.append(UInt64(arena.count)) }
    starts.append(UInt32(arena.count - Int(bases[number >> 16])))
    arena.append(text)
    if number >= limit {
      slots = resized(to: slots.count * 2)
      limit = slots.count * 3 / 4
    }
    return number
  }

  private func resized(to slotCount: Int) -> Block<UInt64> {
    let larger = Block<UInt64>(zeros: slotCount)
    Self.place(slots, shift: 0, into: larger)
    return larger
  }

  private static func place(_ slots: Block<UInt64>, shift: Int, into target: Block<UInt64>) {
    let count = target.count
    let target = target.pointer
    for index in 0..<slots.count {
      let slot = slots[index]
      guard slot & 0xffff_ffff != 0 else { continue }
      var place = TextHash.place(slot >> 32, count)
      while target[place] != 0 {
        place &+= 1
        if place == count { place = 0 }
      }
      target[place] = slot &+ UInt64(shift)
    }
  }

  /// Adds one table to `writer`, made of builders whose texts differ: the second builder's numbers follow
  /// the first one's.
  public static func add(
    _ prefix: String, _ builders: [TextTableBuilder], to writer: inout SectionFileWriter
  ) {
    let total = builders.reduce(0) { $0 + $1.count }
    let slots = Block<UInt64>(zeros: total + total / 3 + 2)
    let bases = Block<UInt64>(zeros: total >> 16 + 1)
    let starts = Block<UInt32>(zeros: total + 1)
    var number = 0
    var offset = 0
    for builder in builders {
      place(builder.slots, shift: number, into: slots)
      for index in 0..<builder.count {
        let start = offset + Int(builder.bases[index >> 16]) + Int(builder.starts[index])
        if number & 0xffff == 0 { bases[number >> 16] = UInt64(start) }
        starts[number] = UInt32(start - Int(bases[number >> 16]))
        number += 1
      }
      offset += builder.arena.count
    }
    if number & 0xffff == 0 { bases[number >> 16] = UInt64(offset) }
    starts[number] = UInt32(offset - Int(bases[number >> 16]))
    writer.add(
      prefix + ".texts", builders.map { (bytes: $0.arena.bytes, owner: $0.arena) })
    writer.add(prefix + ".bases", UnsafeRawBufferPointer(bases.buffer), owner: bases)
    writer.add(prefix + ".starts", UnsafeRawBufferPointer(starts.buffer), owner: starts)
    writer.add(prefix + ".slots", UnsafeRawBufferPointer(slots.buffer), owner: slots)
  }
}
