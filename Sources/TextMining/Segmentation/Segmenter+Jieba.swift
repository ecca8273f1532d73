import Text

extension Segmenter {
  private static func isJiebaBlock(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FD5, 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2B, 0x23, 0x26, 0x2E, 0x5F, 0x25,
      0x2D:
      true
    default: false
    }
  }

  private static func isJiebaSpace(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x20, 0xA0, 0x3000, 0xFEFF: true
    default: false
    }
  }

  private static func isASCIIWord(_ scalar: UInt32) -> Bool {
    (scalar >= 0x30 && scalar <= 0x39) || (scalar >= 0x41 && scalar <= 0x5A)
      || (scalar >= 0x61 && scalar <= 0x7A)
  }

  /// Blocks go to the dictionary; single ASCII letters and digits that follow each other are joined.
  func cutAsJieba(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    let scalars = workspace.line.scalars.pointer
    var index = start
    while index < end {
      guard Self.isJiebaBlock(scalars[index]) else {
        if !Self.isJiebaSpace(scalars[index]) {
          emit(index, index + 1)
        }
        index += 1
        continue
      }
      var blockEnd = index + 1
      while blockEnd < end, Self.isJiebaBlock(scalars[blockEnd]) { blockEnd += 1 }
      route(workspace, index, blockEnd)
      var joined = index
      var position = index
      while position < blockEnd {
        let next = Int(workspace.next.pointer[position])
        if next == position + 1, Self.isASCIIWord(scalars[position]) {
          position = next
          continue
        }
        if joined < position { emit(joined, position) }
        emit(position, next)
        position = next
        joined = next
      }
      if joined < position { emit(joined, position) }
      index = blockEnd
    }
  }
}
