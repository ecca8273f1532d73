import Text

extension Segmenter {
  /// Numbers, dates and Latin words are tokens; the dictionary cuts the ideographs between them.
  func cutAtoms(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    let spans = AtomSpans(workspace.line, end: end)
    var index = start
    while index < end {
      let span = spans.next(index)
      switch span.kind {
      case .space: break
      case .token: emit(index, span.end)
      case .ideographs:
        route(workspace, index, span.end)
        var position = index
        while position < span.end {
          let next = Int(workspace.next.pointer[position])
          emit(position, next)
          position = next
        }
      }
      index = span.end
    }
  }
}
