/// Finds what is one token by its form (`TokenShapes`). Everything else is an ideograph run, for the
/// dictionary, or a single sign.
public struct AtomSpans {
  @frozen public enum Span: Sendable {
    case token
    case ideographs
    case space
  }

  private let line: ScalarLine
  private let end: Int
  private let shapes: TokenShapes

  /// The spans of the first `end` characters of `line`.
  public init(_ line: ScalarLine, end: Int, shapes: TokenShapes = .all) {
    self.line = line
    self.end = end
    self.shapes = shapes
  }

  @inline(__always)
  private func kind(_ index: Int) -> ScalarClass {
    index < end ? line.classes.pointer[index] : .space
  }

  @inline(__always)
  private func isKind(_ index: Int, _ value: ScalarClass) -> Bool { kind(index) == value }

  @inline(__always)
  private func scalar(_ index: Int) -> UInt32 { index < end ? line.scalars.pointer[index] : 0 }

  private func isIdeograph(_ index: Int) -> Bool { index < end && kind(index).isIdeograph }

  /// The span that begins at `start` and where it ends.
  public func next(_ start: Int) -> (kind: Span, end: Int) {
    switch kind(start) {
    case .space: return (.space, start + 1)
    case .digit: return (.token, address(start) ?? number(start))
    case .latin: return (.token, address(start) ?? letters(start))
    case .numeral, .ordinal:
      if let end = chineseNumber(start) { return (.token, end) }
      return (.ideographs, run(start))
    case .ideograph, .dateUnit, .magnitude: return (.ideographs, run(start))
    case .repeated:
      guard shapes.contains(.repeated) else { return (.token, start + 1) }
      var index = start + 1
      while index < end, scalar(index) == scalar(start) { index += 1 }
      return (.token, index)
    case .other, .numberJoiner, .wordJoiner, .joiner, .percent, .extending, .regional, .ignorable:
      return (.token, sign(start))
    }
  }

  /// A topic or a mention, ASCII dashes and dots that are repeated, or one sign.
  private func sign(_ start: Int) -> Int {
    let first = scalar(start)
    if first == 0x23 || first == 0xFF03, shapes.contains(.topic), let end = topic(start) {
      return end
    }
    if first == 0x40 || first == 0xFF20, shapes.contains(.mention), let end = mention(start) {
      return end
    }
    var index = start + 1
    if first == 0x2D || first == 0x2E, shapes.contains(.repeated) {
      while index < end, scalar(index) == first { index += 1 }
    }
    return index
  }

  // MARK: Numbers and letters

  private func number(_ start: Int) -> Int {
    guard shapes.contains(.number) else {
      return shapes.contains(.mixed) ? mixed(start) ?? start + 1 : start + 1
    }
    var index = start + 1
    while isKind(index, .digit)
      || ((isKind(index, .joiner) || isKind(index, .numberJoiner)) && isKind(index + 1, .digit))
    {
      index += 1
    }
    // Letters behind a number with a separator (2019-03-05T, 1,000km) stay on their own.
    if shapes.contains(.mixed),
      isKind(index, .latin) || isHyphen(index) && isKind(index + 1, .latin),
      let end = mixed(start), end > index
    {
      return end
    }
    while isKind(index, .percent) { index += 1 }
    if isKind(index, .dateUnit) { return index + 1 }
    while isMagnitude(index) { index += 1 }
    return index
  }

  private func letters(_ start: Int) -> Int {
    if shapes.contains(.mixed), let end = mixed(start) ?? language(start) { return end }
    guard shapes.contains(.latin) else { return start + 1 }
    var index = start + 1
    while isKind(index, .latin)
      || ((isKind(index, .joiner) || isKind(index, .wordJoiner)) && isKind(index + 1, .latin))
    {
      index += 1
    }
    return index
  }

  /// The end of letters and digits that belong together; `nil` if there is only one kind of them.
  private func mixed(_ start: Int) -> Int? {
    var index = start
    var hasLetters = false
    var hasDigits = false
    while index < end {
      let isDigit = isKind(index, .digit)
      if isDigit || isKind(index, .latin) {
        if isDigit { hasDigits = true } else { hasLetters = true }
        index += 1
        continue
      }
      guard index > start, joins(index) else { break }
      index += 1
    }
    return hasLetters && hasDigits ? index : nil
  }

  /// The end of a name such as C++, C++17, Notepad++ or C#; the # of a topic is none of its.
  private func language(_ start: Int) -> Int? {
    var index = start + 1
    while isKind(index, .latin) { index += 1 }
    if scalar(index) == 0x2B, scalar(index + 1) == 0x2B {
      index += 2
      while isKind(index, .digit) { index += 1 }
    } else if scalar(index) == 0x23, index == start + 1, topic(index) == nil {
      index += 1
    } else {
      return nil
    }
    return isKind(index, .latin) || isKind(index, .digit) || scalar(index) == 0x2B ? nil : index
  }

  /// Whether the sign at `index` joins what is before it and behind it into one token.
  private func joins(_ index: Int) -> Bool {
    let before = kind(index - 1)
    let after = kind(index + 1)
    let isBetweenLetters = before == .latin && after == .latin
    switch kind(index) {
    case .wordJoiner: return isBetweenLetters
    case .joiner:
      if isBetweenLetters || before == .digit && after == .digit { return true }
      return isHyphen(index) && (before == .digit || before == .latin)
        && (after == .digit || after == .latin)
    default: return false
    }
  }

  private func isHyphen(_ index: Int) -> Bool { scalar(index) == 0x2D || scalar(index) == 0xFF0D }

  /// 万 亿 千 百 余 多 after digits.
  private func isMagnitude(_ index: Int) -> Bool {
    if isKind(index, .magnitude) { return true }
    guard isKind(index, .numeral) else { return false }
    return [0x4E07, 0x4EBF, 0x5343, 0x767E].contains(scalar(index))
  }

  /// The end of a run of at least two Chinese numerals (or 第 and one), with 年, 月 or 日.
  private func chineseNumber(_ start: Int) -> Int? {
    guard shapes.contains(.numeral) else { return nil }
    let isOrdinal = isKind(start, .ordinal)
    if isOrdinal, !isKind(start + 1, .numeral) { return nil }
    var index = start + 1
    // 统一一些: twice 一 is the end of one word and the beginning of the next.
    var isRepeated = scalar(start) == 0x4E00
    while isKind(index, .numeral) {
      isRepeated = isRepeated && scalar(index) == 0x4E00
      index += 1
    }
    guard index - start >= 2, !isRepeated else { return nil }
    if !isOrdinal, isKind(index, .dateUnit), [0x5E74, 0x6708, 0x65E5].contains(scalar(index)) {
      index += 1
    }
    return index
  }

  private func run(_ start: Int) -> Int {
    var index = start + 1
    // Where the numerals are not a number, none of their ends is one: they are passed at once.
    if isKind(start, .numeral) { while isKind(index, .numeral) { index += 1 } }
    while isIdeograph(index) {
      if isKind(index, .numeral) || isKind(index, .ordinal) {
        if chineseNumber(index) != nil { break }
        index += 1
        while isKind(index, .numeral) { index += 1 }
      } else {
        index += 1
      }
    }
    return index
  }

  // MARK: Addresses, topics, names

  /// The end of a web or mail address that begins at `start`.
  private func address(_ start: Int) -> Int? {
    var index = start
    // The name before "://" or "@": what addresses begin with, and nothing else is looked at far.
    while index < end, index - start < 64, isAddressCharacter(scalar(index)) { index += 1 }
    if shapes.contains(.url), scalar(index) == 0x3A, scalar(index + 1) == 0x2F,
      scalar(index + 2) == 0x2F
    {
      return web(index + 3)
    }
    if shapes.contains(.url), index - start > 4,
      [0, 1, 2].allSatisfy({ scalar(start + $0) | 0x20 == 0x77 }),
      scalar(start + 3) == 0x2E, isKind(start + 4, .latin) || isKind(start + 4, .digit)
    {
      return web(start + 4)
    }
    guard shapes.contains(.email), scalar(index) == 0x40 else { return nil }
    var domain = index + 1
    var point = 0
    while domain < end, isAddressCharacter(scalar(domain)) {
      if scalar(domain) == 0x2E { point = domain }
      domain += 1
    }
    while domain > index + 1, [0x2E, 0x2D, 0x5F].contains(scalar(domain - 1)) { domain -= 1 }
    return point > index + 1 && point < domain - 1 ? domain : nil
  }

  private func isAddressCharacter(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  /// The end of what follows "://": visible ASCII, signs that end a sentence left out.
  private func web(_ start: Int) -> Int? {
    var index = start
    while index < end, scalar(index) > 0x20, scalar(index) < 0x7F,
      ![0x22, 0x3C, 0x3E].contains(scalar(index))
    {
      index += 1
    }
    while index > start,
      [0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x3F, 0x29, 0x27, 0x5D].contains(scalar(index - 1))
    {
      index -= 1
    }
    return index > start ? index : nil
  }

  private static let longestName = 30

  /// `#…#`, or `#` and letters or digits.
  private func topic(_ start: Int) -> Int? {
    var index = start + 1
    while index < end, index - start <= Self.longestName, isNameCharacter(index) { index += 1 }
    if index > start + 1, scalar(index) == scalar(start) { return index + 1 }
    index = start + 1
    while isKind(index, .latin) || isKind(index, .digit) || scalar(index) == 0x5F { index += 1 }
    return index > start + 1 && isKind(start + 1, .latin) ? index : nil
  }

  /// `@` and a name: letters and digits, or ideographs that a blank, a colon or the end of the line follows.
  private func mention(_ start: Int) -> Int? {
    var index = start + 1
    while isKind(index, .latin) || isKind(index, .digit) || [0x5F, 0x2D].contains(scalar(index)) {
      index += 1
    }
    if index > start + 1 { return index }
    while index < end, index - start <= Self.longestName, isNameCharacter(index) { index += 1 }
    if index > start + 1, isKind(index, .space) || [0x3A, 0xFF1A].contains(scalar(index)) {
      return index
    }
    return nil
  }

  private func isNameCharacter(_ index: Int) -> Bool {
    isIdeograph(index) || isKind(index, .latin) || isKind(index, .digit)
      || [0x5F, 0x2D, 0xB7].contains(scalar(index))
  }
}
