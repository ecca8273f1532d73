import Foundation
import Memory
import Parallel
import Text

/// Which rules cut the text around the dictionary.
public enum SegmentationRules: String, Sendable, CaseIterable {
  /// Numbers, dates and Latin words stay together; the dictionary cuts the ideographs between them.
  case atoms
  /// jieba's: blocks of ideographs, ASCII letters, digits and `+#&._%-` go to the dictionary; single
  /// ASCII letters and digits that follow each other are joined; other signs stand alone.
  case jieba
}

/// Which search finds the words of a block.
public enum SegmentationSearch: String, Sendable, CaseIterable {
  /// Largest Σ ln(count/total) over the graph of dictionary words, from right to left, the longer first
  /// word on ties; a character without a word counts as once (jieba without its hidden Markov model).
  case dictionary
  /// nlp-zero's unigram tokenizer: forwards, a missing character costs 100 nats, the shorter match on
  /// ties; separators 。，、！？ and spaces are tokens.
  case unigram
}

/// Cuts text into the words of a dictionary.
public struct Segmenter: Sendable {
  public let rules: SegmentationRules
  public let search: SegmentationSearch
  /// Scores are ln(count/total).
  let trie: WordTrie
  let logMissing: Double
  private let userWords: WordTrie?
  /// Words that are always whole, as they were given.
  public let givenUserWords: [String]
  let unknown: UnknownWords?
  /// Tokens that are told by their form.
  public let shapes: TokenShapes
  /// Some word of the dictionary is not one such token and not ideographs alone: `T恤`, `十二指肠`.
  let hasWordsAcrossTokens: Bool
  /// Lines are read by the character (`ScalarLine.decode`), as people do; jieba reads scalars.
  private var mergesCharacters: Bool { rules == .atoms }

  /// - Parameters:
  ///   - userWords: always words, wherever they occur, the longest first.
  ///   - shapes: with `.atoms`, which tokens are told by their form.
  ///   - guessesUnknownWords: with `.atoms` and `.dictionary`, words outside the dictionary are guessed
  ///     from what its rarest words look like.
  ///
  /// Throws if the dictionary has more than 65,535 different characters or is too large.
  public init(
    _ words: WordList, userWords: [String] = [], rules: SegmentationRules = .atoms,
    search: SegmentationSearch = .dictionary, guessesUnknownWords: Bool = true,
    shapes: TokenShapes = .all
  ) throws {
    self.rules = rules
    self.search = search
    let logTotal = log(max(1, words.total))
    logMissing = search == .dictionary ? log(1.0) - logTotal : -100
    let joinsTokens = rules == .atoms && search == .dictionary
    var hasWordsAcrossTokens = false
    // jieba takes a count of zero for one.
    trie = try WordTrie(
      words.words, scores: words.counts.map { log($0 > 0 ? $0 : 1) - logTotal },
      mergesCharacters: rules == .atoms
    ) { word in
      if joinsTokens, !hasWordsAcrossTokens {
        hasWordsAcrossTokens = Self.crossesTokens(word, shapes)
      }
    }
    self.shapes = shapes
    self.hasWordsAcrossTokens = hasWordsAcrossTokens
    unknown =
      guessesUnknownWords && rules == .atoms && search == .dictionary
      ? UnknownWords(words, trie: trie) : nil
    givenUserWords = userWords
    self.userWords =
      userWords.isEmpty ? nil : try WordTrie(userWords, mergesCharacters: rules == .atoms)
  }

  /// Whether tokens told by their form and ideographs meet in `word`.
  private static func crossesTokens(_ word: ScalarLine, _ shapes: TokenShapes) -> Bool {
    word.count > 1 && AtomSpans(word, end: word.count, shapes: shapes).next(0).end < word.count
  }

  /// What one thread needs while it cuts lines.
  public final class Workspace {
    let line = ScalarLine()
    // Unchecked: only `cut` changes these, between words; they are read once a word.
    /// Characters of the line before those in `line`, and its scalars.
    @exclusivity(unchecked) var before = 0
    @exclusivity(unchecked) private(set) var scalarsBefore = 0
    @exclusivity(unchecked) var numbers = Block<UInt16>(uninitializedCount: 1024)
    @exclusivity(unchecked) var scores = Block<Double>(uninitializedCount: 1025)
    @exclusivity(unchecked) var next = Block<Int32>(uninitializedCount: 1025)
    /// Which of the user's words were met so far.
    var metUserWords = Set<Int32>()
    /// Where a long line is left between two parts; whoever cuts asks again then.
    var work = Work.silent
    /// For each character: 0 an ideograph, the end of the token that begins here, −1 inside one.
    @exclusivity(unchecked) var tokenEnds = Block<Int32>(uninitializedCount: 1025)

    public init() {}

    /// The number of the line's scalar with which character `index` of the line begins.
    func scalarPlace(_ index: Int) -> Int { scalarsBefore + line.place(index - before) }

    func start() {
      before = 0
      scalarsBefore = 0
    }

    func advance() {
      before += line.count
      scalarsBefore += line.place(line.count)
    }

    func reserve(_ count: Int) {
      guard count >= scores.count else { return }
      numbers = Block(uninitializedCount: count * 2)
      scores = Block(uninitializedCount: count * 2 + 1)
      next = Block(uninitializedCount: count * 2 + 1)
      tokenEnds = Block(uninitializedCount: count * 2 + 1)
    }
  }

  /// The words of `text`, without the spaces between them.
  public func words(in text: String) -> [String] {
    let bytes = Array(text.utf8)
    var words: [String] = []
    let workspace = Workspace()
    bytes.withUnsafeBufferPointer { bytes in
      cut(bytes, workspace) { start, end, _, _ in
        let word = UnsafeBufferPointer(rebasing: bytes[start..<end])
        words.append(
          workspace.line.hasIgnorableBytes
            ? String(decoding: ScalarLine.visible(word), as: UTF8.self)
            : String(decoding: word, as: UTF8.self))
      }
    }
    return words
  }

  /// A line of more bytes than this is cut in parts, so that memory stays bounded.
  static let longestPart = 1 << 20

  /// Calls `word` with the bytes and the characters of each word of a line, of a long one until the
  /// workspace's work is asked to stop.
  public func cut(
    _ bytes: UnsafeBufferPointer<UInt8>, _ workspace: Workspace,
    _ word: (_ start: Int, _ end: Int, _ first: Int, _ endCharacter: Int) -> Void
  ) {
    var start = 0
    workspace.start()
    while start < bytes.count, start == 0 || !workspace.work.isCancelled {
      let end = Self.partEnd(bytes, start)
      let before = workspace.before
      cutPart(UnsafeBufferPointer(rebasing: bytes[start..<end]), workspace) {
        word(start &+ $0, start &+ $1, before &+ $2, before &+ $3)
      }
      workspace.advance()
      start = end
    }
  }

  /// The end of the line, or, where that is far, a comma, full stop or space well before the limit, or
  /// at worst the last place between two scalars.
  static func partEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    guard bytes.count - start > longestPart else { return bytes.count }
    let limit = start + longestPart
    var end = limit
    while end > start + longestPart / 2 {
      switch (bytes[end - 3], bytes[end - 2], bytes[end - 1]) {
      case (_, _, 0x20), (0xE3, 0x80, 0x82), (0xEF, 0xBC, 0x8C): return end
      default: end -= 1
      }
    }
    end = limit
    while end > limit - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  @inline(__always)
  private func cutPart(
    _ bytes: UnsafeBufferPointer<UInt8>, _ workspace: Workspace,
    _ word: (_ start: Int, _ end: Int, _ first: Int, _ endCharacter: Int) -> Void
  ) {
    let line = workspace.line
    line.decode(bytes, mergesCharacters: mergesCharacters)
    workspace.reserve(line.count)
    for index in 0..<line.count {
      workspace.numbers.pointer[index] = trie.number(of: line.scalars.pointer[index])
    }
    let offsets = line.offsets.pointer
    func emit(_ start: Int, _ end: Int) {
      word(Int(offsets[start]), Int(offsets[end]), start, end)
    }
    guard let userWords else {
      return cutPart(workspace, 0, line.count, emit)
    }
    var start = 0
    var index = 0
    while index < line.count {
      if let (end, word) = longestMatch(userWords, line, index) {
        workspace.metUserWords.insert(word)
        cutPart(workspace, start, index, emit)
        emit(index, end)
        index = end
        start = end
      } else {
        index += 1
      }
    }
    cutPart(workspace, start, line.count, emit)
  }

  private func longestMatch(_ words: WordTrie, _ line: ScalarLine, _ start: Int) -> (
    index: Int, word: Int32
  )? {
    var node = words.root(words.number(of: line.scalars[start]))
    var end: (index: Int, word: Int32)?
    var index = start + 1
    while node != WordTrie.none {
      if words.word(at: node) >= 0 { end = (index, words.word(at: node)) }
      guard index < line.count else { break }
      node = words.step(node, words.number(of: line.scalars[index]))
      index += 1
    }
    return end
  }

  @inline(__always)
  private func cutPart(
    _ workspace: Workspace, _ start: Int, _ end: Int, _ emit: (Int, Int) -> Void
  ) {
    switch (search, rules) {
    case (.unigram, _): cutUnigram(workspace, start, end, emit)
    case (.dictionary, .atoms): cutAtoms(workspace, start, end, emit)
    case (.dictionary, .jieba): cutAsJieba(workspace, start, end, emit)
    }
  }
}
