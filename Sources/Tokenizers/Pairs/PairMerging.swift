/// Merges neighboring symbols, the best pair first, until no pair can be: the inner loop of byte-pair
/// encoding.
struct PairMerging {
  /// A stretch of a text, and the id of the token it is; −1 if it is none.
  struct Symbol {
    var id: Int
    var start: Int
    var end: Int
    /// Never merged with a neighbor.
    var isFixed = false
  }

  /// What a pair becomes, and how early: lower ranks first, then the pair further left.
  struct Merge {
    var rank: Double
    var id: Int
  }

  private struct Candidate: Comparable {
    var merge: Merge
    var left: Int
    var right: Int
    /// How long the pair was when it was queued: a longer one has been merged since.
    var length: Int

    static func < (one: Candidate, other: Candidate) -> Bool {
      one.merge.rank != other.merge.rank
        ? one.merge.rank < other.merge.rank : one.left < other.left
    }

    static func == (one: Candidate, other: Candidate) -> Bool {
      one.merge.rank == other.merge.rank && one.left == other.left
    }
  }

  /// The symbols after all merges; `merge` says what two of them become.
  static func merge(
    _ symbols: [Symbol], by merge: (_ left: Symbol, _ right: Symbol) -> Merge?
  ) -> [Symbol] {
    if symbols.count < 2 { return symbols }
    var symbols = symbols
    // Neighbors; a symbol that was merged into its left one is empty.
    var next = symbols.indices.map { $0 + 1 }
    var previous = symbols.indices.map { $0 - 1 }
    var queue = Heap<Candidate>()
    func push(_ left: Int, _ right: Int) {
      guard left >= 0, right < symbols.count, !symbols[left].isFixed, !symbols[right].isFixed,
        let merge = merge(symbols[left], symbols[right])
      else { return }
      queue.push(
        Candidate(
          merge: merge, left: left, right: right, length: symbols[right].end - symbols[left].start))
    }
    for index in 1..<symbols.count { push(index - 1, index) }
    while let best = queue.pop() {
      let left = best.left
      let right = best.right
      guard symbols[left].start < symbols[left].end, symbols[right].start < symbols[right].end,
        symbols[right].end - symbols[left].start == best.length
      else { continue }
      symbols[left].id = best.merge.id
      symbols[left].end = symbols[right].end
      symbols[right].end = symbols[right].start
      next[left] = next[right]
      if next[left] < symbols.count { previous[next[left]] = left }
      push(previous[left], left)
      push(left, next[left])
    }
    return symbols.filter { $0.start < $0.end }
  }
}

/// A binary heap: the least element first.
struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0, elements[child] < elements[(child - 1) / 2] {
      elements.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let top = elements.first, let last = elements.popLast() else { return nil }
    if elements.isEmpty { return top }
    elements[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < elements.count && elements[child] < elements[best] {
        best = child
      }
      if best == parent { return top }
      elements.swapAt(parent, best)
      parent = best
    }
  }
}
