import Formats
import Messages

/// Byte-pair encoding over the bytes of text: GPT-2's and RoBERTa's tokenizer. No text is unknown to it.
///
/// Radford et al. 2019. Files: `vocab.json` (token to id) and `merges.txt` (a pair a line, the earliest
/// merge first).
public struct ByteLevelTokenizer: Tokenizer {
  public let vocabulary: Vocabulary
  public var template: EncodingTemplate
  /// Put a space before the text unless it begins with one.
  public let addsPrefixSpace: Bool
  /// Leave spaces out of what tokens stand for, as RoBERTa does.
  public let trimsOffsets: Bool
  private let byteIds: [Int]
  private let merges: [Pair: (rank: Int, id: Int)]
  private let added: KeptWords
  private let addedIds: [Int: String]

  private struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  /// - Parameters:
  ///   - tokens: in the order of their ids, spelled in the alphabet of bytes.
  ///   - merges: pairs of tokens, the earliest first.
  ///   - added: tokens of `tokens` that are found in a text before it is cut, such as `<|endoftext|>`.
  ///
  /// Throws `InputError` if a byte has no token or a merge names none.
  public init(
    tokens: [String], merges: [(String, String)], added: [String] = [],
    addsPrefixSpace: Bool = false, trimsOffsets: Bool = false, template: EncodingTemplate = .bare
  ) throws {
    let vocabulary = Vocabulary(tokens)
    self.vocabulary = vocabulary
    self.template = template
    self.addsPrefixSpace = addsPrefixSpace
    self.trimsOffsets = trimsOffsets
    byteIds = try vocabulary.ids(required: ByteAlphabet.scalars.map { String($0) })
    var ranks: [Pair: (rank: Int, id: Int)] = [:]
    for (rank, (left, right)) in merges.enumerated() {
      let ids = try vocabulary.ids(required: [left, right, left + right])
      let pair = Pair(left: Int32(ids[0]), right: Int32(ids[1]))
      if ranks[pair] == nil { ranks[pair] = (rank, ids[2]) }
    }
    self.merges = ranks
    self.added = KeptWords(added)
    var addedIds: [Int: String] = [:]
    for (token, id) in zip(added, try vocabulary.ids(required: added)) { addedIds[id] = token }
    self.addedIds = addedIds
  }

  /// Reads `vocab.json` and `merges.txt`.
  public init(
    vocabulary path: String, merges mergesPath: String, added: [String] = ["<|endoftext|>"],
    addsPrefixSpace: Bool = false, template: EncodingTemplate = .bare
  ) throws {
    let bytes = try ByteSource(path: path).readAll()
    let tokens: [String]
    do {
      tokens = try bytes.withUnsafeBytes { try Self.tokens(JSONValue(parsing: $0)) }
    } catch {
      throw FileError(path: path, reason: "is no vocabulary: \(error)")
    }
    let lines = String(decoding: try ByteSource(path: mergesPath).readAll(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var merges: [(String, String)] = []
    for (number, line) in lines.enumerated() {
      let text = line.hasSuffix("\r") ? line.dropLast() : line
      if text.isEmpty || number == 0 && text.hasPrefix("#version") { continue }
      let parts = text.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw FileError(
          path: mergesPath,
          reason: "line \(number + 1) has \(parts.count) parts; a merge is two tokens and a space")
      }
      merges.append((String(parts[0]), String(parts[1])))
    }
    let known = Vocabulary(tokens)
    do {
      try self.init(
        tokens: tokens, merges: merges, added: added.filter(known.contains),
        addsPrefixSpace: addsPrefixSpace, template: template)
    } catch let error as InputError {
      throw FileError(path: path, reason: "and \(mergesPath) do not go together: \(error)")
    }
  }

  /// The tokens of an object `{"token": id}` in the order of their ids.
  static func tokens(_ json: JSONValue) throws -> [String] {
    guard let members = json.members else { throw InputError("expected an object {\"token\": id}") }
    var tokens = [String?](repeating: nil, count: members.count)
    for member in members {
      guard let id = member.value.integerValue, tokens.indices.contains(id), tokens[id] == nil
      else {
        throw InputError(
          "the id of \"\(member.key)\" is no number from 0 to \(members.count - 1) of its own")
      }
      tokens[id] = member.key
    }
    return tokens.compactMap(\.self)
  }

  public func tokens(_ text: String) -> [Token] {
    let scalars = text.unicodeScalars.map(\.value)
    var tokens: [Token] = []
    func cutPlain(_ range: Range<Int>) {
      var part = Array(scalars[range])
      // The space put before it is no scalar of the text.
      let shift = addsPrefixSpace && part.first.map { $0 != 0x20 } ?? false ? 1 : 0
      if shift == 1 { part.insert(0x20, at: 0) }
      GPT2Words.forEach(in: part[...]) { word in
        for token in self.tokens(part[word], isFirst: tokens.isEmpty) {
          let lower = max(0, token.range.lowerBound - shift)
          let upper = max(lower, token.range.upperBound - shift)
          tokens.append(
            Token(id: token.id, range: range.lowerBound + lower..<range.lowerBound + upper))
        }
      }
    }
    KeptWords.cut(scalars, at: added.matches(in: scalars), text: cutPlain) { match in
      let word = String(scalars: scalars[match])
      if let id = vocabulary.id(word) { tokens.append(Token(id: id, range: match)) }
    }
    return tokens
  }

  /// The tokens of one word, with indices of the word for ranges.
  private func tokens(_ word: ArraySlice<UInt32>, isFirst: Bool) -> [Token] {
    var symbols: [PairMerging.Symbol] = []
    /// For each byte, the scalar it is of.
    var owners: [Int] = []
    for (index, value) in zip(word.indices, word) {
      guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else { continue }
      for byte in bytes {
        symbols.append(
          PairMerging.Symbol(id: byteIds[Int(byte)], start: owners.count, end: owners.count + 1))
        owners.append(index)
      }
    }
    let merged = PairMerging.merge(symbols) { left, right in
      merges[Pair(left: Int32(left.id), right: Int32(right.id))].map {
        PairMerging.Merge(rank: Double($0.rank), id: $0.id)
      }
    }
    return merged.indices.map { index in
      let symbol = merged[index]
      var start = owners[symbol.start]
      var end = owners[symbol.end - 1] + 1
      if trimsOffsets {
        let trimmed = word[start..<end].drop { $0 == 0x20 }
        if trimmed.isEmpty {
          // Nothing is left: the place behind it, or before the text.
          if isFirst, index == 0 { end = start } else { start = end }
        } else {
          start = trimmed.startIndex
          while word[end - 1] == 0x20 { end -= 1 }
        }
      }
      return Token(id: symbol.id, range: start..<end)
    }
  }

  public func decode(_ ids: [Int]) -> String {
    var bytes: [UInt8] = []
    for id in ids where addedIds[id] == nil {
      bytes += ByteAlphabet.bytes(of: vocabulary.tokens[id]) ?? Array(vocabulary.tokens[id].utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
