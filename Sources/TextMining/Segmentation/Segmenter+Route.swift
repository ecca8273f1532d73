extension Segmenter {
  /// Fills `workspace.next` for the block: where the best word that begins at each place ends.
  func route(_ workspace: Workspace, _ start: Int, _ end: Int) {
    let numbers = workspace.numbers.pointer
    let scores = workspace.scores.pointer
    let next = workspace.next.pointer
    let guesses = unknown != nil
    scores[end] = 0
    var position = end &- 1
    while position >= start {
      var best = -Double.infinity
      var bestEnd = position &+ 1
      let root = trie.root(numbers[position])
      // Bit k: a word of k characters begins here.
      var knownLengths = 0
      if root != WordTrie.none {
        var index = position &+ 1
        var node = root
        while true {
          let score = trie.score(at: node) + scores[index]
          // Where no word ends the score is not a number, and no comparison with it holds.
          let endsWord = !score.isNaN
          // Later ends win ties.
          if score >= best {
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
      if best == -.infinity || (guesses && knownLengths & 2 == 0) {
        let single = logMissing + scores[position &+ 1]
        if single > best {
          best = single
          bestEnd = position &+ 1
        }
      }
      if let unknown {
        var inner = unknown.score(numbers[position], 0)
        for length in 2..<(UnknownWords.longest + 1) where position &+ length <= end {
          let last = position &+ length &- 1
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
