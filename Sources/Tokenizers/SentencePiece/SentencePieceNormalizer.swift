/// Text as SentencePiece cuts it, in UTF-8, and where each byte comes from.
struct NormalizedText {
  var bytes: [UInt8] = []
  /// One more than there are bytes: where in the text's UTF-8 each comes from, and the end.
  var origins: [Int] = []
}

struct SentencePieceNormalizer: Sendable {
  static let space: [UInt8] = [0xE2, 0x96, 0x81]

  private let options: SentencePieceModel.Normalization
  private let replacements: ReplacementTable
  /// User-defined pieces, which are not normalized.
  private let kept: ByteTrie?

  init(_ options: SentencePieceModel.Normalization, keeping pieces: [String]) throws {
    self.options = options
    replacements = try ReplacementTable(options.replacements)
    var trie = ByteTrie()
    for piece in pieces { _ = trie.insert(piece.utf8, 1) }
    kept = pieces.isEmpty ? nil : trie
  }

  func normalize(_ text: UnsafeBufferPointer<UInt8>) -> NormalizedText {
    var result = NormalizedText()
    result.bytes.reserveCapacity(text.count + text.count / 4)
    result.origins.reserveCapacity(text.count + text.count / 4)
    let space = options.escapesSpaces ? Self.space : [0x20]
    func append(_ bytes: some Sequence<UInt8>, from origin: Int) {
      for byte in bytes {
        result.bytes.append(byte)
        result.origins.append(origin)
      }
    }
    var position = 0
    if options.removesExtraSpaces {
      while position < text.count {
        let (part, length) = prefix(text, position)
        guard part.elementsEqual([0x20]) else { break }
        position += length
      }
    }
    // Nothing but spaces is nothing.
    if position == text.count { return NormalizedText(bytes: [], origins: [position]) }
    if options.addsPrefix, !options.putsSpaceBehind { append(space, from: position) }
    var followsSpace = options.removesExtraSpaces
    while position < text.count {
      let (part, length) = prefix(text, position)
      let rest = followsSpace ? part.drop { $0 == 0x20 } : part
      if let last = rest.last {
        for byte in rest {
          if byte == 0x20 { append(space, from: position) } else { append([byte], from: position) }
        }
        followsSpace = last == 0x20
      }
      position += length
      if !options.removesExtraSpaces { followsSpace = false }
    }
    var end = position
    if options.removesExtraSpaces {
      while result.bytes.count >= space.count, result.bytes.suffix(space.count).elementsEqual(space)
      {
        result.bytes.removeLast(space.count)
        end = result.origins[result.bytes.count]
        result.origins.removeLast(space.count)
      }
    }
    if options.addsPrefix, options.putsSpaceBehind { append(space, from: end) }
    result.origins.append(end)
    return result
  }

  /// What the text from `position` on begins with, normalized, and how many bytes that was.
  private func prefix(
    _ text: UnsafeBufferPointer<UInt8>, _ position: Int
  ) -> (part: ArraySlice<UInt8>, length: Int) {
    if let length = keptLength(text, position) {
      return (Array(text[position..<position + length])[...], length)
    }
    if let (length, replacement) = replacements.longest(text, from: position) {
      return (replacement, length)
    }
    let length = min(Self.scalarLength(text[position]), text.count - position)
    return (Array(text[position..<position + length])[...], length)
  }

  private func keptLength(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
    guard let kept else { return nil }
    var node = ByteTrie.root
    var found: Int?
    for index in position..<text.count {
      node = kept.step(node, text[index])
      if node == ByteTrie.none { break }
      if kept.values[Int(node)] >= 0 { found = index - position + 1 }
    }
    return found
  }

  /// Bytes of the scalar that begins with `byte`; Swift's strings hold nothing but whole ones.
  @inline(__always)
  static func scalarLength(_ byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }
}
