import Text

extension Segmenter {
  private static func isUnigramSeparator(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x3002, 0xFF0C, 0x3001, 0xFF01, 0xFF1F, 0x20, 0x0A: true
    default: false
    }
  }

  func cutUnigram(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    let scalars = workspace.line.scalars.pointer
    var index = start
    while index < end {
      if Self.isUnigramSeparator(scalars[index]) {
        if !workspace.line.isSpace(index) {
          emit(index, index + 1)
        }
        index += 1
        continue
      }
      var pieceEnd = index + 1
      while pieceEnd < end, !Self.isUnigramSeparator(scalars[pieceEnd]) { pieceEnd += 1 }
      forward(workspace, index, pieceEnd, emit)
      index = pieceEnd
    }
  }

  private func forward(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    let numbers = workspace.numbers.pointer
    let scores = workspace.scores.pointer
    let from = workspace.next.pointer
    for position in start...end { scores[position] = -.infinity }
    scores[start] = 0
    for position in start..<end {
      var node = trie.root(numbers[position])
      var index = position &+ 1
      while node != WordTrie.none {
        // Not a number, so the comparison fails, where no word ends.
        let score = scores[position] + trie.score(at: node)
        if score > scores[index] {
          scores[index] = score
          from[index] = Int32(truncatingIfNeeded: position)
        }
        if index >= end || numbers[index] == 0 { break }
        node = trie.step(node, numbers[index])
        index &+= 1
      }
      if scores[position &+ 1] == -.infinity {
        scores[position &+ 1] = scores[position] - 100
        from[position &+ 1] = Int32(truncatingIfNeeded: position)
      }
    }
    var borders = [end]
    while let last = borders.last, last > start { borders.append(Int(from[last])) }
    for index in stride(from: borders.count - 1, to: 0, by: -1) {
      emit(borders[index], borders[index - 1])
    }
  }
}
