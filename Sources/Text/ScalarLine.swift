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

  /// Stands for a byte that belongs to no scalar.
  static let replacement: UInt32 = 0xFFFD

  public init() {}

  @inlinable @inline(__always)
  public func isSpace(_ index: Int) -> Bool {
    if case .space = classes.pointer[index] { true } else { false }
  }

  /// Decodes UTF-8; a byte that belongs to no scalar becomes U+FFFD.
  public func decode(_ bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.count > scalars.count {
      let room = bytes.count * 3 / 2
      storedScalars = Block(uninitializedCount: room)
      storedOffsets = Block(uninitializedCount: room + 1)
      storedClasses = Block(uninitializedCount: room)
    }
    let table = ScalarClass.table
    var index = 0
    var found = 0
    while index < bytes.count {
      let (scalar, width) = Self.scalar(bytes, index)
      scalars.pointer[found] = scalar
      offsets.pointer[found] = Int32(truncatingIfNeeded: index)
      classes.pointer[found] = ScalarClass.of(scalar, in: table)
      found &+= 1
      index &+= width
    }
    offsets.pointer[found] = Int32(truncatingIfNeeded: bytes.count)
    storedCount = found
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
