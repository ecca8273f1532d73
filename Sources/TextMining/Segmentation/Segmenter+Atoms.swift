import Text

extension Segmenter {
  /// Tokens told by their form stay together; the dictionary cuts the ideographs between them, or, where
  /// it has a word of both, outranks them.
  func cutAtoms(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    let spans = AtomSpans(workspace.line, end: end, shapes: shapes)
    guard !hasWordsAcrossTokens else {
      return cutAcrossTokens(workspace, spans, start, end, emit)
    }
    var index = start
    while index < end {
      let span = spans.next(index)
      switch span.kind {
      case .space: break
      case .token: emit(index, span.end)
      case .ideographs:
        route(workspace, index, span.end)
        follow(workspace, index, span.end, emit)
      }
      index = span.end
    }
  }

  @inline(__always)
  private func follow(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    var position = start
    while position < end {
      let next = Int(workspace.next.pointer[position])
      emit(position, next)
      position = next
    }
  }

  /// The same where the dictionary has words such as `T恤` and `十二指肠`: tokens and ideographs that touch are
  /// cut together. A token with a character that no word has stands alone.
  private func cutAcrossTokens(
    _ workspace: Workspace, _ spans: AtomSpans, _ start: Int, _ end: Int,
    _ emit: (Int, Int) -> Void
  ) {
    let tokenEnds = workspace.tokenEnds.pointer
    let numbers = workspace.numbers.pointer
    var blockStart = start
    var hasTokens = false
    func cutBlock(_ blockEnd: Int) {
      guard blockStart < blockEnd else { return }
      if hasTokens {
        routeAcrossTokens(workspace, blockStart, blockEnd)
      } else {
        route(workspace, blockStart, blockEnd)
      }
      follow(workspace, blockStart, blockEnd, emit)
      hasTokens = false
    }
    var index = start
    while index < end {
      let span = spans.next(index)
      switch span.kind {
      case .space:
        cutBlock(index)
        blockStart = span.end
      case .token:
        if (index..<span.end).contains(where: { numbers[$0] == 0 }) {
          cutBlock(index)
          emit(index, span.end)
          blockStart = span.end
        } else {
          tokenEnds[index] = Int32(truncatingIfNeeded: span.end)
          for inner in index + 1..<max(index + 1, span.end) { tokenEnds[inner] = -1 }
          hasTokens = true
        }
      case .ideographs:
        for place in index..<span.end { tokenEnds[place] = 0 }
      }
      index = span.end
    }
    cutBlock(end)
  }
}
