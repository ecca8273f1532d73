/// Finds what is one token by its form: numbers with their decimals, units and dates, Latin words,
/// dashes. Everything else is an ideograph run, for the dictionary, or a single sign.
public struct AtomSpans {
  @frozen public enum Span: Sendable {
    case token
    case ideographs
    case space
  }

  private let line: ScalarLine
  private let end: Int

  /// The spans of the first `end` scalars of `line`.
  public init(_ line: ScalarLine, end: Int) {
    self.line = line
    self.end = end
  }

  @inline(__always)
  private func kind(_ index: Int) -> ScalarClass {
    index < end ? line.classes.pointer[index] : .space
  }

  @inline(__always)
  private func isKind(_ index: Int, _ value: ScalarClass) -> Bool { kind(index) == value }

  private func isIdeograph(_ index: Int) -> Bool { index < end && kind(index).isIdeograph }

  /// The span that begins at `start` and where it ends.
  public func next(_ start: Int) -> (kind: Span, end: Int) {
    switch kind(start) {
    case .space: return (.space, start + 1)
    case .digit: return (.token, number(start))
    case .latin: return (.token, latin(start))
    case .numeral, .ordinal:
      if let end = chineseNumber(start) { return (.token, end) }
      return (.ideographs, run(start))
    case .ideograph, .dateUnit, .magnitude: return (.ideographs, run(start))
    case .repeated:
      var index = start + 1
      while index < end, line.scalars.pointer[index] == line.scalars.pointer[start] { index += 1 }
      return (.token, index)
    case .other, .numberJoiner, .wordJoiner, .joiner, .percent:
      // ASCII dashes and dots are repeated too.
      var index = start + 1
      let scalar = line.scalars.pointer[start]
      if scalar == 0x2D || scalar == 0x2E {
        while index < end, line.scalars.pointer[index] == scalar { index += 1 }
      }
      return (.token, index)
    }
  }

  private func number(_ start: Int) -> Int {
    var index = start + 1
    while isKind(index, .digit)
      || ((isKind(index, .joiner) || isKind(index, .numberJoiner)) && isKind(index + 1, .digit))
    {
      index += 1
    }
    while isKind(index, .percent) { index += 1 }
    if isKind(index, .dateUnit) { return index + 1 }
    while isMagnitude(index) { index += 1 }
    return index
  }

  /// 万 亿 千 百 余 多 after digits.
  private func isMagnitude(_ index: Int) -> Bool {
    if isKind(index, .magnitude) { return true }
    guard isKind(index, .numeral) else { return false }
    return [0x4E07, 0x4EBF, 0x5343, 0x767E].contains(line.scalars.pointer[index])
  }

  private func latin(_ start: Int) -> Int {
    var index = start + 1
    while isKind(index, .latin) || isKind(index, .digit)
      || ((isKind(index, .joiner) || isKind(index, .wordJoiner)) && isKind(index + 1, .latin))
    {
      index += 1
    }
    return index
  }

  /// The end of a run of at least two Chinese numerals (or 第 and one), with 年, 月 or 日.
  private func chineseNumber(_ start: Int) -> Int? {
    let isOrdinal = isKind(start, .ordinal)
    if isOrdinal, !isKind(start + 1, .numeral) { return nil }
    var index = start + 1
    while isKind(index, .numeral) { index += 1 }
    guard index - start >= 2 else { return nil }
    // 统一一些: twice 一 is the end of one word and the beginning of the next.
    if (start..<index).allSatisfy({ line.scalars.pointer[$0] == 0x4E00 }) { return nil }
    if !isOrdinal, isKind(index, .dateUnit),
      [0x5E74, 0x6708, 0x65E5].contains(line.scalars.pointer[index])
    {
      index += 1
    }
    return index
  }

  private func run(_ start: Int) -> Int {
    var index = start + 1
    while isIdeograph(index) {
      if isKind(index, .numeral) || isKind(index, .ordinal), chineseNumber(index) != nil { break }
      index += 1
    }
    return index
  }
}
