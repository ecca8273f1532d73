extension Segmenter {
  /// Fills `workspace.next` for the block: where the best word that begins at each place ends.
  func route(_ workspace: Workspace, _ start: Int, _ end: Int) {
    route(workspace, start, end, tokenEnds: nil)
  }

  /// The same for a block with tokens (`workspace.tokenEnds`): a token is a word as rare as a character
  /// without one, and words of the dictionary end nowhere inside it.
  func routeAcrossTokens(_ workspace: Workspace, _ start: Int, _ end: Int) {
    workspace.tokenEnds.pointer[end] = 0
    route(workspace, start, end, tokenEnds: workspace.tokenEnds.pointer)
  }

  @inline(__always)
  private func route(
    _ workspace: Workspace, _ start: Int, _ end: Int, tokenEnds: UnsafeMutablePointer<Int32>?
  ) {
    let numbers = workspace.numbers.pointer
    let scores = workspace.scores.pointer
    let next = workspace.next.pointer
    let guesses = unknown != nil
    scores[end] = 0
    var position = end &- 1
    while position >= start {
      let tokenEnd = tokenEnds.map { Int($0[position]) } ?? 0
      if tokenEnd < 0 {
        position &-= 1
        continue
      }
      var best = -Double.infinity
      var bestEnd = position &+ 1
      if tokenEnd > 0 {
        best = logMissing + scores[tokenEnd]
        bestEnd = tokenEnd
      }
      let root = trie.root(numbers[position])
      // Bit k: a word of k characters begins here.
      var knownLengths = 0
      if root != WordTrie.none {
        var index = position &+ 1
        var node = root
        while true {
          let score = trie.score(at: node) + scores[index]
          // Where no word ends the score is not a number, and no comparison with it holds.
          let endsWord = !score.isNaN && (tokenEnds.map { $0[index] >= 0 } ?? true)
          // Later ends win ties.
          if score >= best, endsWord {
            best = score
            bestEnd = index
          }
          if guesses, endsWord, index &- position < 8 { knownLengths |= 1 << (index &- position) }
          if index >= end { break }
          let number = numbers[index]
          node =
            index == position &+ 1 ? trie.second(root, number) : trie.step(node, number)
          if node == WordTrie.none { break }
          index &+= 1
        }
      }
      if tokenEnd == 0, best == -.infinity || (guesses && knownLengths & 2 == 0) {
        let single = logMissing + scores[position &+ 1]
        if single > best {
          best = single
          bestEnd = position &+ 1
        }
      }
      if let unknown, tokenEnd == 0 {
        var inner = unknown.score(numbers[position], 0)
        for length in 2..<(UnknownWords.longest + 1) where position &+ length <= end {
          let last = position &+ length &- 1
          if let tokenEnds, tokenEnds[last] != 0 { break }
          if knownLengths >> length & 1 == 0 {
            let score =
              unknown.lengthScores[length] + inner + unknown.score(numbers[last], 2)
              + scores[last &+ 1]
            if score > best {
              best = score
              bestEnd = last &+ 1
            }
          }
          inner += unknown.score(numbers[last], 1)
        }
      }
      scores[position] = best
      next[position] = Int32(truncatingIfNeeded: bestEnd)
      position &-= 1
    }
  }
}
