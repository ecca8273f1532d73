import Memory

/// One line of text as scalars with their places in the bytes; reused from line to line.
public final class ScalarLine {
  // Only `decode` changes these, which no reading overlaps. Other modules honor that through getters
  // they inline; stored properties they would check at each reading, once or more a character.
  @exclusivity(unchecked) @usableFromInline
  var storedScalars = Block<UInt32>(uninitializedCount: 1024)
  @exclusivity(unchecked) @usableFromInline
  var storedOffsets = Block<Int32>(uninitializedCount: 1025)
  @exclusivity(unchecked) @usableFromInline
  var storedClasses = Block<ScalarClass>(uninitializedCount: 1024)
  @exclusivity(unchecked) @usableFromInline
  var storedCount = 0

  @inlinable public var scalars: Block<UInt32> { @inline(__always) get { storedScalars } }
  /// Where each scalar begins; one more at the end.
  @inlinable public var offsets: Block<Int32> { @inline(__always) get { storedOffsets } }
  @inlinable public var classes: Block<ScalarClass> { @inline(__always) get { storedClasses } }
  @inlinable public var count: Int { @inline(__always) get { storedCount } }

  @exclusivity(unchecked) @usableFromInline
  var storedHasMerged = false
  @exclusivity(unchecked) @usableFromInline
  var storedHasIgnorable = false
  /// Which of the line's own scalars each character begins with, and their number; only where they differ
  /// from the characters' own numbers.
  @exclusivity(unchecked) @usableFromInline
  var storedPlaces: [Int32] = []

  /// The line has scalars that are parts of characters, or nothing.
  @inlinable public var hasMergedScalars: Bool { @inline(__always) get { storedHasMerged } }
  /// Bytes of the line that nobody sees and that stand for nothing.
  @inlinable public var hasIgnorableBytes: Bool { @inline(__always) get { storedHasIgnorable } }

  /// The number of the line's scalar with which character `index` begins.
  @inlinable @inline(__always)
  public func place(_ index: Int) -> Int { storedHasMerged ? Int(storedPlaces[index]) : index }

  /// Stands for a byte that belongs to no scalar.
  static let replacement: UInt32 = 0xFFFD

  public init() {}

  @inlinable @inline(__always)
  public func isSpace(_ index: Int) -> Bool {
    if case .space = classes.pointer[index] { true } else { false }
  }

  /// Decodes UTF-8; a byte that belongs to no scalar becomes U+FFFD.
  ///
  /// - Parameter mergesCharacters: one entry for each character that a reader sees, not for each scalar:
  ///   combining marks, variation selectors and joined emoji go with what is before them (extended
  ///   grapheme clusters), and what is invisible is left out.
  public func decode(_ bytes: UnsafeBufferPointer<UInt8>, mergesCharacters: Bool = false) {
    if bytes.count > scalars.count {
      let room = bytes.count * 3 / 2
      storedScalars = Block(uninitializedCount: room)
      storedOffsets = Block(uninitializedCount: room + 1)
      storedClasses = Block(uninitializedCount: room)
    }
    let table = ScalarClass.table
    // The first class that is no character of its own; where nothing is merged, one that none has.
    let firstPart = mergesCharacters ? ScalarClass.extending.rawValue : UInt8.max
    var index = 0
    var found = 0
    storedHasMerged = false
    storedHasIgnorable = false
    while index < bytes.count {
      // Most of a Chinese text: U+4000 to U+9FFF, none of which is a part of a character.
      let lead = bytes[index]
      if lead &- 0xE4 < 6, bytes.count &- index > 2, bytes[index &+ 1] & 0xC0 == 0x80,
        bytes[index &+ 2] & 0xC0 == 0x80
      {
        let scalar =
          UInt32(lead & 15) << 12 | UInt32(bytes[index &+ 1] & 63) << 6
          | UInt32(bytes[index &+ 2] & 63)
        scalars.pointer[found] = scalar
        offsets.pointer[found] = Int32(truncatingIfNeeded: index)
        classes.pointer[found] = table.pointer[Int(scalar)]
        found &+= 1
        index &+= 3
        continue
      }
      let (scalar, width) = Self.scalar(bytes, index)
      let kind = ScalarClass.of(scalar, in: table)
      if kind.rawValue >= firstPart {
        return decodeMerging(bytes, from: index, found: found, table)
      }
      scalars.pointer[found] = scalar
      offsets.pointer[found] = Int32(truncatingIfNeeded: index)
      classes.pointer[found] = kind
      found &+= 1
      index &+= width
    }
    offsets.pointer[found] = Int32(truncatingIfNeeded: bytes.count)
    storedCount = found
  }

  /// Goes on from the first scalar that is no character of its own.
  private func decodeMerging(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, found: Int, _ table: Block<ScalarClass>
  ) {
    var index = start
    var found = found
    var place = found
    storedPlaces.removeAll(keepingCapacity: true)
    storedPlaces.append(contentsOf: (0..<Int32(found)))
    // What the scalars before this one make of it.
    var joins = false
    var flags = 0
    while index < bytes.count {
      let (scalar, width) = Self.scalar(bytes, index)
      let kind = ScalarClass.of(scalar, in: table)
      let isPart: Bool
      switch kind {
      case .ignorable:
        storedHasIgnorable = true
        isPart = true
      case .extending:
        // Behind a space, or at the beginning, a mark is a character of its own.
        isPart = found > 0 && classes.pointer[found - 1] != .space
      case .regional:
        isPart = flags % 2 == 1
        flags += 1
      default: isPart = joins && kind == .other
      }
      if kind != .ignorable {
        joins = scalar == 0x200D && found > 0 && classes.pointer[found - 1] == .other
        if kind != .regional { flags = 0 }
      }
      if !isPart {
        scalars.pointer[found] = scalar
        offsets.pointer[found] = Int32(truncatingIfNeeded: index)
        classes.pointer[found] = kind == .extending || kind == .regional ? .other : kind
        storedPlaces.append(Int32(place))
        found += 1
      }
      place += 1
      index += width
    }
    offsets.pointer[found] = Int32(truncatingIfNeeded: bytes.count)
    storedPlaces.append(Int32(place))
    storedCount = found
    storedHasMerged = true
  }

  /// The bytes of a word without those that nobody sees.
  public static func visible(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let (scalar, width) = scalar(bytes, index)
      if !ScalarClass.ignorableScalars.contains(scalar) {
        result.append(contentsOf: bytes[index..<index + width])
      }
      index += width
    }
    return result
  }

  /// The scalar that begins at `index`, and its bytes; `replacement` of one byte if there is none.
  @inline(__always)
  static func scalar(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) -> (scalar: UInt32, width: Int) {
    let byte = bytes[index]
    let left = bytes.count &- index
    @inline(__always) func isContinued(_ offset: Int) -> Bool {
      bytes[index &+ offset] & 0xC0 == 0x80
    }
    @inline(__always) func bits(_ offset: Int) -> UInt32 { UInt32(bytes[index &+ offset] & 63) }
    if byte < 0x80 { return (UInt32(byte), 1) }
    if byte >= 0xE0, byte < 0xF0, left > 2, isContinued(1), isContinued(2) {
      let value = UInt32(byte & 15) << 12 | bits(1) << 6 | bits(2)
      if value >= 0x800, !(value >= 0xD800 && value < 0xE000) { return (value, 3) }
    } else if byte >= 0xC2, byte < 0xE0, left > 1, isContinued(1) {
      return (UInt32(byte & 31) << 6 | bits(1), 2)
    } else if byte >= 0xF0, byte < 0xF5, left > 3, isContinued(1), isContinued(2), isContinued(3) {
      let value = UInt32(byte & 7) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3)
      if value >= 0x10000, value < 0x110000 { return (value, 4) }
    }
    return (replacement, 1)
  }
}
