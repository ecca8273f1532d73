import Foundation
import Messages
import Parallel
import TestSupport
import Testing
import Text

@testable import TextMining

/// What a user can run into: full disks, dictionaries and lines that are too large, folders for files.
@Suite struct LimitTests {
  @Test func aFullDiskIsExplainedAndLeavesNothing() throws {
    let folder = NSTemporaryDirectory() + "danlu-full-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = Array(String(repeating: "中国人民共和国\n", count: 1_200_000).utf8)
    try withTemporaryFile(text) { path in
      // Files may not grow beyond 13 MB: writing fails in the middle, as on a full disk.
      var before = rlimit()
      let ignored = signal(SIGXFSZ, SIG_IGN)
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
      var small = rlimit(rlim_cur: 13_000_000, rlim_max: before.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
      defer {
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
        signal(SIGXFSZ, ignored)
      }
      var options = CorpusOptions()
      options.memory = CorpusOptions.smallestMemory
      options.spillFolder = folder
      let error = #expect(throws: InputError.self) {
        try TextCorpus.read(TextSource(paths: [path]), options: options)
      }
      let message = error?.problem ?? ""
      #expect(message.contains("\(folder): cannot write a temporary file there"))
      #expect(message.contains("`spillFolder`") && message.contains("`memory`"))
      #expect(!message.contains("\n"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test func tooManyDifferentCharactersAreRefused() throws {
    let scalars = (0x4E00..<0x9FA6).map(UInt32.init) + (0x20000..<0x20000 + 50_000).map(UInt32.init)
    let words = scalars.compactMap { Unicode.Scalar($0).map { String(Character($0)) } }
    let list = WordList(words.map { (word: $0, count: 1.0) })
    let error = #expect(throws: InputError.self) { try Segmenter(list) }
    #expect(error?.description.contains("65535 different characters") == true)
    let few = WordList([(word: "中国", count: 1.0)])
    #expect(throws: InputError.self) { try Segmenter(few, userWords: words) }
    #expect(throws: InputError.self) {
      try KeywordInContext.find(words, in: TextSource(string: "中国"))
    }
  }

  @Test func aSentenceTooLongForTheParserIsRefused() {
    let parser = TemplateParser(TemplateTests.demonstration)
    let words = [String](repeating: "的", count: TemplateParser.longestSentence + 1)
    #expect(throws: InputError.self) { try parser.parse(words) }
  }

  @Test func aFolderAmongFilesIsLeftOut() throws {
    try withTemporaryFile(Array("中国\n".utf8)) { path in
      let corpus = try TextCorpus.read(TextSource(paths: [NSTemporaryDirectory(), path]))
      #expect(corpus.statistics.skipped.count == 1 && corpus.statistics.characters == 2)
    }
  }

  /// A line of 4 MB is cut in parts, at commas; the words and offsets are those of short lines.
  @Test(arguments: ["中国人民，", "中国 a1 人民。"]) func longLinesAreCutAsShortOnes(sentence: String) throws
  {
    let words = WordList(
      [("中国", 5.0), ("人民", 5), ("国人", 1)].map { (word: $0.0, count: $0.1) })
    let segmenter = try Segmenter(words)
    let repeats = 4 * Segmenter.longestPart / sentence.utf8.count
    let line = Array(String(repeating: sentence, count: repeats).utf8)
    let expected = segmenter.words(in: sentence)
    var found = 0
    var isSame = true
    var place = 0
    line.withUnsafeBufferPointer { bytes in
      segmenter.cut(bytes, Segmenter.Workspace()) { start, end, first, last in
        let word = String(decoding: bytes[start..<end], as: UTF8.self)
        isSame = isSame && word == expected[found % expected.count]
        isSame = isSame && first >= place && last - first == word.unicodeScalars.count
        place = last
        found += 1
      }
    }
    #expect(isSame && found == repeats * expected.count)
    let scalars = sentence.unicodeScalars.count * repeats
    #expect(place == scalars)
    let none = [UInt8](repeating: 0xE4, count: 3 * Segmenter.longestPart)
    none.withUnsafeBufferPointer { bytes in
      var bytesSeen = 0
      segmenter.cut(bytes, Segmenter.Workspace()) { start, end, _, _ in bytesSeen += end - start }
      #expect(bytesSeen == bytes.count)
    }
  }

  @Test func longLinesCountTheSameInEveryMode() throws {
    let words = WordList([("中国", 5.0), ("人民", 5)].map { (word: $0.0, count: $0.1) })
    let line = String(repeating: "中国人民好，", count: Segmenter.longestPart / 8)
    let tokens = WordFrequencies.Tokens.dictionary(try Segmenter(words), words)
    let counts = try [WordFrequencies.Mode.naive, .dense].map {
      try WordFrequencies(tokens, mode: $0, threads: 2).count(TextSource(string: line)).words
    }
    #expect(counts[0].elementsEqual(counts[1]) { $0 == $1 })
    #expect(counts[0].first?.count == Segmenter.longestPart / 8)
  }
}

/// The fast forms against their definitions.
@Suite struct FastFormTests {
  @Test func piecesAreRunsThatGramsCover() {
    var random = RandomStream(seed: 3)
    for _ in 0..<300 {
      let text = (0..<random.below(400)).map { _ -> UInt16 in
        let value = UInt16(random.below(12))
        return value < 2 ? value : value + 3
      }
      var grams = Set<UInt64>()
      for _ in 0..<random.below(30) where text.count > 4 {
        let start = random.below(text.count - 4)
        let gram = text[start..<(start + 2 + random.below(3))]
        if gram.allSatisfy({ $0 >= Alphabet.firstCharacter }) {
          grams.insert(PackedGram.pack(gram))
        }
      }
      var glued = [Bool](repeating: false, count: text.count + 1)
      for start in text.indices {
        for length in 2...4 where start + length <= text.count {
          let part = text[start..<(start + length)]
          if grams.contains(PackedGram.pack(part)),
            part.allSatisfy({ $0 >= Alphabet.firstCharacter })
          {
            for place in start..<(start + length - 1) { glued[place] = true }
          }
        }
      }
      var expected: [Range<Int>] = []
      var start = 0
      for place in text.indices where !glued[place] {
        if text[place] != Alphabet.boundary { expected.append(start..<(place + 1)) }
        start = place + 1
      }
      var found: [Range<Int>] = []
      text.withUnsafeBufferPointer {
        GramSet(Array(grams)).forEachPiece($0) { found.append($0..<$1) }
      }
      #expect(found == expected)
    }
  }

  @Test(arguments: [2, 3, 4]) func neighborsFromTheTableAreThoseOfTheText(order: Int) throws {
    let corpus = try TextCorpus.read(
      TextSource(string: ExampleCorpora.synthetic(lines: 2000)))
    let counts = try NGramCounts(
      corpus: corpus, order: order, minCount: 2)
    let lattice = try GramLattice(counts, threads: 2)
    let grams = lattice.grams
    let derived = try NeighborEntropies(
      of: lattice, order: order, minCount: 2, in: corpus)
    let direct = try NeighborEntropies(
      of: grams.map(\.key), in: corpus)
    for index in grams.indices {
      let count = grams[index].count
      #expect(
        derived.left[index].entropy(among: count) == direct.left[index].entropy(among: count)
          && derived.right[index].entropy(among: count) == direct.right[index].entropy(among: count)
      )
    }
  }
}
