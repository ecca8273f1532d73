/// Where a cell's bytes are: 39 bits for the start, 23 for the length, and whether it stood in quotes and
/// whether its bytes lie in the buffer of unescaped cells.
struct DelimitedCell {
  let code: UInt64
  static let longest = 1 << 23 - 1

  init(start: Int, count: Int, isQuoted: Bool = false, isUnescaped: Bool = false) {
    code =
      UInt64(start) << 25 | UInt64(count) << 2 | (isQuoted ? 2 : 0) | (isUnescaped ? 1 : 0)
  }

  var start: Int { Int(code >> 25) }
  var count: Int { Int(code >> 2) & DelimitedCell.longest }
  var isQuoted: Bool { code & 2 != 0 }
  var isUnescaped: Bool { code & 1 != 0 }
}

/// Numbers for distinct cells in the order in which they first occur, without a String for each cell.
struct DistinctCells {
  private(set) var cells: [DelimitedCell] = []
  private var hashes: [UInt64] = []
  /// Numbers by hash, −1 where there is none; a power of two of them.
  private var slots = [Int32](repeating: -1, count: 64)

  mutating func number(
    of bytes: UnsafeBufferPointer<UInt8>, _ cell: DelimitedCell, isSame: (DelimitedCell) -> Bool
  ) -> Int {
    // FNV-1a.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash ^= hash >> 29
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let number = Int(slots[slot])
      if hashes[number] == hash, isSame(cells[number]) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(cells.count)
    cells.append(cell)
    hashes.append(hash)
    if cells.count * 2 > slots.count { grow() }
    return cells.count - 1
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 4)
    for (number, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(number)
    }
  }
}
