import Tokenizers

/// What a model reads at once: a text, a pair, or a part of a text that is too long.
struct TextWindow: Sendable {
  var encoding: Encoding
  /// The places of the text's own tokens; of a question's window those of the passage.
  var places: Range<Int>
  /// The places that this window decides about; others are the business of the window before or behind.
  var own: Range<Int>

  var count: Int { encoding.count }

  /// The scalars of the text that the tokens from `first` to `last` stand for.
  func scalars(_ first: Int, _ last: Int) -> Range<Int> {
    let (start, end) = (encoding.offsets[first].lowerBound, encoding.offsets[last].upperBound)
    return start..<max(start, end)
  }

  /// The places of the tokens that `range` of the text's scalars touches; `nil` unless all of it is in here.
  func tokens(of range: Range<Int>) -> ClosedRange<Int>? {
    let touched = places.filter { encoding.offsets[$0].overlaps(range) }
    guard let first = touched.first, let last = touched.last,
      encoding.offsets[first].lowerBound <= range.lowerBound,
      encoding.offsets[last].upperBound >= range.upperBound
    else { return nil }
    return first...last
  }
}

/// Makes windows of texts.
struct TextWindows: Sendable {
  let tokenizer: any Tokenizer
  let task: FineTuningTask
  let maxLength: Int
  /// Tokens that neighboring windows of one text share.
  let overlap: Int

  init(_ tokenizer: any Tokenizer, task: FineTuningTask, maxLength: Int) {
    self.tokenizer = tokenizer
    self.task = task
    self.maxLength = maxLength
    overlap = maxLength / 4
  }

  /// The windows of an item, and whether anything of it was cut off.
  ///
  /// - Parameter withTarget: Whether the text that is to be generated is read, too.
  func windows(of item: TextItem, withTarget: Bool = false) throws -> (
    windows: [TextWindow], isCut: Bool
  ) {
    switch task {
    case .classify: return try whole(item.text, nil)
    case .pair: return try whole(item.text, item.second ?? "")
    case .generate: return try generated(item, withTarget: withTarget)
    case .tag, .pointer: return (parts(of: tokenizer.tokens(item.text), nil), false)
    case .extract:
      var question = tokenizer.tokens(item.second ?? "")
      // At least half of a window is passage.
      let room = maxLength / 2
      let isCut = question.count > room
      if isCut { question.removeLast(question.count - room) }
      return (parts(of: tokenizer.tokens(item.text), question), isCut)
    }
  }

  private func whole(_ text: String, _ second: String?) throws -> ([TextWindow], Bool) {
    var first = tokenizer.tokens(text)
    var other = second.map(tokenizer.tokens)
    let count = first.count + (other?.count ?? 0)
    try Truncation(maxLength: maxLength).shorten(
      &first, &other, special: tokenizer.template.specialCount(isPair: second != nil))
    let encoding = tokenizer.template.fill(first, other)
    let isCut = first.count + (other?.count ?? 0) < count
    return ([TextWindow(encoding: encoding, places: 0..<encoding.count, own: 0..<0)], isCut)
  }

  /// The source leaves a quarter of the window to what is generated, or as much as that takes.
  private func generated(_ item: TextItem, withTarget: Bool) throws -> ([TextWindow], Bool) {
    var source = tokenizer.tokens(item.text)
    var target = withTarget ? item.second.map(tokenizer.tokens) ?? [] : nil
    let room = maxLength - tokenizer.template.specialCount(isPair: true)
    let longestTarget = maxLength / 4
    var isCut = false
    if var tokens = target, tokens.count > longestTarget {
      tokens.removeLast(tokens.count - longestTarget)
      target = tokens
      isCut = true
    }
    let left = room - (target?.count ?? longestTarget)
    if source.count > left {
      source.removeLast(source.count - left)
      isCut = true
    }
    let encoding = tokenizer.template.fill(source, target)
    return ([TextWindow(encoding: encoding, places: 0..<encoding.count, own: 0..<0)], isCut)
  }

  /// A text in overlapping parts, each behind the question if there is one.
  private func parts(of tokens: [Token], _ question: [Token]?) -> [TextWindow] {
    let special = tokenizer.template.specialCount(isPair: question != nil)
    let room = max(1, maxLength - special - (question?.count ?? 0))
    let shared = min(overlap, room / 2)
    var windows: [TextWindow] = []
    var start = 0
    repeat {
      let end = min(tokens.count, start + room)
      let part = Array(tokens[start..<end])
      let encoding =
        question.map { tokenizer.template.fill($0, part) } ?? tokenizer.template.fill(part, nil)
      let first = placeOfText(question: question?.count)
      let isLast = end == tokens.count
      // A token that two windows share belongs to the one in which it is farther from the border.
      let ownStart = start == 0 ? first : first + shared / 2
      let ownEnd = first + part.count - (isLast ? 0 : shared - shared / 2)
      windows.append(
        TextWindow(
          encoding: encoding, places: first..<first + part.count,
          own: ownStart..<max(ownStart, ownEnd)))
      if isLast { break }
      start = end - shared
    } while true
    return windows
  }

  /// Where the text begins among the template's parts.
  private func placeOfText(question: Int?) -> Int {
    var place = 0
    for part in question == nil ? tokenizer.template.single : tokenizer.template.pair {
      switch part {
      case .special: place += 1
      case .first:
        guard let question else { return place }
        place += question
      case .second: return place
      }
    }
    return place
  }
}
