import Messages

/// Cuts text as SentencePiece does: by the most probable sequence of pieces (Kudo 2018), or by merging pairs
/// (Sennrich et al. 2016). T5, mT5, ALBERT and XLNet use the first, Llama the second.
public struct SentencePieceTokenizer: Tokenizer {
  public let vocabulary: Vocabulary
  public var template: EncodingTemplate
  public let model: SentencePieceModel
  /// Whether text is cut at whitespace first, and each word then for itself: Hugging Face's fast T5.
  public let cutsWords: Bool
  /// What is done to text before all else; `nil`: nothing.
  public let folding: TextFolding?
  private let normalizer: SentencePieceNormalizer
  private let trie: ByteTrie
  /// Tokens that are found in a text before all else.
  private let added: KeptWords
  private let unknown: Int
  /// Score of a character without a piece.
  private let unknownScore: Float
  private let highestScore: Float
  private let byteIds: [Int]
  // Beside each other: a walk over whole pieces would count references.
  private let scores: [Float]
  private let kinds: [SentencePieceModel.Kind]

  /// - Parameters:
  ///   - added: tokens that are found in a text before all else; those that are no pieces of the model are
  ///     numbered behind them, such as T5's `<extra_id_0>`.
  ///   - folding: ALBERT's lower-casing, for models that were trained on text without capitals.
  ///   - template: `[CLS] a [SEP] b [SEP]`, ALBERT's, if `nil` and there are such pieces; `a </s>`, T5's, if there
  ///     is a `</s>`; otherwise the text alone.
  public init(
    _ model: SentencePieceModel, added: [String] = [], cutsWords: Bool = false,
    folding: TextFolding? = nil, template: EncodingTemplate? = nil
  ) throws {
    self.model = model
    self.cutsWords = cutsWords
    self.folding = folding
    let names = model.pieces.map(\.text)
    let known = Set(names)
    vocabulary = Vocabulary(names + added.filter { !known.contains($0) })
    guard let unknown = model.pieces.firstIndex(where: { $0.kind == .unknown }) else {
      throw InputError("the model has no piece for the unknown")
    }
    self.unknown = unknown
    var trie = ByteTrie()
    for (id, piece) in model.pieces.enumerated() {
      guard [.normal, .userDefined, .unused].contains(piece.kind) else { continue }
      guard trie.insert(piece.text.utf8, id) else {
        throw InputError("the model's pieces have more than 16 million beginnings")
      }
    }
    self.trie = trie
    scores = model.pieces.map(\.score)
    kinds = model.pieces.map(\.kind)
    let normal = model.pieces.lazy.filter { $0.kind == .normal }.map(\.score)
    unknownScore = (normal.min() ?? 0) - 10
    highestScore = normal.max() ?? 0
    normalizer = try SentencePieceNormalizer(
      model.normalization,
      keeping: model.pieces.filter { $0.kind == .userDefined }.map(\.text))
    byteIds = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      let name = "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
      return model.pieces.firstIndex { $0.kind == .byte && $0.text == name } ?? unknown
    }
    self.added = KeptWords(added)
    func control(_ text: String) -> Int? {
      model.pieces.firstIndex { $0.kind == .control && $0.text == text }
    }
    if let template {
      self.template = template
    } else if let start = control("[CLS]"), let separator = control("[SEP]") {
      self.template = .bert(start: start, separator: separator)
    } else {
      self.template = control("</s>").map { .t5(end: $0) } ?? .bare
    }
  }

  public func tokens(_ text: String) -> [Token] {
    let scalars = text.unicodeScalars.map(\.value)
    let matches = added.matches(in: scalars)
    if matches.isEmpty, !cutsWords { return pieces(text) }
    var tokens: [Token] = []
    func cutPlain(_ range: Range<Int>) {
      let parts =
        cutsWords
        ? scalars[range].split { Unicode.Scalar($0)?.properties.isWhitespace ?? false }
        : range.isEmpty ? [] : [scalars[range]]
      for part in parts {
        let text = String(scalars: part)
        for token in pieces(text) {
          let start = part.startIndex + token.range.lowerBound
          var end = part.startIndex + token.range.upperBound
          // The space before a word stands for its first scalar.
          if cutsWords, end == start { end += 1 }
          tokens.append(Token(id: token.id, range: start..<end))
        }
      }
    }
    KeptWords.cut(scalars, at: matches, text: cutPlain) { match in
      let word = String(scalars: scalars[match])
      tokens.append(Token(id: vocabulary.id(word) ?? unknown, range: match))
    }
    return tokens
  }

  private func pieces(_ text: String) -> [Token] {
    var text = text
    return text.withUTF8 { utf8 in
      let normalized = normalized(utf8)
      if normalized.bytes.isEmpty { return [] }
      let spans =
        switch model.algorithm {
        case .unigram: mostProbable(normalized.bytes)
        case .bytePairs: merged(normalized.bytes)
        }
      return tokens(spans, normalized, utf8)
    }
  }

  private func normalized(_ utf8: UnsafeBufferPointer<UInt8>) -> NormalizedText {
    guard let folding else { return normalizer.normalize(utf8) }
    let folded = folding.fold(utf8)
    var normalized = folded.bytes.withUnsafeBufferPointer { normalizer.normalize($0) }
    normalized.origins = normalized.origins.map { folded.origins[$0] }
    return normalized
  }

  private typealias Span = (id: Int, start: Int, end: Int)

  /// Tokens with their places in the text: unknown neighbors become one, or bytes.
  private func tokens(
    _ spans: [Span], _ normalized: NormalizedText, _ utf8: UnsafeBufferPointer<UInt8>
  ) -> [Token] {
    // Scalars before each byte, of the bytes that begin one.
    var scalarsBefore = [Int](repeating: 0, count: utf8.count + 1)
    for index in 0..<utf8.count {
      scalarsBefore[index + 1] = scalarsBefore[index] + (utf8[index] & 0xC0 != 0x80 ? 1 : 0)
    }
    func source(_ start: Int, _ end: Int) -> Range<Int> {
      scalarsBefore[normalized.origins[start]]..<scalarsBefore[normalized.origins[end]]
    }
    var tokens: [Token] = []
    var unknownStart: Int?
    for span in spans {
      guard span.id == unknown else {
        unknownStart = nil
        tokens.append(Token(id: span.id, range: source(span.start, span.end)))
        continue
      }
      if model.fallsBackToBytes {
        let whole = source(span.start, span.end)
        for index in span.start..<span.end {
          // The text belongs to the last of its bytes.
          let range =
            index == span.end - 1 ? whole : whole.lowerBound..<whole.lowerBound
          tokens.append(Token(id: byteIds[Int(normalized.bytes[index])], range: range))
        }
      } else if let start = unknownStart {
        tokens[tokens.count - 1].range = source(start, span.end)
      } else {
        unknownStart = span.start
        tokens.append(Token(id: unknown, range: source(span.start, span.end)))
      }
    }
    return tokens
  }

  /// The pieces whose scores have the greatest sum (Viterbi).
  private func mostProbable(_ bytes: [UInt8]) -> [Span] {
    struct Best {
      var score: Float = 0
      var start = -1
      var id = 0
    }
    var best = [Best](repeating: Best(), count: bytes.count + 1)
    var position = 0
    while position < bytes.count {
      let scoreHere = best[position].score
      let width = min(SentencePieceNormalizer.scalarLength(bytes[position]), bytes.count - position)
      func offer(_ id: Int, _ end: Int, _ score: Float) {
        let sum = score + scoreHere
        if best[end].start < 0 || sum > best[end].score {
          best[end] = Best(score: sum, start: position, id: id)
        }
      }
      var isCovered = false
      var node = ByteTrie.root
      var end = position
      while end < bytes.count {
        node = trie.step(node, bytes[end])
        if node == ByteTrie.none { break }
        end += 1
        let id = Int(trie.values[Int(node)])
        if id < 0 { continue }
        switch kinds[id] {
        case .unused: continue
        // Always chosen where it stands.
        case .userDefined: offer(id, end, Float(end - position) * highestScore - 0.1)
        default: offer(id, end, scores[id])
        }
        if end - position == width { isCovered = true }
      }
      if !isCovered { offer(unknown, position + width, unknownScore) }
      position += width
    }
    var spans: [Span] = []
    var end = bytes.count
    while end > 0 {
      spans.append((best[end].id, best[end].start, end))
      end = best[end].start
    }
    return spans.reversed()
  }

  /// Characters, and then pairs of neighbors, the best score first.
  private func merged(_ bytes: [UInt8]) -> [Span] {
    var symbols: [PairMerging.Symbol] = []
    var position = 0
    while position < bytes.count {
      let kept = keptEnd(bytes, position)
      let end =
        kept
        ?? min(
          position + SentencePieceNormalizer.scalarLength(bytes[position]), bytes.count)
      symbols.append(
        PairMerging.Symbol(
          id: trie.value(bytes[position..<end]) ?? -1, start: position, end: end,
          isFixed: kept != nil))
      position = end
    }
    /// What an unused piece was merged from: it is taken apart again.
    var halves: [Int: (left: PairMerging.Symbol, right: PairMerging.Symbol)] = [:]
    let merged = PairMerging.merge(symbols) { left, right in
      guard let id = trie.value(bytes[left.start..<right.end]) else { return nil }
      if kinds[id] == .unused { halves[id] = (left, right) }
      return PairMerging.Merge(rank: -Double(scores[id]), id: id)
    }
    var spans: [Span] = []
    func append(_ id: Int, _ start: Int, _ end: Int) {
      if id >= 0, kinds[id] == .unused, let (left, right) = halves[id] {
        let middle = start + left.end - left.start
        append(left.id, start, middle)
        append(right.id, middle, end)
      } else {
        spans.append((id < 0 ? unknown : id, start, end))
      }
    }
    for symbol in merged { append(symbol.id, symbol.start, symbol.end) }
    return spans
  }

  /// The end of the longest user-defined piece at `position`.
  private func keptEnd(_ bytes: [UInt8], _ position: Int) -> Int? {
    var node = ByteTrie.root
    var found: Int?
    for index in position..<bytes.count {
      node = trie.step(node, bytes[index])
      if node == ByteTrie.none { break }
      let id = Int(trie.values[Int(node)])
      if id >= 0, kinds[id] == .userDefined { found = index + 1 }
    }
    return found
  }

  public func decode(_ ids: [Int]) -> String {
    var bytes: [UInt8] = []
    var isStart = true
    for id in ids {
      guard id < model.pieces.count else {
        bytes += vocabulary.tokens[id].utf8
        isStart = false
        continue
      }
      let piece = model.pieces[id]
      switch piece.kind {
      case .control: continue
      case .unknown: bytes += model.unknownSurface.utf8
      case .byte: bytes.append(UInt8(piece.text.dropFirst(3).dropLast(), radix: 16) ?? 0)
      default:
        var scalars = piece.text.unicodeScalars[...]
        if isStart, model.normalization.addsPrefix || model.normalization.removesExtraSpaces,
          scalars.first == "\u{2581}"
        {
          scalars.removeFirst()
          // Where extra spaces go, all of them at the start do.
          if model.normalization.removesExtraSpaces, scalars.isEmpty { continue }
        }
        for scalar in scalars {
          bytes +=
            scalar == "\u{2581}"
            ? [0x20] : Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
      }
      isStart = false
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
